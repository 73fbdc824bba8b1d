import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../../dev/provider/sign-in-client.ts';
import { type RunningStack, runningStack, signIn, withCookie } from '../fixtures/running-stack.ts';

let stack: RunningStack;
let token: string;
beforeAll(async () => {
  stack = await runningStack();
  ({ token } = await signIn(stack));
});
afterAll(() => stack.close());

const get = (path: string, init: RequestInit = {}) => fetch(`${stack.origin}${path}`, { redirect: 'manual', ...init });

describe('the session token', () => {
  it('is a JWT that any middleware verifies with the published keys', async () => {
    const keys = createRemoteJWKSet(new URL(`${stack.origin}/.auth/keys`));
    const issuer = `${stack.origin}/`;
    const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer, audience: issuer });
    expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'JWT' });
    expect(payload).toMatchObject({ idp: 'demo', ver: '3', stable_sid: payload.sub });
    expect(payload.sub).toMatch(/^sid:[0-9a-f]{32}$/);
    expect(Buffer.from(String(payload.jti), 'base64url')).toHaveLength(32);
  });

  it.each([
    ['cookie', (value: string) => ({ cookie: `AppServiceAuthSession=${value}` })],
    ['X-ZUMO-AUTH', (value: string) => ({ 'x-zumo-auth': value })],
    ['Bearer', (value: string) => ({ authorization: `Bearer ${value}` })],
  ])('is accepted as %s', async (_name, headers) => {
    const response = await get('/.auth/me', { headers: headers(token) });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toMatchObject([{ provider_name: 'demo', user_id: 'ada@example.com' }]);
  });

  it.each([
    ['x-zumo-auth', (value: string) => ({ 'x-zumo-auth': value })],
    ['bearer', (value: string) => ({ authorization: `Bearer ${value}` })],
  ])('comes back in the body of a refresh by %s', async (_name, headers) => {
    const { token: own } = await signIn(stack);
    const response = await get('/.auth/refresh', { headers: headers(own) });
    const body = (await response.json()) as { authenticationToken: string; user: { userId: string } };
    expect(response.status).toBe(200);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(body.user.userId).toMatch(/^sid:[0-9a-f]{32}$/);
    expect((await get('/.auth/me', { headers: { 'x-zumo-auth': body.authenticationToken } })).status).toBe(200);
  });

  it('comes back in a cookie of a refresh by cookie, and never in the body', async () => {
    const { token: own } = await signIn(stack);
    const response = await get('/.auth/refresh', withCookie(own));
    const [cookie = ''] = response.headers.getSetCookie();
    expect(cookie).toMatch(/^AppServiceAuthSession=[\w-]+\.[\w-]+\.[\w-]+; /);
    expect(cookie.toLowerCase()).toMatch(/path=\/.*httponly/);
    expect(await response.json()).toEqual({ user: { userId: expect.stringMatching(/^sid:/) }, refreshed: true });
  });

  it('is refused when it is none, with a code and a way to sign in', async () => {
    const response = await get('/.auth/me', withCookie(`${token.slice(0, -4)}AAAA`));
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ code: 'session_token_invalid', login: '/.auth/login/demo' });
  });
});

it('answers nobody with 401', async () => {
  expect(await (await get('/.auth/me')).json()).toMatchObject({ status: 401, code: 'not_signed_in' });
});

it('shows one entry, or an empty object, where a provider is named', async () => {
  expect(await (await get('/.auth/me?provider=DEMO', withCookie(token))).json()).toMatchObject({
    provider_name: 'demo',
  });
  expect(await (await get('/.auth/me?provider=other', withCookie(token))).json()).toEqual({});
});

it('ends a token sign-in with the token in the fragment', async () => {
  const visit = await new Browser().signIn(`${stack.origin}/.auth/login/demo?session_mode=token`, {
    account: 'bo@example.com',
  });
  const [url = '', fragment = ''] = visit.url.split('#');
  expect(url).toBe(`${stack.origin}/.auth/login/done`);
  const reply = JSON.parse(new URLSearchParams(fragment).get('token') ?? '{}') as { authenticationToken: string };
  const response = await get('/.auth/me', { headers: { 'x-zumo-auth': reply.authenticationToken } });
  expect(await response.json()).toMatchObject([{ user_id: 'bo@example.com' }]);
});

it('signs out for good: the same token opens nothing any more', async () => {
  const { browser, token: own } = await signIn(stack);
  const visit = await browser.get(`${stack.origin}/.auth/logout`);
  expect(visit.url).toBe(`${stack.origin}/.auth/logout/complete`);
  expect(browser.cookies(stack.origin)).not.toHaveProperty('AppServiceAuthSession');
  expect(await (await get('/.auth/me', withCookie(own))).json()).toMatchObject({ code: 'session_ended' });
});

it('is ready, and says so', async () => {
  const response = await get('/.auth/health');
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ status: 'ready' });
});

it.each(['/.auth', '/.auth/nothing', '/.auth/login/demo/nothing'])('knows no route %s', async (path) => {
  expect((await get(path)).status).toBe(404);
});
