import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../../shared/token-store/session.ts';
import { type LocalApp, localApp, origin, signedIn } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { sessionIdIn, storedSession } from '../../fixtures/stored.ts';

const hostile = `"><script>alert('x')</script><b>&`;
const escaped = '&#34;&#62;&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;&#60;b&#62;&#38;';
const navigation = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

let local: LocalApp;
let cookie: string;
beforeAll(async () => {
  local = await localApp({
    further: ['second'],
    settings: (settings) => ({
      ...settings,
      browser: { ...settings.browser, allowedOrigins: ['https://spa.example'] },
      signInPage: { title: 'Orders', logoUrl: 'https://cdn.example/logo.svg', accentColor: '#bb0000' },
      backends: [
        {
          name: 'reports',
          title: `Reports ${hostile}`,
          purpose: `sends what you have spent ${hostile}`,
          issuer: 'https://issuer.example',
          audiences: ['tokens'],
          applicationId: 'reports',
          scope: 'tokens.read',
          providers: new Map([['demo', ['openid', `read${hostile}`]]]),
          tokensPerHour: 60,
        },
      ],
    }),
  });
  ({ cookie } = await signedIn(local));
});
afterAll(() => local.close());

const stored = () => storedSession(local.app, sessionIdIn(cookie));
const change = (changes: (session: Session) => Partial<Session>) =>
  local.app.amend(sessionIdIn(cookie), (session) => ({ ...session, ...changes(session) }));
const open = (query = '', headers: Record<string, string> = { cookie }) =>
  local.fetch(`/.auth/account${query}`, { headers: { ...navigation, ...headers } });
const text = async (query = '') => (await open(query)).text();

function post(fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
  const all = { cookie, origin, 'content-type': 'application/x-www-form-urlencoded', ...headers };
  return local.fetch('/.auth/account', {
    method: 'POST',
    redirect: 'manual',
    headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')),
    body: new URLSearchParams(fields).toString(),
  });
}

/** Puts an account of the other provider into the session. */
async function connect(): Promise<void> {
  await change(({ entries }) => ({
    entries: {
      ...entries,
      ...(entries['demo'] && {
        second: {
          ...entries['demo'],
          claims: { sub: 'x', email: hostile },
          scopes: ['mail', `send${hostile}`],
          connectedAt: Date.UTC(2026, 6, 14, 9, 5) / 1000,
        },
      }),
    },
  }));
}

