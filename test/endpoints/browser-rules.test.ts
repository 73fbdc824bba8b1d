import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalApp, localApp, origin, signedIn } from '../fixtures/local-app.ts';
import { problemIn } from '../fixtures/problem.ts';
import { sessionIdIn, storedSession } from '../fixtures/stored.ts';
import { userData } from '../fixtures/user-data.ts';

const spa = 'https://spa.example';
const evil = 'https://evil.example';
const fetched = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
const image = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' };
const visit = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

let local: LocalApp;
let cookie: string;
beforeAll(async () => {
  local = await localApp({
    settings: (settings) => ({
      ...settings,
      browser: { ...settings.browser, allowedOrigins: [spa] },
      signIn: {
        ...settings.signIn,
        allowedExternalRedirectUrls: ['https://landing.example/welcome', 'com.example.app://done'],
      },
    }),
  });
  ({ cookie } = await signedIn(local));
});
afterAll(() => local.close());

const send = (path: string, headers: Record<string, string>, method = 'GET') =>
  local.fetch(`/.auth/${path}`, { method, headers, redirect: 'manual' });
const allowedFor = ({ headers }: Response) => headers.get('access-control-allow-origin');
const token = () => cookie.slice(cookie.indexOf('=') + 1);

describe('a preflight', () => {
  const asks = (from: string) => ({
    origin: from,
    'access-control-request-method': 'GET',
    'access-control-request-headers': 'x-zumo-auth,zumo-api-version',
  });

  it.each(['me', 'refresh', 'logout', 'logout/complete', 'login/demo', 'login/demo/callback', 'login/done', 'health'])(
    'to %s is answered for an allowed origin',
    async (path) => {
      const response = await send(path, asks(spa), 'OPTIONS');
      expect(response.status).toBe(204);
      expect(await response.text()).toBe('');
      expect(allowedFor(response)).toBe(spa);
      expect(response.headers.get('access-control-allow-credentials')).toBe('true');
      expect(response.headers.get('access-control-allow-headers')).toContain('x-zumo-auth');
      expect(response.headers.get('vary')).toBe('Origin');
    },
  );

  it('of another origin is allowed nothing', async () => {
    const response = await send('me', asks(evil), 'OPTIONS');
    expect(response.status).toBe(204);
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  it('runs nothing', async () => {
    const response = await send('logout', { ...asks(spa), cookie }, 'OPTIONS');
    expect(response.headers.getSetCookie()).toEqual([]);
    expect((await send('me', { cookie })).status).toBe(200);
  });
});

describe('an answer can be read by an allowed origin, with the cookie', () => {
  it.each([
    ['me', 200, () => ({ cookie })],
    ['me', 401, () => ({})],
    ['login/nobody', 404, () => ({})],
    ['logout?post_logout_redirect_uri=https://evil.example', 400, () => ({ cookie })],
    ['login/demo', 302, () => ({})],
    ['me', 413, () => ({ 'x-large': 'x'.repeat(17_000) })],
  ] as const)('%s with status %i', async (path, status, headers) => {
    const response = await send(path, { ...fetched, origin: spa, ...headers() });
    expect(response.status).toBe(status);
    expect(allowedFor(response)).toBe(spa);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
    expect(response.headers.get('access-control-expose-headers')).toContain('retry-after');
    expect(response.headers.get('vary')).toBe('Origin');
  });

  it('and by no other, though it is sent', async () => {
    const response = await send('me', { ...fetched, origin: evil, cookie });
    expect(response.status).toBe(200);
    expect(allowedFor(response)).toBeNull();
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect(response.headers.get('vary')).toBe('Origin');
  });

  it('but public keys by everybody', async () => {
    for (const from of [spa, evil]) expect(allowedFor(await send('keys', { origin: from }))).toBe('*');
  });
});

describe('another site cannot', () => {
  const refreshes = () => local.services.provider.counters.refreshGrants;

  it.each([
    ['refresh by a form', 'POST', 'refresh', { ...visit, origin: evil }],
    ['refresh by fetch', 'GET', 'refresh', { ...fetched, origin: evil }],
    ['refresh by an image', 'GET', 'refresh', image],
    ['refresh by a link', 'GET', 'refresh', visit],
    ['sign out by a form', 'POST', 'logout', { ...visit, origin: evil }],
    ['sign out by fetch', 'GET', 'logout', { ...fetched, origin: evil }],
    ['sign out by an image', 'GET', 'logout', image],
    ['sign out by a frame', 'GET', 'logout', { ...visit, 'sec-fetch-dest': 'iframe' }],
    ['pose as an app that may be landed at', 'POST', 'logout', { ...visit, origin: 'null' }],
  ])('%s', async (_what, method, path, headers) => {
    const [stored, grants] = [await storedSession(local.app, sessionIdIn(cookie)), refreshes()];
    const response = await send(path, { ...headers, 'sec-fetch-mode': 'cors', cookie }, method);
    const problem = await problemIn(response);
    expect([problem.status, problem.code]).toEqual([403, 'cross_site_refused']);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(response.headers.get('location')).toBeNull();
    expect(await storedSession(local.app, sessionIdIn(cookie))).toEqual(stored);
    expect(refreshes()).toBe(grants);
  });

  it('have the browser forget the cookie by a form that it was not sent with', async () => {
    const response = await send('logout', { ...visit, origin: evil }, 'POST');
    expect(response.status).toBe(403);
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it('and the owner can see in the log that it tried, and a person what happened', async () => {
    const response = await send('refresh', { ...visit, cookie });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('<code>cross_site_refused</code>');
    expect(local.logged.at(-1)).toMatchObject({ event: 'request_refused', error: 'cross_site_refused' });
  });
});

describe('what is no forgery passes', () => {
  it.each([
    ['of the app’s own page', 'POST', () => ({ ...fetched, 'sec-fetch-site': 'same-origin', origin, cookie })],
    ['of an allowed origin', 'POST', () => ({ ...fetched, origin: spa, cookie })],
    ['of an allowed origin, by GET', 'GET', () => ({ ...fetched, origin: spa, cookie })],
    ['of an origin that may be landed at', 'POST', () => ({ ...fetched, origin: 'https://landing.example', cookie })],
    ['with the session token as X-ZUMO-AUTH', 'POST', () => ({ ...fetched, origin: evil, 'x-zumo-auth': token() })],
    [
      'with the session token as Bearer',
      'GET',
      () => ({ ...fetched, origin: evil, authorization: `Bearer ${token()}` }),
    ],
    ['with that, and a cookie as well', 'POST', () => ({ ...fetched, 'x-zumo-auth': token(), cookie })],
    ['of a program with the cookie', 'POST', () => ({ 'user-agent': 'okhttp/4.12', cookie })],
  ])('a refresh %s', async (_what, method, headers) => {
    expect((await send('refresh', headers(), method)).status).toBe(200);
  });

  it('a provider’s form post to the callback, whatever session the browser has', async () => {
    const response = await local.fetch('/.auth/login/demo/callback', {
      method: 'POST',
      headers: { ...visit, origin: evil, cookie, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'state=s&code=c',
      redirect: 'manual',
    });
    expect(response.status).toBe(303);
  });

  it('a link on another site that signs out', async () => {
    const other = await signedIn(local);
    const response = await send('logout', { ...visit, cookie: other.cookie });
    expect(response.headers.get('location')).toBe(`${origin}/.auth/logout/complete`);
    const blobs = await userData(local.app);
    expect(blobs.filter((name) => name.includes(sessionIdIn(other.cookie)))).toEqual([]);
  });
});

describe('nobody signed in', () => {
  it.each(['me', 'refresh'])(
    '%s is 401 to everybody: a page for a navigation, a document for a script',
    async (path) => {
      const page = await send(path, { ...visit, 'sec-fetch-site': 'none' });
      expect([page.status, page.headers.get('location')]).toEqual([401, null]);
      const back = `post_login_redirect_uri=${encodeURIComponent(`/.auth/${path}`)}`;
      expect(await page.text()).toContain(`<a href="/.auth/login/demo?${back}">`);
      const problem = await problemIn(await send(path, { ...fetched, 'sec-fetch-site': 'same-origin' }));
      expect([problem.code, problem.login]).toEqual(['not_signed_in', '/.auth/login/demo']);
    },
  );
});
