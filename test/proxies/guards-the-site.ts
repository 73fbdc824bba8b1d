import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { programPath } from '../../dev/program-path.ts';
import { Browser } from '../../dev/provider/sign-in-client.ts';
import { Secret } from '../../shared/telemetry/secret.ts';
import { sessionIdIn } from '../fixtures/stored.ts';
import { type GuardedSite, guardedSite, type ProxyProgram } from './guarded-site.ts';

/** What differs between proxies, beside their programs. */
interface Ways {
  /** What the guide says of the program, which is also its name on the PATH. */
  readonly name: string;
  /** Whether the cookie of a session that slides reaches the browser. */
  readonly passesCookies: boolean;
}

const script = { 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'same-origin', accept: '*/*' };
const identity = /^x[-_]ms[-_](client[-_]principal|token)/;

/** The guarantees of every proxy of the guide, on the configuration that the guide has. */
export function guardsTheSite({ name, passesCookies }: Ways, program: Omit<ProxyProgram, 'path'>): void {
  const path = programPath(name);
  if (!path)
    console.warn(`No ${name} was found: its tests are skipped. Install it, or set ${name.toUpperCase()}_PATH.`);

  describe.skipIf(!path)(`${name} with the configuration of the guide`, () => {
    let site: GuardedSite;
    let cookie: string;
    beforeAll(async () => {
      site = await guardedSite({ ...program, path });
    }, 60_000);
    beforeEach(async () => {
      site.app.clock.reset();
      const browser = new Browser();
      await browser.signIn(`${site.origin}/orders`, { account: 'ada@example.com' });
      cookie = `AppServiceAuthSession=${browser.cookies(site.origin)['AppServiceAuthSession']}`;
      site.received.length = 0;
    });
    afterAll(() => site?.close());

    /** The headers of an identity that came through with the one request that did. */
    function identityThrough(): Record<string, unknown> {
      expect(site.received).toHaveLength(1);
      const headers = Object.entries(site.received[0]?.headers ?? {});
      return Object.fromEntries(headers.filter(([header, value]) => identity.test(header) && value !== ''));
    }

    it('sends a browser to the sign-in, and from there to what it wanted, with its query', async () => {
      const browser = new Browser();
      const wanted = `${site.origin}/orders/caf%C3%A9?id=1&next=%2Fa%3Fb`;
      const { url, body, visited } = await browser.signIn(wanted, { account: 'ada@example.com' });
      expect(visited[1]).toContain('/.auth/login/contoso?post_login_redirect_uri=');
      expect([url, body]).toEqual([wanted, 'from the site']);
      expect(site.received.map((one) => one.url)).toEqual(['/orders/caf%C3%A9?id=1&next=%2Fa%3Fb']);
    });

    it('tells the site who its user is, as App Service does', async () => {
      expect((await site.send('/orders', { headers: { cookie } })).status).toBe(200);
      expect(identityThrough()).toEqual({
        'x-ms-client-principal': expect.stringMatching(/^ey[\w+/=]+$/),
        'x-ms-client-principal-id': expect.any(String),
        'x-ms-client-principal-name': 'ada@example.com',
        'x-ms-client-principal-idp': 'contoso',
        'x-ms-token-contoso-access-token': expect.any(String),
        'x-ms-token-contoso-expires-on': expect.stringMatching(/^20/),
        'x-ms-token-contoso-id-token': expect.stringMatching(/^ey/),
      });
    });

    it('tells a script where to sign in, and does not redirect it', async () => {
      const { status, body, headers } = await site.send('/orders', { headers: script });
      expect([status, headers['location'], site.received]).toEqual([401, undefined, []]);
      expect(JSON.parse(body)).toMatchObject({
        code: 'not_signed_in',
        login: expect.stringMatching(/^\/\.auth\/login/),
      });
    });

    it('lets everybody through to an excluded path, without an identity', async () => {
      expect((await site.send('/public/logo.svg?v=1')).status).toBe(200);
      expect(identityThrough()).toEqual({});
      expect(site.received[0]?.url).toBe('/public/logo.svg?v=1');
    });

    it('tells the site on an excluded path who is signed in', async () => {
      await site.send('/public/logo.svg', { headers: { cookie } });
      expect(identityThrough()).toMatchObject({ 'x-ms-client-principal-name': 'ada@example.com' });
    });

    it.each([
      'X-MS-CLIENT-PRINCIPAL',
      'x-ms-client-principal-name',
      'X-MS-CLIENT-PRINCIPAL-ROLES',
      'X-MS-TOKEN-CONTOSO-ACCESS-TOKEN',
      'X-MS-TOKEN-CONTOSO-REFRESH-TOKEN',
      'X-MS-TOKEN-AAD-ID-TOKEN',
      'x_ms_client_principal',
      'X_MS_CLIENT_PRINCIPAL_NAME',
      'x-ms_token-contoso_access-token',
    ])('lets nobody claim an identity: %s', async (header) => {
      for (const to of ['/orders', '/public/logo.svg']) {
        for (const headers of [{}, { cookie }]) {
          await site.send(to, { headers: { ...headers, ...script, [header]: 'spoofed' } });
        }
      }
      expect(JSON.stringify(site.received)).not.toContain('spoofed');
    });

    it.each([
      '/public/../orders',
      '/public/%2e%2e/orders',
      '/public/..%2forders',
      '/public%2f..%2forders',
      '/public/%252e%252e/orders',
      '/public/..;/orders',
      '/public/..\\orders',
      '/public/%5c../orders',
      '//public/x/../../orders',
      '/.auth/../orders',
      '/.auth/..%2forders',
      '/.auth%2f..%2forders',
      '/.auth/verify/../../orders',
      '/orders?/public/logo.svg',
    ])('lets nobody through by a trick: %s', async (trick) => {
      const { status } = await site.send(trick, { headers: script });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(site.received).toEqual([]);
    });

    it.each([
      ['x-forwarded-uri', '/public/logo.svg'],
      ['x-original-uri', '/public/logo.svg'],
      ['x-original-url', '/public/logo.svg'],
      ['x-rewrite-url', '/public/logo.svg'],
      ['x-envoy-original-path', '/public/logo.svg'],
      ['x-forwarded-prefix', '/public'],
    ])('does not believe a client that says what it asks for: %s', async (header, value) => {
      await site.send('/orders', { headers: { ...script, [header]: value } });
      expect(site.received).toEqual([]);
    });

    it.each(['x-forwarded-method', 'x-original-method'])(
      'does not believe a client that says how it asks: %s',
      async (header) => {
        const elsewhere = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
        await site.send('/orders', { method: 'POST', headers: { cookie, ...elsewhere, [header]: 'GET' } });
        expect(site.received).toEqual([]);
      },
    );

    it('refuses a write that another site makes with the cookie', async () => {
      const headers = { cookie, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
      expect((await site.send('/orders', { method: 'POST', headers, body: 'evil' })).status).toBe(403);
      expect(site.received).toEqual([]);
    });

    it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('lets a write of the site’s own pages through: %s', async (method) => {
      const headers = { cookie, origin: site.origin, 'sec-fetch-site': 'same-origin', 'content-type': 'text/plain' };
      expect((await site.send('/orders', { method, headers, body: 'one tea' })).status).toBe(200);
      expect(site.received).toMatchObject([{ method, url: '/orders', body: 'one tea' }]);
      expect(identityThrough()).toMatchObject({ 'x-ms-client-principal-name': 'ada@example.com' });
    });

    it('lets HEAD through', async () => {
      expect((await site.send('/orders', { method: 'HEAD', headers: { cookie } })).status).toBe(200);
      expect((await site.send('/orders', { method: 'HEAD', headers: script })).status).toBe(401);
      expect(site.received).toMatchObject([{ method: 'HEAD' }]);
    });

    it('lets nobody through after the sign-out', async () => {
      expect((await site.send('/.auth/logout', { headers: { cookie, ...script } })).status).toBe(302);
      expect((await site.send('/orders', { headers: { cookie, ...script } })).status).toBe(401);
      expect(site.received).toEqual([]);
    });

    it('passes large tokens on', async () => {
      const accessToken = new Secret('access_token', 'a'.repeat(6_000));
      await site.app.app.amend(sessionIdIn(cookie), (session) => {
        const entry = session.entries['contoso'];
        return entry ? { ...session, entries: { ...session.entries, contoso: { ...entry, accessToken } } } : session;
      });
      expect((await site.send('/orders', { headers: { cookie } })).status).toBe(200);
      expect(site.received[0]?.headers['x-ms-token-contoso-access-token']).toHaveLength(6_000);
    });

    it.skipIf(!passesCookies)('passes on the cookie of a session that slides', async () => {
      site.app.clock.advance(5 * 3600);
      const { headers } = await site.send('/orders', { headers: { cookie } });
      expect(headers['set-cookie']).toEqual([expect.stringMatching(/^AppServiceAuthSession=ey/)]);
    });

    it('shows verify to nobody', async () => {
      for (const to of ['/.auth/verify', '/.auth/verify/orders', '/.auth/Verify']) {
        const { status, body } = await site.send(to, { headers: { cookie } });
        // Traefik has a service for such routes that answers 418.
        expect([404, 418]).toContain(status);
        expect(body).not.toContain('sid:');
      }
    });

    it('lets nobody through while Tokenkeep does not answer', async () => {
      await site.app.close();
      for (const headers of [script, { cookie }]) {
        expect((await site.send('/orders', { headers })).status).toBeGreaterThanOrEqual(400);
      }
      expect(site.received).toEqual([]);
    });
  });
}
