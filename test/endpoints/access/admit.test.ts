import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../../shared/app.ts';
import { type Admission, admit } from '../../../shared/endpoints/access/admit.ts';
import type { Settings } from '../../../shared/settings/settings.ts';
import { type LocalApp, localApp, origin, signedIn } from '../../fixtures/local-app.ts';

let local: LocalApp;
let cookie: string;
beforeAll(async () => {
  local = await localApp();
  ({ cookie } = await signedIn(local));
});
afterEach(() => local.clock.reset());
afterAll(() => local.close());

interface Case {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: Record<string, string>;
  readonly settings?: Partial<Settings>;
  readonly app?: Partial<App>;
}

function admission({ method = 'GET', target = '/orders', headers = {}, settings = {}, app = {} }: Case) {
  const configured = { excludedPaths: ['/public/*', '/robots.txt'], ...settings };
  const running = { ...local.app, ...app, settings: { ...local.app.settings, ...configured } };
  return admit(new Request(origin, { headers }), { method, target }, running);
}

/** In a word: what came of it, and for a refusal its code. */
async function outcome(given: Case): Promise<string> {
  const found = await admission(given);
  return found.kind === 'refused' ? found.error.code : found.kind;
}

const signInOf = (found: Admission) => (found.kind === 'refused' ? found.signIn : undefined);
const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none' };
const script = { 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'same-origin', accept: '*/*' };

describe('who is signed in', () => {
  it('goes on, with the session', async () => {
    const found = await admission({ headers: { cookie } });
    if (found.kind !== 'signed-in') throw new Error(found.kind);
    expect(found.session.provider).toBe('demo');
    expect(found.session.id).toBe(found.authenticated.session.id);
  });

  it.each(['/public/logo.svg', '/robots.txt'])('is known on the excluded path %s too', async (target) => {
    expect(await outcome({ headers: { cookie }, target })).toBe('signed-in');
  });

  it('has fresh tokens', async () => {
    const { cookie: own } = await signedIn(local);
    const tokenOf = (found: Admission) =>
      found.kind === 'signed-in' ? found.session.entries['demo']?.accessToken?.reveal() : undefined;
    const before = tokenOf(await admission({ headers: { cookie: own } }));
    local.clock.advance(3590);
    const after = tokenOf(await admission({ headers: { cookie: own } }));
    expect(after).toMatch(/./);
    expect(after).not.toBe(before);
  });
});

