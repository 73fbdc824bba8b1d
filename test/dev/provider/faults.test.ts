import { expect, test } from 'vitest';
import { authorizationRequest, browser, exchange, provider, refresh, signIn } from './relying-party.ts';

/** What a request that gets no answer ends with, once the connection is gone. */
const cut = { name: 'TypeError', message: 'fetch failed' };

test('a 503 with Retry-After, as many times as asked, changes nothing at the provider', async () => {
  const { issuer, control, counters } = await provider();
  const { refresh_token } = await signIn(issuer);
  control.fail('token', { status: 503, headers: { 'retry-after': '7' }, body: { error: 'busy' }, times: 2 });
  for (let request = 0; request < 2; request += 1) {
    const { status, headers, body } = await refresh(issuer, refresh_token);
    expect([status, headers.get('retry-after'), body.error]).toEqual([503, '7', 'busy']);
  }
  expect((await refresh(issuer, refresh_token)).status).toBe(200);
  expect(counters).toMatchObject({ refreshGrants: 1, refreshRefused: 0, requests: { token: 4 } });
});

test('faults of one endpoint follow each other; other endpoints are untouched', async () => {
  const { issuer, control } = await provider();
  control.fail('jwks', { status: 429, times: 1 });
  control.fail('jwks', {
    status: 200,
    body: '<h1>Maintenance</h1>',
    headers: { 'content-type': 'text/html' },
    times: 1,
  });
  control.fail('jwks', { status: 302, headers: { location: 'https://elsewhere.example/' } });
  const ask = () => fetch(`${issuer}/jwks`, { redirect: 'manual' });

  expect((await ask()).status).toBe(429);
  const page = await ask();
  expect([page.status, page.headers.get('content-type'), await page.text()]).toEqual([
    200,
    'text/html',
    '<h1>Maintenance</h1>',
  ]);
  for (let request = 0; request < 2; request += 1) {
    const redirect = await ask();
    expect([redirect.status, redirect.headers.get('location')]).toEqual([302, 'https://elsewhere.example/']);
  }
  expect((await fetch(`${issuer}/.well-known/openid-configuration`)).status).toBe(200);
});

test.each(['discovery', 'userinfo', 'authorize', 'revocation', 'endSession'] as const)(
  '%s can fail',
  async (endpoint) => {
    const { issuer, control } = await provider();
    control.fail(endpoint, { status: 418 });
    const paths = {
      discovery: '/.well-known/openid-configuration',
      userinfo: '/userinfo',
      authorize: '/authorize',
      revocation: '/revoke',
      endSession: '/logout',
    };
    expect((await fetch(issuer + paths[endpoint], { method: 'POST' })).status).toBe(418);
  },
);

test('an answer that never comes leaves the client waiting until it gives up', async () => {
  const { issuer, control } = await provider();
  control.fail('token', { delayMs: Number.POSITIVE_INFINITY });
  const patience = new AbortController();
  const waiting = fetch(`${issuer}/token`, { method: 'POST', signal: patience.signal });
  const first = await Promise.race([waiting, fetch(`${issuer}/jwks`).then(({ status }) => status)]);
  expect(first).toBe(200);
  patience.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
});

test('a provider with requests that wait closes all the same', async () => {
  const { issuer, control, counters, close } = await provider();
  control.fail('token', { delayMs: Number.POSITIVE_INFINITY, times: 1 });
  control.fail('token', { status: 503, delayMs: 3_600_000 });
  const waiting = [1, 2].map(() => fetch(`${issuer}/token`, { method: 'POST' }).catch((error: unknown) => error));
  await expect.poll(() => counters.requests.token, { timeout: 10_000 }).toBe(2);
  await close();
  for (const outcome of await Promise.all(waiting)) expect(outcome).toMatchObject(cut);
});

test('without a status the connection is cut, and the refresh token is still good', async () => {
  const { issuer, control } = await provider();
  const { refresh_token } = await signIn(issuer);
  control.fail('token', { times: 1 });
  await expect(refresh(issuer, refresh_token)).rejects.toMatchObject(cut);
  expect((await refresh(issuer, refresh_token)).status).toBe(200);
});

test('cut after the grant, the rotated token is lost: the old one is then reuse', async () => {
  const { issuer, control, counters } = await provider();
  const { refresh_token } = await signIn(issuer);
  control.fail('token', { when: 'after', times: 1 });
  await expect(refresh(issuer, refresh_token)).rejects.toMatchObject(cut);
  expect(counters.refreshGrants).toBe(1);
  expect(await refresh(issuer, refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
});

test('a gateway error after the grant hides the answer that was given', async () => {
  const { issuer, control, counters } = await provider();
  const { refresh_token } = await signIn(issuer);
  control.fail('token', { when: 'after', status: 502, body: { error: 'bad_gateway' }, times: 1 });
  const hidden = await refresh(issuer, refresh_token);
  expect(hidden).toMatchObject({ status: 502, body: { error: 'bad_gateway' } });
  expect(hidden.body).not.toHaveProperty('refresh_token');
  expect(counters.refreshGrants).toBe(1);
});

test('the true answer can be changed, as by a vendor that keeps the refresh token', async () => {
  const { issuer, control } = await provider();
  const { refresh_token } = await signIn(issuer);
  const body = (genuine: unknown) => ({ ...Object(genuine), refresh_token: undefined, expires_in: '3600' });
  control.fail('token', { when: 'after', status: 200, body, times: 1 });
  const changed = await refresh(issuer, refresh_token);
  expect(changed.body.expires_in).toBe('3600');
  expect(changed.body.access_token).toBeTypeOf('string');
  expect(changed.body).not.toHaveProperty('refresh_token');
});

test('a slow answer is the true one', async () => {
  const { issuer, control, counters } = await provider();
  control.fail('token', { status: 'genuine', delayMs: 30, times: 1 });
  const request = authorizationRequest(issuer);
  const visit = await browser().signIn(request.url, { account: 'ada@example.com' });
  const { status, body } = await exchange(issuer, request, visit);
  expect(status).toBe(200);
  control.fail('token', { status: 'genuine', delayMs: 30, when: 'after', times: 1 });
  const slow = refresh(issuer, body.refresh_token);
  await expect.poll(() => counters.refreshGrants, { timeout: 10_000 }).toBe(1);
  expect((await slow).body.refresh_token).toBeTypeOf('string');
});
