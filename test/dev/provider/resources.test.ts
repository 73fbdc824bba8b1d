import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { client } from './client.ts';
import { authorizationRequest, browser, exchange, provider, type TokenAnswer, token } from './relying-party.ts';

const calendar = 'urn:demo:calendar';
const files = 'urn:demo:files';

/** A sign-in with these scopes, for these resources. */
async function signIn(issuer: string, scope: string, resources: readonly string[] = []) {
  const request = authorizationRequest(issuer, { scope });
  const named = resources.map((resource) => `&resource=${encodeURIComponent(resource)}`).join('');
  const visit = await browser().signIn(request.url + named, { account: 'ada@example.com' });
  return (await exchange(issuer, request, visit)).body;
}

const refresh = (issuer: string, { refresh_token }: TokenAnswer['body'], parameters: Record<string, string> = {}) =>
  token(issuer, { grant_type: 'refresh_token', refresh_token, ...parameters });

const userinfo = async (issuer: string, accessToken: string) =>
  (await fetch(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${accessToken}` } })).status;

test('one refresh token gives an access token for each resource of the sign-in, and one for userinfo', async () => {
  const { issuer, counters } = await provider();
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  const first = await signIn(issuer, 'openid calendar.read calendar.write files.read offline_access', [
    calendar,
    files,
  ]);
  expect(await userinfo(issuer, first.access_token)).toBe(200);

  const forCalendar = await refresh(issuer, first, { resource: calendar });
  expect(forCalendar).toMatchObject({ status: 200, body: { scope: 'calendar.read calendar.write', expires_in: 3600 } });
  const verified = await jwtVerify(forCalendar.body.access_token, keys, {
    issuer,
    audience: calendar,
    subject: 'demo-1001',
    typ: 'at+jwt',
  });
  expect(verified.payload).toMatchObject({ client_id: client.client_id, scope: 'calendar.read calendar.write' });

  const forFiles = await refresh(issuer, forCalendar.body, { resource: files });
  expect(decodeJwt(forFiles.body.access_token)).toMatchObject({ aud: files, scope: 'files.read' });

  const own = await refresh(issuer, forFiles.body);
  expect(own.body.scope).toBe('openid calendar.read calendar.write files.read offline_access');
  expect(await userinfo(issuer, own.body.access_token)).toBe(200);
  expect(counters).toMatchObject({ refreshGrants: 3, refreshRefused: 0 });
});

test('a refresh may ask for less of a resource, and the next one for all of it again', async () => {
  const { issuer } = await provider();
  const first = await signIn(issuer, 'openid calendar.read calendar.write offline_access', [calendar]);
  const less = await refresh(issuer, first, { resource: calendar, scope: 'calendar.read' });
  expect(less.body.scope).toBe('calendar.read');
  expect(decodeJwt(less.body.access_token)).toMatchObject({ aud: calendar, scope: 'calendar.read' });
  const all = await refresh(issuer, less.body, { resource: calendar });
  expect(all.body.scope).toBe('calendar.read calendar.write');
});

test('a token for a resource holds no scope that the sign-in did not ask for', async () => {
  const { issuer } = await provider();
  const first = await signIn(issuer, 'openid calendar.read no-such-scope offline_access', [calendar]);
  const { body } = await refresh(issuer, first, { resource: calendar });
  expect(decodeJwt(body.access_token).scope).toBe('calendar.read');
  expect((await refresh(issuer, body)).body.scope).toBe('openid calendar.read offline_access');
});

test.each([
  ['a resource that is not known', { resource: 'urn:demo:mail' }, 'invalid_target'],
  ['a resource that the sign-in did not name', { resource: files }, 'invalid_target'],
  ['a scope that the sign-in did not ask for', { resource: calendar, scope: 'calendar.write' }, 'invalid_scope'],
  ['the same without a resource', { scope: 'files.read' }, 'invalid_scope'],
])('a refresh for %s is refused', async (_, parameters, error) => {
  const { issuer, counters } = await provider();
  const first = await signIn(issuer, 'openid calendar.read offline_access', [calendar]);
  const answer = await refresh(issuer, first, parameters);
  expect(answer).toMatchObject({ status: 400, body: { error } });
  expect(answer.body).not.toHaveProperty('access_token');
  expect(counters).toMatchObject({ refreshGrants: 0, refreshRefused: 1 });
});

test('a sign-in that named no resource gives no access token for one', async () => {
  const { issuer } = await provider();
  const first = await signIn(issuer, 'openid calendar.read offline_access');
  const answer = await refresh(issuer, first, { resource: calendar });
  expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
});

test('a sign-in for an unknown resource goes back with an error', async () => {
  const { issuer } = await provider();
  const { url } = await browser().get(authorizationRequest(issuer, { resource: 'urn:demo:mail' }).url);
  expect(new URL(url).searchParams.get('error')).toBe('invalid_target');
});

test('without a resource the scopes are plain ones: a later sign-in adds some, a refresh may ask for some', async () => {
  const { issuer } = await provider();
  expect((await signIn(issuer, 'openid offline_access')).scope).toBe('openid offline_access');
  const more = await signIn(issuer, 'openid calendar.read files.read no-such-scope offline_access');
  expect(more.scope).toBe('openid calendar.read files.read offline_access');
  const less = await refresh(issuer, more, { scope: 'openid files.read' });
  expect(less.body.scope).toBe('openid files.read');
  expect((await refresh(issuer, less.body)).body.scope).toBe('openid calendar.read files.read offline_access');
});

test('discovery names the scopes', async () => {
  const { issuer } = await provider();
  const { scopes_supported } = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  expect(scopes_supported).toEqual(expect.arrayContaining(['calendar.read', 'calendar.write', 'files.read']));
});
