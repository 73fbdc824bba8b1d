import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LocalApp, localApp, origin, signedIn } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';

const proxyKey = 'k'.repeat(32);
let local: LocalApp;
let cookie: string;
let token: string;
beforeAll(async () => {
  local = await localApp({
    environment: { TOKENKEEP_PROXY_KEY: proxyKey },
    settings: (settings) => ({
      ...settings,
      excludedPaths: ['/public/*'],
      headerTokens: ['access_token', 'refresh_token'],
    }),
  });
  ({ cookie } = await signedIn(local));
  token = cookie.slice(cookie.indexOf('=') + 1);
});
afterEach(() => local.clock.reset());
afterAll(() => local.close());

const navigation = { 'sec-fetch-mode': 'navigate', accept: 'text/html' };
const verify = (headers: Record<string, string> = {}, path = '', method = 'GET') =>
  local.fetch(`/.auth/verify${path}`, { method, headers });
const identityIn = ({ headers }: Response) => [...headers.keys()].filter((name) => name.startsWith('x-ms-')).sort();
const signIn = (path: string) => `${origin}/.auth/login/demo?post_login_redirect_uri=${encodeURIComponent(path)}`;

describe('what was asked for is told', () => {
  it.each([
    ['X-Forwarded-Uri, as by Traefik and Caddy', { 'x-forwarded-uri': '/orders?id=1&page=2' }, ''],
    ['X-Original-URI, as by nginx', { 'x-original-uri': '/orders?id=1&page=2' }, ''],
    ['X-Original-URL', { 'x-original-url': '/orders?id=1&page=2' }, ''],
    ['X-Original-URL with an address', { 'x-original-url': 'https://site.example/orders?id=1&page=2' }, ''],
    ['the path behind verify, as by Envoy', {}, '/orders?id=1&page=2'],
    ['two headers that say the same', { 'x-original-uri': '/orders?id=1&page=2' }, '/orders?id=1&page=2'],
  ])('by %s', async (_, headers, path) => {
    const answer = await verify({ ...navigation, ...headers }, path);
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toBe(signIn('/orders?id=1&page=2'));
  });

  it.each([
    ['headers', { 'x-original-uri': '/orders', 'x-forwarded-uri': '/public/logo.svg' }, ''],
    ['path and header', { 'x-forwarded-uri': '/public/logo.svg' }, '/orders'],
    ['methods', { 'x-original-method': 'POST', 'x-forwarded-method': 'GET' }, ''],
    ['no path', { 'x-original-uri': 'public/logo.svg' }, ''],
  ])('and refused where it is contradictory: %s', async (_, headers, path) => {
    expect((await problemIn(await verify({ cookie, ...headers }, path))).code).toBe('request_malformed');
  });

  it.each(['/.auth/verify?proxy=nginx', 'https://auth.example.com/.auth/VERIFY/orders', '/.auth/verify'])(
    'and not by what Azure says that it was asked for itself: %s',
    async (own) => {
      const answer = await verify({ 'x-original-url': own, 'x-original-uri': '/public/logo.svg' });
      expect(answer.status).toBe(200);
      const refused = await verify({ 'x-original-url': '/.auth/verifying', 'x-original-uri': '/public/logo.svg' });
      expect((await problemIn(refused)).code).toBe('request_malformed');
    },
  );

  it('by path and header that differ in their spelling alone', async () => {
    const said = (uri: string, path: string) => verify({ ...navigation, 'x-forwarded-uri': uri }, path);
    const answer = await said('/users/ada%40example.com?a=%2F', '/users/ada@example.com?a=/');
    expect(answer.headers.get('location')).toBe(signIn('/users/ada%40example.com?a=%2F'));
    expect((await said('/orders/..%2fpublic/x', '/public/x')).status).toBe(400);
    expect((await said('/public/%zz', '/public/x')).status).toBe(400);
  });

  it('and by the one of the two that servers might read differently, so that a client cannot make it public', async () => {
    expect((await verify({}, '/public/logo.svg')).status).toBe(200);
    expect((await verify({ 'x-forwarded-uri': '/public/logo.svg' }, '/public%2flogo.svg')).status).toBe(401);
    expect((await verify({ 'x-forwarded-uri': '/public%2flogo.svg' }, '/public/logo.svg')).status).toBe(401);
    expect((await verify({ 'x-forwarded-uri': '/public/?logo' }, '/public/%3flogo')).status).toBe(401);
  });

  it('and where it is not, nothing is public', async () => {
    expect((await verify()).status).toBe(401);
    expect((await verify(navigation)).headers.get('location')).toBe(signIn('/'));
  });

  it.each(['X-Forwarded-Method', 'X-Original-Method'])('with its method by %s', async (name) => {
    const elsewhere = { cookie, origin: 'https://evil.example', 'x-original-uri': '/orders' };
    expect((await verify({ ...elsewhere, [name]: 'GET' })).status).toBe(200);
    expect((await problemIn(await verify({ ...elsewhere, [name]: 'POST' }))).code).toBe('cross_site_refused');
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('with its method by that of the request: %s', async (method) => {
    expect((await verify({ cookie, 'sec-fetch-site': 'same-origin' }, '/orders', method)).status).toBe(200);
    const refused = await verify({ cookie, 'sec-fetch-site': 'cross-site', origin: 'null' }, '/orders', method);
    expect((await problemIn(refused)).code).toBe('cross_site_refused');
  });
});

describe('who is signed in', () => {
  it('is told in the body and in the headers', async () => {
    const answer = await verify({ cookie, 'x-original-uri': '/orders' });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ user: { userId: expect.stringMatching(/^sid:[\da-f]{32}$/) } });
    expect(answer.headers.get('x-ms-client-principal-name')).toBe('ada@example.com');
  });

  it('is told on an excluded path too', async () => {
    const answer = await verify({ cookie, 'x-original-uri': '/public/logo.svg' });
    expect(answer.headers.get('x-ms-client-principal-idp')).toBe('demo');
  });

  it('has tokens about to expire refreshed first', async () => {
    const before = (await verify({ cookie })).headers.get('x-ms-token-demo-access-token');
    local.clock.advance(3590);
    const after = (await verify({ cookie })).headers.get('x-ms-token-demo-access-token');
    expect(after).toMatch(/./);
    expect(after).not.toBe(before);
  });

  it('is not known by a session that has expired', async () => {
    local.clock.advance(9 * 3600);
    expect((await problemIn(await verify({ cookie, 'x-original-uri': '/orders' }))).code).toBe('session_expired');
    const open = await verify({ cookie, 'x-original-uri': '/public/logo.svg' });
    expect([open.status, open.headers.get('x-ms-client-principal')]).toEqual([200, '']);
  });
});