describe('the page', () => {
  it('says who is signed in, and leads to the sign-out', async () => {
    const page = await text();
    expect(page).toContain('Signed in as <strong>ada@example.com</strong> with ');
    expect(page).toContain('<a class="button" href="/.auth/logout">Sign out here</a>');
  });

  it('has one button for each other session of the user, whose name tells it from its like', async () => {
    const [one, other] = [await signedIn(local), await signedIn(local)];
    const page = await text();
    expect(page.match(/This is where you are now/g)).toHaveLength(1);
    for (const id of [sessionIdIn(one.cookie), sessionIdIn(other.cookie)]) {
      expect(page).toContain(`name="id" value="${id}"`);
    }
    expect(page).not.toContain(sessionIdIn(cookie));
    expect(page).toMatch(
      /<button>Sign out<span class="unseen"> of unknown app, signed in <time datetime="[\d-]+T[\d:]+\.000Z">[A-Z][a-z]{2} \d+, \d{4}, \d\d:\d\d<\/time><\/span><\/button>/,
    );
    await post({ action: 'end-session', id: sessionIdIn(one.cookie) });
    await post({ action: 'end-session', id: sessionIdIn(other.cookie) });
  });

  it('has links to connect the other providers, which come back to it', async () => {
    expect(await text()).toContain(
      'href="/.auth/login/second?connect=1&#38;post_login_redirect_uri=%2F.auth%2Faccount">Connect ',
    );
  });

  it('shows connected accounts with what they may do, and offers them no more', async () => {
    await connect();
    const page = await text();
    expect(page).toContain('<li>mail</li>');
    expect(page).toContain('<time datetime="2026-07-14T09:05:00.000Z">Jul 14, 2026, 09:05</time>');
    expect(page).toContain('name="provider" value="second"');
    expect(page).not.toContain('connect=1');
  });

  it('shows what backends want, and what they did', async () => {
    const at = Date.UTC(2026, 6, 14, 9, 5) / 1000;
    const use = { backend: 'reports', provider: 'demo', purpose: 'July report', firstAt: at - 9, lastAt: at };
    await change(() => ({
      uses: [
        { ...use, count: 3 },
        { ...use, purpose: 'August report', count: 1 },
      ],
    }));
    const page = await text();
    expect(page).toContain('sends what you have spent');
    expect(page).toContain(', 3 times, last <time datetime="2026-07-14T09:05:00.000Z">');
    expect(page).toContain(', once, <time ');
    expect(page).toContain('You do not allow this.');
  });

  it('contains no markup but its own, whatever devices, users, scopes, backends and purposes are called', async () => {
    await connect();
    const sibling = await signedIn(local);
    await local.app.amend(sessionIdIn(sibling.cookie), (session) => ({ ...session, device: hostile }));
    const at = 1_790_000_000;
    const use = { backend: 'reports', provider: 'demo', purpose: hostile, firstAt: at, lastAt: at, count: 1 };
    await change(() => ({ device: hostile, uses: [use], consents: { reports: { at } } }));
    const page = await text();
    expect(page).not.toContain('<script');
    expect(page).not.toContain('<b>');
    // Two devices, the button of one, the user, a scope granted, a scope wanted, a purpose, a title, its button, a use.
    expect(page.split(escaped).length - 1).toBeGreaterThanOrEqual(10);
    await change(() => ({ device: 'curl', uses: [], consents: {} }));
    await post({ action: 'end-session', id: sessionIdIn(sibling.cookie) });
  });

  it('runs no script, is framed by nobody, and sends forms to its own origin alone', async () => {
    const response = await open();
    const policy = response.headers.get('content-security-policy')?.split('; ');
    for (const one of ["script-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"]) {
      expect(policy).toContain(one);
    }
    expect(response.headers.get('cache-control')).toBe('no-store');
    // Else browsers do not say where its forms come from.
    expect(response.headers.get('referrer-policy')).toBe('same-origin');
  });

  it('has the logo and the colour of the sign-in page', async () => {
    const response = await open();
    expect(response.headers.get('content-security-policy')).toContain('img-src https://cdn.example/logo.svg;');
    expect(await response.text()).toContain('border-left: .35rem solid #bb0000');
  });

  it('changes nothing by being opened, whatever its address says', async () => {
    const before = await stored();
    await text(`?action=end-all&done=end-session&id=${before.id}`);
    expect(await stored()).toEqual(before);
  });

  it('says what an action has brought about, and nothing that an address makes up', async () => {
    expect(await text('?done=disconnect')).toContain('<p role="status">The account is no longer connected.</p>');
    for (const query of ['', '?done=toString', '?done=You%20have%20won', '?done=end-all']) {
      expect(await text(query)).not.toContain('role="status"');
    }
  });

  it('leads whoever is not signed in to the sign-in, and from there back', async () => {
    for (const headers of [{}, { cookie: 'AppServiceAuthSession=x' }] as Record<string, string>[]) {
      const response = await open('', headers);
      expect(response.status).toBe(401);
      expect(await response.text()).toContain(
        '<a href="/.auth/login?post_login_redirect_uri=%2F.auth%2Faccount">Sign in</a>',
      );
    }
  });

  it('is opened by no token in a header', async () => {
    const token = cookie.slice(cookie.indexOf('=') + 1);
    const response = await local.fetch('/.auth/account', { headers: { 'x-zumo-auth': token, cookie } });
    expect((await problemIn(response)).code).toBe('not_signed_in');
  });
});

