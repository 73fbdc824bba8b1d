import { text } from 'node:stream/consumers';
import { HttpRequest } from '@azure/functions';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../../shared/app.ts';
import { createGateway } from '../../../shared/endpoints/access/gateway.ts';
import { createForward } from '../../../shared/gateway/forward.ts';
import { type LocalApp, localApp, origin, signedIn } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { type TestUpstream, testUpstream } from '../../fixtures/upstream.ts';

const spa = 'https://spa.example';
const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', accept: 'text/html' };

let upstream: TestUpstream;
let local: LocalApp;
let cookie: string;
beforeAll(async () => {
  upstream = await testUpstream();
  local = await localApp({
    accessTokenSeconds: 36_000,
    environment: { TOKENKEEP_UPSTREAM: `${upstream.origin}/base/`, TOKENKEEP_ALLOWED_ORIGINS: spa },
    authJson: (document) => ({
      ...document,
      globalValidation: { unauthenticatedClientAction: 'RedirectToLoginPage', excludedPaths: ['/public/*'] },
      login: { routes: { logoutEndpoint: '/Sign-Out' }, tokenStore: { headerTokens: ['access_token'] } },
    }),
  });
  ({ cookie } = await signedIn(local));
});
beforeEach(() => {
  upstream.received.length = 0;
  upstream.onRequest((_, response) => response.end('ok'));
});
afterAll(async () => {
  await local.close();
  await upstream.close();
});

const token = () => cookie.slice(cookie.indexOf('=') + 1);
const last = () => upstream.received.at(-1);

function send(path: string, init: RequestInit = {}, app: App = local.app): Promise<Response> {
  const { settings } = local.app;
  if (!settings.upstream) throw new Error('there is no upstream');
  const gateway = createGateway(settings.upstream, createForward(settings.upstream));
  return gateway(new Request(`${origin}${path}`, init), app);
}

const asUser = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) =>
  send(path, { ...init, headers: { cookie, ...headers } });

describe('a request of somebody who is signed in', () => {
  it('reaches the upstream below its base path, with the headers that App Service sets', async () => {
    const response = await asUser('/a%20b?c=%2F');
    expect(await response.text()).toBe('ok');
    expect(last()?.url).toBe('/base/a%20b?c=%2F');
    const headers = last()?.headers ?? {};
    const { user } = new HttpRequest({ method: 'GET', url: origin, headers: headers as Record<string, string> });
    expect(user).toMatchObject({ type: 'AppService', username: 'ada@example.com', identityProvider: 'demo' });
    expect(headers['x-ms-token-demo-access-token']).toMatch(/.{20}/);
    expect(headers['x-ms-token-demo-id-token']).toBeUndefined();
    expect(headers).toMatchObject({
      host: upstream.origin.slice('http://'.length),
      'x-forwarded-host': 'localhost:7071',
      'x-forwarded-proto': 'http',
    });
  });

  it('brings none of the identity headers that the client has made up', async () => {
    await asUser('/', {
      'x-ms-client-principal-id': 'spoofed',
      x_ms_client_principal_name: 'spoofed',
      'x-ms-token-aad-access-token': 'spoofed',
      'x-tokenkeep-proxy-key': 'spoofed',
      'x.tokenkeep.proxy_key': 'spoofed',
      'X.MS.CLIENT.PRINCIPAL.ID': 'spoofed',
      'x-kept': 'kept',
    });
    expect(JSON.stringify(last()?.rawHeaders)).not.toContain('spoofed');
    expect(last()?.headers['x-kept']).toBe('kept');
  });

  it('leaves its session cookie here, and brings the others as they are', async () => {
    await asUser('/', { cookie: `a=%7E+/==; ${cookie}; b="x y"` });
    expect(last()?.headers.cookie).toBe('a=%7E+/==; b="x y"');
    expect(JSON.stringify(last()?.rawHeaders)).not.toContain(token());
  });

  it('brings X-ZUMO-AUTH where that is what it is signed in by, and Authorization always', async () => {
    await send('/', { headers: { 'x-zumo-auth': token(), authorization: 'Basic abc' } });
    expect(last()?.headers).toMatchObject({ 'x-zumo-auth': token(), authorization: 'Basic abc' });
  });

  it('by another site’s page is refused where it writes with the cookie', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    const response = await asUser('/', headers, { method: 'POST' });
    expect(await problemIn(response)).toMatchObject({ status: 403, code: 'cross_site_refused' });
    expect(upstream.received).toEqual([]);
  });

  it('is logged without what its path may say of people, or keep secret', async () => {
    local.logged.length = 0;
    const headers = { cookie, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    await send('/reset/a-secret/ada@example.com', { method: 'POST', headers });
    expect(local.logged).toMatchObject([{ event: 'request_refused', method: 'POST', route: '/reset/…' }]);
    expect(JSON.stringify(local.logged)).not.toMatch(/a-secret|ada@/);
  });

  it('brings its body', async () => {
    const bodies: string[] = [];
    upstream.onRequest(async (request, response) => {
      bodies.push(await text(request));
      response.end();
    });
    const large = 'x'.repeat(1024 * 1024);
    await asUser('/', {}, { method: 'PUT', body: large });
    expect(bodies).toEqual([large]);
  });

  it('is not forwarded where it wants a WebSocket', async () => {
    const response = await asUser('/', { connection: 'Upgrade', upgrade: 'WebSocket' });
    expect(await problemIn(response)).toMatchObject({ status: 501, code: 'upgrade_unsupported' });
    expect(upstream.received).toEqual([]);
  });
});