describe('a path is excluded', () => {
  it.each(['/public/', '/public/logo.svg', '/public/a/b?c=/../d', '/public/caf%C3%A9', '/robots.txt', '/robots.txt?'])(
    '%s',
    async (target) => {
      expect(await outcome({ target })).toBe('anonymous');
    },
  );

  it.each([
    '/',
    '',
    '/public',
    '/publicity',
    '/PUBLIC/logo.svg',
    '/robots.txt/',
    '/robots.txt/admin',
    '/robots.txtx',
    '/a/public/logo.svg',
    '/orders?/public/',
  ])('but not %j', async (target) => {
    expect(await outcome({ target })).toBe('not_signed_in');
  });

  it.each([
    '/public/../orders',
    '/public/%2e%2e/orders',
    '/public/..%2forders',
    '/public%2f..%2forders',
    '/public/%252e%252e/orders',
    '/public/..;/orders',
    '/public;/../orders',
    '/public/..\\orders',
    '/public/%5c..%5corders',
    '/public//../orders',
    '//public/x',
    '/public/%00/../orders',
    '/public/%c0%ae%c0%ae/orders',
    '/public/%EF%BC%8E%EF%BC%8E/orders',
    '/public/%',
    '/orders/../public/x',
    '/orders#/public/',
    '/robots.txt%2f..%2forders',
    '/robots.txt;/orders',
    '/robots.txt%00',
    '/robots.tx%74',
  ])('never by a trick: %s', async (target) => {
    expect(await outcome({ target })).toBe('not_signed_in');
  });

  it.each([
    ['a token that is none', { cookie: 'AppServiceAuthSession=garbage' }],
    ['a forged token', { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' }],
  ])('and %s there counts as nobody', async (_, headers) => {
    expect(await outcome({ headers, target: '/robots.txt' })).toBe('anonymous');
    expect(await outcome({ headers })).toBe('session_token_invalid');
  });

  it('and a session that has expired or ended counts as nobody there', async () => {
    const { cookie: own } = await signedIn(local);
    local.clock.advance(9 * 3600);
    expect(await outcome({ headers: { cookie: own }, target: '/robots.txt' })).toBe('anonymous');
    expect(await outcome({ headers: { cookie: own } })).toBe('session_expired');
    local.clock.reset();
    await local.fetch('/.auth/logout', { headers: { cookie: own } });
    expect(await outcome({ headers: { cookie: own }, target: '/robots.txt' })).toBe('anonymous');
    expect(await outcome({ headers: { cookie: own } })).toBe('session_ended');
  });

  it('all of them by /*, tricks apart', async () => {
    const settings = { excludedPaths: ['/*'] };
    expect(await outcome({ settings, target: '/' })).toBe('anonymous');
    expect(await outcome({ settings, target: '/a/b' })).toBe('anonymous');
    expect(await outcome({ settings, target: '/a/../b' })).toBe('not_signed_in');
  });
});

describe('without a session', () => {
  it.each([
    ['redirect', 'not_signed_in', 'not_signed_in'],
    ['allow', 'anonymous', 'anonymous'],
    ['status-401', 'not_signed_in', 'not_signed_in'],
    ['status-403', 'anonymous_refused', 'anonymous_refused'],
    ['status-404', 'not_found', 'not_found'],
  ] as const)('%s means %s', async (unauthenticatedClientAction, toPerson, toScript) => {
    const settings = { unauthenticatedClientAction };
    expect(await outcome({ settings, headers: navigation })).toBe(toPerson);
    expect(await outcome({ settings, headers: script })).toBe(toScript);
    const signIn = signInOf(await admission({ settings, headers: navigation }));
    expect(signIn !== undefined).toBe(unauthenticatedClientAction === 'redirect');
  });

  it.each([
    ['a script', { headers: script }],
    ['a program', { headers: { accept: '*/*' } }],
    ['an old script', { headers: { accept: 'text/html', 'x-requested-with': 'XMLHttpRequest' } }],
    ['a form', { headers: navigation, method: 'POST' }],
  ])('%s is not redirected', async (_, given) => {
    const found = await admission(given);
    expect([found.kind, signInOf(found)]).toEqual(['refused', undefined]);
  });

  it.each([
    ['an old browser', { headers: { accept: 'text/html' } }],
    ['HEAD', { headers: navigation, method: 'HEAD' }],
  ])('%s is', async (_, given) => {
    expect(signInOf(await admission(given))).toMatch(/login/);
  });

  it.each(['/', '/orders', '/orders?id=1&page=2', '/orders?next=https://evil.example/', '/caf%C3%A9'])(
    'the sign-in comes back to %s',
    async (target) => {
      const signIn = signInOf(await admission({ headers: navigation, target })) ?? '';
      expect(signIn).toBe(`${origin}/.auth/login/demo?post_login_redirect_uri=${encodeURIComponent(target)}`);
    },
  );

  it.each(['//evil.example/', '/\\evil.example', '/.//evil.example', '/\t/evil.example', '', `/${'a'.repeat(1000)}`])(
    'the sign-in comes back to the root, not to %j',
    async (target) => {
      const signIn = signInOf(await admission({ headers: navigation, target })) ?? '';
      expect(new URL(signIn).searchParams.get('post_login_redirect_uri')).toBe('/');
    },
  );

  it('several providers are offered on a page, unless one is to be gone to', async () => {
    const [demo] = local.app.settings.providers;
    if (!demo) throw new Error('no provider');
    const providers = [demo, { ...demo, name: 'other' }];
    const path = async (settings: Partial<Settings>) =>
      new URL(signInOf(await admission({ headers: navigation, settings })) ?? '').pathname;
    expect(await path({ providers })).toBe('/.auth/login');
    expect(await path({ providers, redirectToProvider: 'other' })).toBe('/.auth/login/other');
  });
});

describe('a write with the session cookie', () => {
  const elsewhere = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'post', 'get'])(
    'by another site is refused: %s',
    async (method) => {
      expect(await outcome({ method, headers: { cookie, ...elsewhere } })).toBe('cross_site_refused');
    },
  );

  it.each([
    ['by Origin', { origin: 'https://evil.example' }],
    ['by Referer', { referer: 'https://evil.example/page' }],
    ['by a browser that does not say', { 'user-agent': 'Mozilla/5.0' }],
    ['from a page without an origin', { origin: 'null' }],
  ])('is refused %s', async (_, headers) => {
    expect(await outcome({ method: 'POST', headers: { cookie, ...headers } })).toBe('cross_site_refused');
  });

  it('is refused where everybody may come, too', async () => {
    const settings = { unauthenticatedClientAction: 'allow' } as const;
    expect(await outcome({ method: 'POST', headers: { cookie, ...elsewhere }, settings })).toBe('cross_site_refused');
  });

  it('goes on without the user to an excluded path', async () => {
    expect(await outcome({ method: 'POST', headers: { cookie, ...elsewhere }, target: '/public/hook' })).toBe(
      'anonymous',
    );
  });

  it.each([
    ['by a page of the site', { 'sec-fetch-site': 'same-origin' }, 'POST'],
    ['with the origin of the site', { origin }, 'DELETE'],
    ['by a program', {}, 'POST'],
    ['that is none: GET', elsewhere, 'GET'],
    ['that is none: HEAD', elsewhere, 'HEAD'],
    ['that is none: OPTIONS', elsewhere, 'OPTIONS'],
  ])('goes on %s', async (_, headers, method) => {
    expect(await outcome({ method, headers: { cookie, ...headers } })).toBe('signed-in');
  });

  it('is one with the token in a header, which another site cannot send', async () => {
    const token = cookie.slice(cookie.indexOf('=') + 1);
    expect(await outcome({ method: 'POST', headers: { 'x-zumo-auth': token, ...elsewhere } })).toBe('signed-in');
  });
});

describe('while the store is down', () => {
  let down: Partial<App>;
  beforeAll(() => {
    const sasUrl = local.services.environment['WEBSITE_AUTH_TOKEN_CONTAINER_SASURL'] ?? '';
    down = local.another({ WEBSITE_AUTH_TOKEN_CONTAINER_SASURL: sasUrl.replace('/tokens', '/absent') });
  });

  it.each(['redirect', 'allow', 'status-401'] as const)(
    'a session is not taken for nobody: %s',
    async (unauthenticatedClientAction) => {
      const settings = { unauthenticatedClientAction };
      await expect(admission({ headers: { cookie, ...navigation }, settings, app: down })).rejects.toMatchObject({
        row: { status: 503 },
      });
    },
  );

  it('an excluded path is served, and the log says so', async () => {
    local.logged.length = 0;
    expect(await outcome({ headers: { cookie }, target: '/robots.txt', app: down })).toBe('anonymous');
    expect(local.logged).toContainEqual(expect.objectContaining({ event: 'identity_unknown' }));
  });

  it('who has no session is told to sign in', async () => {
    expect(await outcome({ headers: navigation, app: down })).toBe('not_signed_in');
  });
});