describe('a button', () => {
  it('ends another session, and the page says so', async () => {
    const sibling = await signedIn(local);
    const response = await post({ action: 'end-session', id: sessionIdIn(sibling.cookie) });
    expect([response.status, response.headers.get('location')]).toEqual([
      303,
      `${origin}/.auth/account?done=end-session`,
    ]);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect((await local.fetch('/.auth/me', { headers: { cookie: sibling.cookie } })).status).toBe(401);
    expect(await text('?done=end-session')).toContain('<p role="status">That session has ended.</p>');
  });

  it('pressed twice does no harm', async () => {
    const sibling = await signedIn(local);
    await post({ action: 'end-session', id: sessionIdIn(sibling.cookie) });
    expect((await post({ action: 'end-session', id: sessionIdIn(sibling.cookie) })).status).toBe(303);
    await connect();
    await post({ action: 'disconnect', provider: 'second' });
    expect((await post({ action: 'disconnect', provider: 'second' })).status).toBe(303);
  });

  it('ends no session of somebody else', async () => {
    const browser = local.browser();
    await browser.signIn(`${origin}/.auth/login/demo`, { account: 'bo@example.com' });
    const theirs = `AppServiceAuthSession=${browser.cookies(`${origin}/`)['AppServiceAuthSession']}`;
    await post({ action: 'end-session', id: sessionIdIn(theirs) });
    expect((await local.fetch('/.auth/me', { headers: { cookie: theirs } })).status).toBe(200);
  });

  it('removes a connected account', async () => {
    await connect();
    const response = await post({ action: 'disconnect', provider: 'second' });
    expect(response.headers.get('location')).toBe(`${origin}/.auth/account?done=disconnect`);
    expect(Object.keys((await stored()).entries)).toEqual(['demo']);
  });

  it('gives and withdraws consent', async () => {
    const given = await post({ action: 'consent-give', backend: 'reports' });
    expect(given.headers.get('location')).toBe(`${origin}/.auth/account?done=consent-give`);
    expect(Object.keys((await stored()).consents ?? {})).toEqual(['reports']);
    expect(await text()).toContain('You have allowed this since <time ');
    const withdrawn = await post({ action: 'consent-withdraw', backend: 'reports' });
    expect(withdrawn.headers.get('location')).toBe(`${origin}/.auth/account?done=consent-withdraw`);
    expect((await stored()).consents).toEqual({});
  });

  it.each([
    {},
    { action: 'end-session' },
    { action: 'toString' },
    { action: 'disconnect' },
    { action: 'consent-give' },
  ])('that the page does not have does nothing: %j', async (fields) => {
    const before = await stored();
    const response = await post(fields as Record<string, string>);
    expect((await problemIn(response)).code).toBe('request_malformed');
    expect(await stored()).toEqual(before);
  });

  it.each([
    ['of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['of another site, in an old browser', { origin: 'https://evil.example' }],
    ['of a page without an origin', { origin: 'null' }],
    ['of an origin that may call the API', { origin: 'https://spa.example' }],
    ['of a program that says nothing', { origin: '' }],
  ])('%s does nothing', async (_what, headers) => {
    const sibling = await signedIn(local);
    for (const fields of [{ action: 'end-all' }, { action: 'end-session', id: sessionIdIn(sibling.cookie) }]) {
      const response = await post(fields, headers);
      expect((await problemIn(response)).code).toBe('cross_site_refused');
      expect(response.headers.getSetCookie()).toEqual([]);
    }
    for (const one of [cookie, sibling.cookie]) {
      expect((await local.fetch('/.auth/me', { headers: { cookie: one } })).status).toBe(200);
    }
  });

  it('with a token in a header does nothing', async () => {
    const token = cookie.slice(cookie.indexOf('=') + 1);
    const response = await post({ action: 'end-all' }, { 'x-zumo-auth': token });
    expect((await problemIn(response)).code).toBe('not_signed_in');
    expect((await stored()).id).toBe(sessionIdIn(cookie));
  });

  it('ends the very session that presses it, with its cookie', async () => {
    const mine = await signedIn(local);
    const response = await post({ action: 'end-session', id: sessionIdIn(mine.cookie) }, { cookie: mine.cookie });
    expect(response.headers.get('location')).toBe(`${origin}/.auth/logout/complete`);
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^AppServiceAuthSession=; .*Max-Age=0/)]);
    expect((await local.fetch('/.auth/me', { headers: { cookie: mine.cookie } })).status).toBe(401);
  });

  it('signs out everywhere', async () => {
    const sibling = await signedIn(local);
    const response = await post({ action: 'end-all' });
    expect([response.status, response.headers.get('location')]).toEqual([303, `${origin}/.auth/logout/complete`]);
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^AppServiceAuthSession=; .*Max-Age=0/)]);
    for (const one of [cookie, sibling.cookie]) {
      expect((await local.fetch('/.auth/me', { headers: { cookie: one } })).status).toBe(401);
    }
  });
});