describe('a request of nobody', () => {
  it('is sent to sign in where a browser navigates, to come back to what it asked for', async () => {
    const response = await send('/a?b=c', { headers: navigation });
    expect(response.status).toBe(302);
    const location = new URL(response.headers.get('location') ?? '');
    expect(location.pathname).toBe('/.auth/login/demo');
    expect(location.searchParams.get('post_login_redirect_uri')).toBe('/a?b=c');
    expect(upstream.received).toEqual([]);
  });

  it('is 401 else', async () => {
    const problem = await problemIn(await send('/a'));
    expect(problem).toMatchObject({ status: 401, code: 'not_signed_in', login: '/.auth/login/demo' });
    expect(upstream.received).toEqual([]);
  });

  it('to an excluded path reaches the upstream, without a name', async () => {
    const headers = { 'x-ms-client-principal-id': 'spoofed', 'x-zumo-auth': 'forged' };
    const response = await send('/public/a', { headers });
    expect(response.status).toBe(200);
    expect(last()?.url).toBe('/base/public/a');
    const names = Object.keys(last()?.headers ?? {});
    expect(names.filter((name) => /^x-(ms|zumo)-/.test(name))).toEqual([]);
  });

  it.each(['/public/..%2fsecret', '/public/%252e%252e/secret', '/public/..;/secret', '/public%5c..%5csecret'])(
    'to %s is refused, signed in or not: a lenient server would read another path',
    async (path) => {
      expect(await problemIn(await send(path))).toMatchObject({ status: 400, code: 'request_malformed' });
      expect(await problemIn(await asUser(path))).toMatchObject({ status: 400, code: 'request_malformed' });
      expect(upstream.received).toEqual([]);
    },
  );
});

describe('a browser that leaves a strict cookie out, since it comes from another site', () => {
  const strict = () => local.another({ TOKENKEEP_COOKIE_SAMESITE: 'Strict' });
  const arrival = { ...navigation, 'sec-fetch-site': 'cross-site' };

  it('opens the page again from here, where it brings the cookie', async () => {
    const response = await send('/orders?of=today', { headers: arrival }, strict());
    expect([response.status, response.headers.get('refresh')]).toEqual([200, `0;url=${origin}/orders?of=today`]);
    const again = { ...navigation, 'sec-fetch-site': 'same-origin', cookie };
    expect(await (await send('/orders?of=today', { headers: again }, strict())).text()).toBe('ok');
    expect(upstream.received).toHaveLength(1);
  });

  it('goes to the sign-in from there where it has none', async () => {
    const again = { ...navigation, 'sec-fetch-site': 'same-origin' };
    const response = await send('/orders', { headers: again }, strict());
    expect(response.headers.get('location')).toContain('/.auth/login/demo?post_login_redirect_uri=');
  });

  it('is led to no other site', async () => {
    const response = await send('//evil.example/x', { headers: arrival }, strict());
    expect(response.headers.get('refresh')).toBe(`0;url=${origin}//evil.example/x`);
  });

  it('goes to the sign-in at once where the cookie is lax', async () => {
    expect((await send('/orders', { headers: arrival })).status).toBe(302);
  });
});

describe('paths that are Tokenkeep’s', () => {
  it.each(['/.auth', '/.auth/', '/.auth/unknown', '/.AUTH/unknown', '//.auth/me', '/%2eauth/me', '/.auth%2fme'])(
    '%s is never forwarded',
    async (path) => {
      expect(await problemIn(await asUser(path))).toMatchObject({ status: 404, code: 'route_unknown' });
      expect(upstream.received).toEqual([]);
    },
  );

  it('but what only looks like them is', async () => {
    await asUser('/.authors');
    expect(last()?.url).toBe('/base/.authors');
  });

  it.each(['GET', 'POST'])('%s logoutEndpoint signs out', async (method) => {
    const own = await signedIn(local);
    const asLeaving = (path: string, init: RequestInit = {}) =>
      send(path, { ...init, headers: { cookie: own.cookie } });
    const response = await asLeaving('/sign-out', { method });
    expect(response.status).toBe(302);
    expect(response.headers.getSetCookie()[0]).toMatch(/^AppServiceAuthSession=; .*Max-Age=0/);
    expect(await problemIn(await asLeaving('/'))).toMatchObject({ code: 'session_ended' });
    expect(upstream.received).toEqual([]);
  });

  it('other methods of that path are the upstream’s', async () => {
    await asUser('/sign-out', {}, { method: 'PUT' });
    expect(last()?.url).toBe('/base/sign-out');
  });
});