describe('nobody', () => {
  it('goes on to an excluded path, with the headers of the identity there and empty', async () => {
    const answer = await verify({ 'x-original-uri': '/public/logo.svg' });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({});
    expect(identityIn(answer)).toEqual([
      'x-ms-client-principal',
      'x-ms-client-principal-id',
      'x-ms-client-principal-idp',
      'x-ms-client-principal-name',
    ]);
    for (const name of identityIn(answer)) expect(answer.headers.get(name)).toBe('');
  });

  it('is refused with no header of an identity', async () => {
    const refused = await verify({ 'x-original-uri': '/orders' });
    expect(identityIn(refused)).toEqual([]);
    expect(await problemIn(refused)).toMatchObject({ status: 401, code: 'not_signed_in', login: '/.auth/login/demo' });
  });
});

describe('nginx, which knows 401 and 403 only', () => {
  const nginx = '?proxy=nginx';

  it('gets 401 with the sign-in in Location in the place of a redirect', async () => {
    const answer = await verify({ ...navigation, 'x-original-uri': '/orders?id=1' }, nginx);
    expect([answer.status, answer.headers.get('location')]).toEqual([401, signIn('/orders?id=1')]);
    const script = await verify({ 'sec-fetch-mode': 'cors', 'x-original-uri': '/orders' }, nginx);
    expect([script.status, script.headers.get('location')]).toEqual([401, null]);
  });

  it('gets 403 in the place of 404', async () => {
    const hiding = local.another();
    Object.assign(hiding.settings, { unauthenticatedClientAction: 'status-404' });
    const { handle } = await import('../../../shared/endpoints/handle.ts');
    const { verify: handler } = await import('../../../shared/endpoints/access/verify.ts');
    const status = async (query: string) =>
      (await handle(handler, new Request(`${origin}/.auth/verify${query}`), hiding)).status;
    expect([await status(''), await status(nginx)]).toEqual([404, 403]);
  });

  it('is not meant by a query that was asked for', async () => {
    expect((await verify(navigation, `/orders${nginx}`)).status).toBe(302);
  });
});

describe('an identity that the request brings along', () => {
  it.each([
    'X-MS-CLIENT-PRINCIPAL',
    'X-MS-CLIENT-PRINCIPAL-ID',
    'x_ms_client_principal',
    'X-MS_CLIENT-PRINCIPAL_NAME',
    'X.MS.CLIENT.PRINCIPAL.ID',
    'X-MS-TOKEN-AAD-ACCESS-TOKEN',
    'X_MS_TOKEN_ANYTHING',
  ])('is refused: %s', async (name) => {
    for (const headers of [{ cookie }, { 'x-original-uri': '/public/logo.svg' }]) {
      const refused = await verify({ ...headers, [name]: 'eyJ9' });
      expect(identityIn(refused)).toEqual([]);
      expect(await problemIn(refused)).toMatchObject({ status: 403, code: 'identity_headers_spoofed' });
    }
  });

  it.each(['X-MS-CLIENT-REQUEST-ID', 'X-MS-TOKENS', 'X-MS-CLIENT-PRINCIPALS'])('is not in %s', async (name) => {
    expect((await verify({ cookie, [name]: '1' })).status).toBe(200);
  });
});

describe('tokens', () => {
  const tokensIn = (answer: Response) => identityIn(answer).filter((name) => name.startsWith('x-ms-token-'));

  it('are those of both lists, for who shows no key', async () => {
    expect(tokensIn(await verify({ cookie }))).toEqual(['x-ms-token-demo-access-token', 'x-ms-token-demo-expires-on']);
  });

  it('are all that servers may have, for the proxy that shows its key', async () => {
    expect(tokensIn(await verify({ cookie, 'x-tokenkeep-proxy-key': proxyKey }))).toEqual([
      'x-ms-token-demo-access-token',
      'x-ms-token-demo-expires-on',
      'x-ms-token-demo-refresh-token',
    ]);
  });

  it.each([`${proxyKey}k`, proxyKey.slice(1), 'K'.repeat(32)])('nobody gets by a wrong key', async (key) => {
    const refused = await verify({ cookie, 'x-tokenkeep-proxy-key': key });
    expect(identityIn(refused)).toEqual([]);
    expect(await problemIn(refused)).toMatchObject({ status: 403, code: 'proxy_key_refused' });
    expect(JSON.stringify(local.logged)).not.toContain(key);
  });
});

it('takes the session token in a header as well', async () => {
  expect((await verify({ 'x-zumo-auth': token })).status).toBe(200);
  expect((await verify({ authorization: `Bearer ${token}` })).status).toBe(200);
});
