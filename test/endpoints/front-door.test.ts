import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalApp, localApp, origin, signedIn } from '../fixtures/local-app.ts';
import { problemIn } from '../fixtures/problem.ts';

const frontDoor = { 'x-forwarded-host': 'auth.example.com', 'x-forwarded-proto': 'https' };

let local: LocalApp;
let cookie: string;
beforeAll(async () => {
  local = await localApp({
    settings: (settings) => ({
      ...settings,
      forwardProxy: { convention: 'standard', hostHeader: 'x-forwarded-host', protoHeader: 'x-forwarded-proto' },
    }),
  });
  ({ cookie } = await signedIn(local));
});
afterAll(() => local.close());

const send = (path: string, headers: Record<string, string> = frontDoor) =>
  local.fetch(`/.auth/${path}`, { headers: { 'sec-fetch-mode': 'cors', ...headers }, redirect: 'manual' });

describe('a request that came by the front door', () => {
  it('is sent to the provider with a way back by the front door, and gets cookies for https', async () => {
    const response = await send('login/demo');
    const way = new URL(response.headers.get('location') ?? '').searchParams.get('redirect_uri');
    expect(way).toBe('https://auth.example.com/.auth/login/demo/callback');
    const cookies = response.headers.getSetCookie();
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toContain('; Secure');
    expect(response.headers.get('strict-transport-security')).toBe('max-age=31536000');
  });

  it('lands at the front door, and not past it', async () => {
    const landing = async (target: string) => send(`logout?post_logout_redirect_uri=${encodeURIComponent(target)}`);
    expect((await landing('/bye')).headers.get('location')).toBe('https://auth.example.com/bye');
    const there = 'https://auth.example.com/bye';
    expect((await landing(there)).headers.get('location')).toBe(there);
    expect((await problemIn(await landing(`${origin}/bye`))).code).toBe('redirect_not_allowed');
    expect((await send('logout')).headers.get('location')).toBe('https://auth.example.com/.auth/logout/complete');
  });

  it('is the app’s own page to itself', async () => {
    const post = (from: string) =>
      local.fetch('/.auth/refresh', {
        method: 'POST',
        headers: { ...frontDoor, origin: from, 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'cross-site', cookie },
      });
    expect((await post('https://auth.example.com')).status).toBe(200);
    expect((await problemIn(await post(origin))).code).toBe('cross_site_refused');
  });

  it('keeps the session it got elsewhere: session tokens are those of one origin', async () => {
    expect((await send('me', { ...frontDoor, cookie })).status).toBe(200);
    const [renewed = ''] = (await send('refresh', { ...frontDoor, cookie })).headers.getSetCookie();
    expect(renewed).toContain('; Secure');
    expect(decodeJwt(renewed.slice(renewed.indexOf('=') + 1, renewed.indexOf(';'))).iss).toBe(`${origin}/`);
  });

  it('is refused where the front door passes on no address of a page', async () => {
    const response = await send('login/demo', {
      'x-forwarded-host': 'evil.example/path',
      'x-forwarded-proto': 'https',
    });
    expect((await problemIn(response)).code).toBe('request_malformed');
    expect(response.headers.getSetCookie()).toEqual([]);
  });
});

it('a request past the front door is answered for the configured origin', async () => {
  expect((await send('logout', {})).headers.get('location')).toBe(`${origin}/.auth/logout/complete`);
});