describe('the answer', () => {
  it('is the upstream’s, without Tokenkeep’s own headers', async () => {
    upstream.onRequest((_, response) => {
      const lines = ['a=%7E+/==; Path=/', 'b=2', 'AppServiceAuthSession=evil; Path=/'];
      response.writeHead(201, { 'set-cookie': lines, 'cache-control': 'max-age=60', 'x-frame-options': 'DENY' });
      response.end();
    });
    const { status, headers } = await asUser('/');
    expect(status).toBe(201);
    expect(headers.getSetCookie()).toEqual(['a=%7E+/==; Path=/', 'b=2']);
    expect(headers.get('cache-control')).toBe('max-age=60');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.has('content-security-policy')).toBe(false);
  });

  it('leads to the public origin where it leads to the upstream', async () => {
    upstream.onRequest((_, response) => response.writeHead(302, { location: `${upstream.origin}/base/next` }).end());
    expect((await asUser('/')).headers.get('location')).toBe(`${origin}/next`);
  });

  it('wants https of browsers where the upstream has not said so itself', async () => {
    const app = { ...local.app, settings: { ...local.app.settings, publicOrigin: 'https://app.example' } };
    const sts = async () => (await send('/public/a', {}, app)).headers.get('strict-transport-security');
    expect(await sts()).toBe('max-age=31536000');
    upstream.onRequest((_, response) => response.writeHead(200, { 'strict-transport-security': 'max-age=1' }).end());
    expect(await sts()).toBe('max-age=1');
  });

  it('of an upstream that is not there is a problem document', async () => {
    upstream.onRequest((request) => request.socket.destroy());
    expect(await problemIn(await asUser('/'))).toMatchObject({ status: 502, code: 'upstream_unavailable' });
  });

  it('brings the renewed token of a session that slides, and is then nothing for a cache', async () => {
    const session = { ...local.app.settings.session, convention: 'sliding' as const };
    const app = { ...local.app, settings: { ...local.app.settings, session } };
    upstream.onRequest((_, response) =>
      response.writeHead(200, { 'set-cookie': 'a=1', 'cache-control': 'max-age=60' }).end(),
    );
    const own = await signedIn(local);
    local.clock.advance(session.lifetime * 0.6);
    const { headers } = await send('/', { headers: { cookie: own.cookie } }, app);
    local.clock.reset();
    const [passed, renewed] = headers.getSetCookie();
    expect(passed).toBe('a=1');
    expect(renewed).toMatch(/^AppServiceAuthSession=[\w-]+\.[\w-]+\.[\w-]+; /);
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

describe('pages of other origins', () => {
  const preflight = {
    'access-control-request-method': 'PATCH',
    'access-control-request-headers': 'x-own, content-type',
  };

  it('may do everything where they are allowed, which Tokenkeep tells them itself', async () => {
    const { status, headers } = await send('/a', { method: 'OPTIONS', headers: { ...preflight, origin: spa } });
    expect(status).toBe(204);
    expect(upstream.received).toEqual([]);
    expect(headers.get('access-control-allow-origin')).toBe(spa);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(headers.get('access-control-allow-headers')).toBe('x-own, content-type');
  });

  it('may read what the upstream sends them, whatever that says about it', async () => {
    upstream.onRequest((_, response) =>
      response.writeHead(200, { 'x-total': '1', 'set-cookie': 'a=1', 'access-control-allow-origin': '*' }).end(),
    );
    const { headers } = await asUser('/a', { origin: spa });
    expect(headers.get('access-control-allow-origin')).toBe(spa);
    expect(headers.get('access-control-expose-headers')?.split(', ')).toContain('x-total');
    expect(headers.get('access-control-expose-headers')).not.toContain('set-cookie');
    expect(headers.get('vary')).toBe('Origin');
  });

  it('that are not allowed are the upstream’s affair', async () => {
    upstream.onRequest((_, response) => response.writeHead(204, { 'access-control-allow-origin': '*' }).end());
    const headers = { ...preflight, origin: 'https://other.example' };
    const response = await send('/public/a', { method: 'OPTIONS', headers });
    expect(last()?.method).toBe('OPTIONS');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.has('access-control-allow-credentials')).toBe(false);
  });
});
