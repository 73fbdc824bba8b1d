import fc from 'fast-check';
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ChangedApp, changedApp } from '../fixtures/changed-app.ts';
import { holdingBrowser } from '../fixtures/holding-browser.ts';
import { type LocalApp, localApp, origin } from '../fixtures/local-app.ts';
import { problemIn } from '../fixtures/problem.ts';
import { foreignAddresses } from './open-redirects.ts';

let local: LocalApp;
let app: ChangedApp;
beforeAll(async () => {
  local = await localApp();
  app = changedApp(local, ({ login }) => {
    login.allowedExternalRedirectUrls = ['https://spa.example', 'myapp://easyauth.callback'];
  });
});
afterEach(() => {
  local.services.provider.control.clear();
  local.clock.reset();
});
afterAll(() => local.close());

const login = (parameters: Record<string, string>) => `/.auth/login/demo?${new URLSearchParams(parameters)}`;

/** Signs in up to the callback, spoils its answer where `change` does, and gives where the browser is sent. */
async function landing(parameters: Record<string, string>, change: (url: URL) => void = () => {}) {
  const { authorize, open, browser, attempts } = holdingBrowser(app);
  const url = await authorize(login(parameters));
  change(url);
  const response = await open(url);
  expect(response.status).toBe(302);
  expect(attempts()).toEqual({});
  const location = response.headers.get('location') ?? '';
  const [address = '', fragment = ''] = location.split('#');
  return { address, fragment, hash: new URLSearchParams(fragment), cookies: browser.cookies(origin) };
}

describe('with the session in a cookie', () => {
  it.each([
    ['a path', '/a?b=c#d', `${origin}/a?b=c#d`],
    ['an address of its own', `${origin}/a`, `${origin}/a`],
    ['an allowed address of another host', 'https://spa.example/a?b#c', 'https://spa.example/a?b#c'],
  ])('the user lands on %s', async (_case, requested, expected) => {
    for (const name of ['post_login_redirect_uri', 'post_login_redirect_url']) {
      const { address, fragment } = await landing({ [name]: requested });
      expect(fragment ? `${address}#${fragment}` : address).toBe(expected);
    }
  });

  it('post_login_redirect_uri goes before its alias', async () => {
    const { address } = await landing({ post_login_redirect_url: '/alias', post_login_redirect_uri: '/name' });
    expect(address).toBe(`${origin}/name`);
  });

  it('no token is in the address', async () => {
    const { address, fragment, cookies } = await landing({ post_login_redirect_uri: '/' });
    const { jti } = decodeJwt(cookies['AppServiceAuthSession'] ?? '');
    expect(jti).toMatch(/^[\w-]{43}$/);
    expect(address + fragment).toBe(`${origin}/`);
  });
});

describe('with session_mode=token', () => {
  it.each([
    [{ post_login_redirect_uri: '/app?x=y' }, `${origin}/app?x=y`],
    [{ post_login_redirect_uri: '/app#route' }, `${origin}/app`],
    [{ post_login_redirect_url: 'myapp://easyauth.callback' }, 'myapp://easyauth.callback'],
    [{}, `${origin}/.auth/login/done`],
  ])('%j, the fragment carries the session token and no cookie does', async (parameters, expected) => {
    const { address, fragment, hash, cookies } = await landing({ ...parameters, session_mode: 'token' });
    expect(address).toBe(expected);
    expect(fragment).toMatch(/^token=%7B[\w.%-]+%7D$/);
    const reply = JSON.parse(hash.get('token') ?? '');
    expect(reply).toEqual({ authenticationToken: expect.any(String), user: { userId: expect.any(String) } });
    expect(reply.user.userId).toMatch(/^sid:[0-9a-f]{32}$/);
    expect(decodeJwt(reply.authenticationToken).sub).toBe(reply.user.userId);
    expect(cookies).not.toHaveProperty('AppServiceAuthSession');
    const me = await local.fetch('/.auth/me', { headers: { 'x-zumo-auth': reply.authenticationToken } });
    expect(me.status).toBe(200);
  });

  it.each([
    ['a refusal of the provider', { error: 'access_denied' }, /did not sign the user in: .*access_denied$/],
    ['a missing code', { code: '' }, /cannot be read: there is no code$/],
  ])('%s is told in the fragment', async (_case, change: Record<string, string>, message) => {
    const parameters = { session_mode: 'token', post_login_redirect_url: 'myapp://easyauth.callback' };
    const { address, hash } = await landing(parameters, (url) => {
      for (const [name, value] of Object.entries(change)) url.searchParams.set(name, value);
    });
    expect(address).toBe('myapp://easyauth.callback');
    expect([...hash.keys()]).toEqual(['error']);
    expect(hash.get('error')).toMatch(message);
  });

  it('an attempt that took too long is told in the fragment', async () => {
    const { address, hash } = await landing({ session_mode: 'token' }, () => local.clock.advance(301));
    expect(address).toBe(`${origin}/.auth/login/done`);
    expect(hash.get('error')).toBe('The sign-in took too long');
  });

  it('a failed check of the tokens is told in the fragment, and no token is', async () => {
    local.services.provider.control.tamper('wrong-nonce');
    const { hash } = await landing({ session_mode: 'token' });
    expect([...hash.keys()]).toEqual(['error']);
  });
});

describe('a landing address that is not allowed', () => {
  it('is refused before anybody is sent anywhere', async () => {
    for (const name of ['post_login_redirect_uri', 'post_login_redirect_url']) {
      for (const mode of ['cookie', 'token']) {
        const response = await app.fetch(login({ [name]: 'https://evil.example/', session_mode: mode }));
        expect((await problemIn(response)).code).toBe('redirect_not_allowed');
        expect(response.headers.get('location')).toBeNull();
        expect(response.headers.getSetCookie()).toEqual([]);
      }
    }
  });

  it('is refused in every disguise', async () => {
    const secure = changedApp(local, () => {}, { TOKENKEEP_PUBLIC_URL: 'https://app.example' });
    for (const address of foreignAddresses) {
      const response = await secure.fetch(login({ post_login_redirect_uri: address }));
      expect((await problemIn(response)).code, address).toBe('redirect_not_allowed');
    }
  });
});

it('whatever landing address is asked for, the callback sends to this app or to what is allowed', async () => {
  const { authorize, open } = holdingBrowser(app);
  const part = fc.constantFrom(
    '/',
    '\\',
    '//',
    '@',
    ':',
    '.',
    '\t',
    '%2f',
    'a',
    'spa.example',
    'evil.example',
    'https:',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')),
      async (requested) => {
        const path = login({ post_login_redirect_uri: requested });
        const refused = (await app.fetch(path)).status === 400;
        fc.pre(!refused);
        const response = await open(await authorize(path));
        const location = new URL(response.headers.get('location') ?? '', 'https://evil.example');
        expect([origin, 'https://spa.example']).toContain(location.origin);
      },
    ),
    { numRuns: 15, maxSkipsPerRun: 100 },
  );
});
