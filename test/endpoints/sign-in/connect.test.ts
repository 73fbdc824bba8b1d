import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { handle } from '../../../shared/endpoints/handle.ts';
import { callback } from '../../../shared/endpoints/sign-in/callback.ts';
import { connectionOf } from '../../../shared/token-store/epoch.ts';
import type { Entry } from '../../../shared/token-store/session.ts';
import { connectingBrowser } from '../../fixtures/connecting-browser.ts';
import { faultyEngine } from '../../fixtures/engine.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { refreshingProvider } from '../../fixtures/refreshing-provider.ts';
import { sessionIdIn, storedSession } from '../../fixtures/stored.ts';
import { aSession } from '../../token-store/sessions.ts';

const [ada, bo, zoe] = ['ada@example.com', 'bo@example.com', 'zoe@example.com'];
const start = '/.auth/login/second?connect=1';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp({
    further: ['second'],
    environment: { TOKENKEEP_ALLOWED_ORIGINS: 'https://spa.example' },
  });
});
afterEach(async () => {
  local.clock.reset();
  local.services.provider.control.clear();
  for (const session of await everySession()) await local.app.store.end(session);
});
afterAll(() => local.close());

async function everySession() {
  const ids = new Set<string>();
  for await (const name of local.app.container.list('sessions/')) ids.add(name.slice('sessions/'.length));
  return Promise.all([...ids].map((id) => storedSession(local.app, id as Parameters<typeof storedSession>[1])));
}

const codeOf = async (response: Response) => (await problemIn(response)).code;
const counters = () => ({ ...local.services.provider.counters });
async function nameOf({ issuer, subject }: Entry) {
  return connectionOf(await local.app.ring.newest(), 'second', issuer, subject);
}

describe('a connected account', () => {
  it('is an entry of the same session, whose cookie stays as it is', async () => {
    const tab = await connectingBrowser(local);
    const [before, cookie] = [await tab.session(), tab.cookie()];
    const response = await tab.connect(bo, { post_login_redirect_uri: '/account?tab=accounts' });
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe(`${origin}/account?tab=accounts`);
    expect(response.headers.getSetCookie().join()).not.toContain('AppServiceAuthSession');
    expect(tab.cookie()).toBe(cookie);
    const { entries, connected, visitAt: _, movedFrom: _from, ...after } = await tab.session();
    expect(before).toMatchObject(after);
    expect(entries['demo']).toEqual(before.entries['demo']);
    const second = entries['second'] ?? expect.fail('nothing is connected');
    expect(second).toMatchObject({ subject: 'demo-1002', claims: { email: bo }, failures: 0, history: [] });
    expect(second.refreshToken).toBeDefined();
    expect(second.connectedAt).toBeGreaterThanOrEqual(before.signedInAt);
    expect(connected).toEqual([await nameOf(second)]);
    const event = { event: 'account_connected', session: after.id, provider: 'second' };
    expect(local.logged).toContainEqual(expect.objectContaining(event));
  });

  it('is shown by me beside the sign-in, and can be refreshed', async () => {
    const tab = await connectingBrowser(local);
    await tab.connect(bo);
    const headers = { cookie: tab.cookie() };
    const me = await (await local.fetch('/.auth/me', { headers })).json();
    expect(me.map(({ user_id }: { user_id: string }) => user_id)).toEqual([ada, bo]);
    const before = (await tab.session()).entries['second'];
    expect((await local.fetch('/.auth/refresh?provider=second', { headers })).status).toBe(200);
    expect((await tab.session()).entries['second']?.refreshToken?.reveal()).not.toBe(before?.refreshToken?.reveal());
  });

  it('is what an account is called by that two users’ browsers connect at the same time: never both', async () => {
    const tabs = await Promise.all([ada, zoe].map((one) => connectingBrowser(local, one)));
    const callbacks = await Promise.all(tabs.map((tab) => tab.authorize(bo)));
    const answers = await Promise.all(tabs.map((tab, at) => tab.open(callbacks[at] ?? '')));
    const sessions = await Promise.all(tabs.map((tab) => tab.session()));
    const connected = sessions.filter(({ entries }) => entries['second']);
    expect(connected.length).toBeLessThanOrEqual(1);
    for (const [at, answer] of answers.entries()) {
      const session = sessions[at];
      if (session?.entries['second']) expect(answer.status).toBe(302);
      else {
        expect(await codeOf(answer)).toBe('connection_taken');
        expect(session?.connected).toEqual([]);
      }
    }
  });

  it('is not overlooked among many sessions of one who tries to connect it as often at once', async () => {
    const first = await connectingBrowser(local);
    await first.connect(bo);
    const account = await nameOf((await first.session()).entries['second'] ?? expect.fail('not connected'));
    const other = await connectingBrowser(local, zoe);
    const { user } = await other.session();
    const tries = { user, entries: {}, connected: [account] };
    const later = Array.from({ length: 55 }, (_, index) => aSession(local.clock.now() + (index + 1) * 60_000, tries));
    await Promise.all(later.map((session) => local.app.store.create(session)));
    expect(await codeOf(await other.connect(bo))).toBe('connection_taken');
    expect(Object.keys((await other.session()).entries)).toEqual(['demo']);
  });

  it('of another user is taken, and stays where it is; the tokens that came are revoked', async () => {
    const first = await connectingBrowser(local);
    await first.connect(bo);
    const before = await first.session();
    const other = await connectingBrowser(local, zoe);
    const { revocations } = counters();
    expect(await codeOf(await other.connect(bo))).toBe('connection_taken');
    expect(counters().revocations).toBe(revocations + 1);
    expect((await other.session()).entries).not.toHaveProperty('second');
    expect((await other.session()).connected).toEqual([]);
    expect((await first.session()).entries).toEqual(before.entries);
  });

  it('may be connected in several sessions of its user', async () => {
    const tabs = [await connectingBrowser(local), await connectingBrowser(local)];
    for (const tab of tabs) expect((await tab.connect(bo)).status).toBe(302);
    for (const tab of tabs) expect((await tab.session()).entries['second']?.subject).toBe('demo-1002');
  });

  it('opens nothing: by signing in with it or by its token one gets at its own session, never at that one', async () => {
    const tab = await connectingBrowser(local);
    await tab.connect(bo);
    const { entries, connected } = await tab.session();
    const [name] = connected ?? [];
    expect(await local.app.store.newestOf(name ?? expect.fail('nothing is connected'))).toBeUndefined();
    const headers = { authorization: `Bearer ${entries['second']?.idToken?.reveal()}` };
    expect(await codeOf(await local.fetch('/.auth/me', { headers }))).toBe('session_ended');

    const own = await connectingBrowser(local, zoe);
    await own.signIn(bo, 'second');
    expect((await own.session()).sid).not.toBe((await tab.session()).sid);
    expect(Object.keys((await own.session()).entries)).toEqual(['second']);
    const me = await (await local.fetch('/.auth/me', { headers })).json();
    expect(me.map(({ user_id }: { user_id: string }) => user_id)).toEqual([bo]);
  });

  it('is not lost over two at once, nor is the other', async () => {
    const tab = await connectingBrowser(local);
    const addresses = [await tab.authorize(bo), await tab.authorize(bo), await tab.authorize(ada, {}, 'demo')];
    const answers = await Promise.all(addresses.map((one) => tab.open(one)));
    expect(answers.map(({ status }) => status)).toEqual([302, 302, 302]);
    const { entries, connected } = await tab.session();
    expect(Object.keys(entries)).toEqual(['demo', 'second']);
    expect(connected).toHaveLength(1);
  });

  it('and a refresh of the sign-in that is under way both last', async () => {
    const tab = await connectingBrowser(local);
    const { id, entries } = await tab.session();
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const slow = refreshingProvider(local.app, async (genuine) => {
      asked.resolve();
      await answer.promise;
      return genuine();
    });
    const refreshing = faultyEngine(local.app, {}, slow).refresh({ id, cause: 'request' });
    await asked.promise;
    const connecting = tab.connect(bo);
    answer.resolve();
    expect((await refreshing).status).toBe('refreshed');
    expect((await connecting).status).toBe(302);
    const after = (await tab.session()).entries;
    expect(after['second']).toBeDefined();
    expect(after['demo']?.refreshToken?.reveal()).not.toBe(entries['demo']?.refreshToken?.reveal());
  });
});

describe('connecting is refused', () => {
  it.each([
    ['session_mode=token', '&session_mode=token'],
    ['a code', `&code_challenge=${'A'.repeat(43)}&code_challenge_method=S256`],
    ['a window of its own', `&completion_type=postMessage&completion_origin=${origin}`],
    ['anything but 1', '&connect=yes'],
  ])('with %s: request_malformed', async (_case, more) => {
    const tab = await connectingBrowser(local);
    const path = more.startsWith('&connect') ? `/.auth/login/second?${more}` : start + more;
    const response = await local.fetch(path, { headers: { cookie: tab.cookie() } });
    expect(await codeOf(response)).toBe('request_malformed');
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it('without a session, and with one that a header carries, which the browser will not bring to the callback', async () => {
    expect(await codeOf(await local.fetch(start))).toBe('not_signed_in');
    const tab = await connectingBrowser(local);
    const token = tab.cookie().split('=')[1] ?? '';
    for (const headers of [{ 'x-zumo-auth': token }, { authorization: `Bearer ${token}` }]) {
      expect(await codeOf(await local.fetch(start, { headers }))).toBe('not_signed_in');
    }
  });

  it.each([
    ['a link on another site', { 'sec-fetch-site': 'cross-site', referer: 'https://evil.example/' }, false],
    ['a link on another site that hides itself', { 'sec-fetch-site': 'cross-site' }, false],
    ['an image of a page of the app', { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'image' }, false],
    ['a page of the app', { 'sec-fetch-site': 'same-origin', referer: `${origin}/account` }, true],
    ['a page that may call the app', { 'sec-fetch-site': 'cross-site', referer: 'https://spa.example/' }, true],
  ])('or not, where it begins by %s', async (_case, headers, passes) => {
    const tab = await connectingBrowser(local);
    const visit = { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'document', cookie: tab.cookie(), ...headers };
    const response = await local.fetch(start, { headers: visit });
    expect(passes ? response.status : await codeOf(response)).toBe(passes ? 302 : 'cross_site_refused');
    expect(response.headers.getSetCookie()).toHaveLength(passes ? 1 : 0);
  });

  it('where another account of the provider is connected, or is the sign-in; the tokens that came are revoked', async () => {
    const tab = await connectingBrowser(local);
    await tab.connect(bo);
    const before = await tab.session();
    const { revocations } = counters();
    expect(await codeOf(await tab.connect(zoe))).toBe('connection_other_account');
    expect(await codeOf(await tab.connect(zoe, {}, 'demo'))).toBe('connection_other_account');
    expect(counters().revocations).toBe(revocations + 2);
    expect(await tab.session()).toMatchObject({ entries: before.entries, connected: before.connected });
  });
});

describe('the callback', () => {
  it('of another browser finishes nothing', async () => {
    const tab = await connectingBrowser(local);
    const address = await tab.authorize(bo);
    const { codeGrants } = counters();
    const victim = await connectingBrowser(local, zoe);
    expect(await codeOf(await victim.open(address))).toBe('sign_in_state_invalid');
    expect(counters().codeGrants).toBe(codeGrants + 1);
    expect((await victim.session()).entries).not.toHaveProperty('second');
  });

  it.each([
    ['has signed out', async ({ signOut }: { signOut: () => Promise<unknown> }) => signOut(), 0],
    [
      'has signed in as somebody else',
      async ({ signIn }: { signIn: (as: string) => Promise<unknown> }) => signIn(zoe),
      1,
    ],
    ['has signed in anew', async ({ signIn }: { signIn: (as: string) => Promise<unknown> }) => signIn(ada), 1],
  ])('of a browser whose user %s meanwhile connects nothing, and redeems nothing', async (_case, meanwhile, grants) => {
    const tab = await connectingBrowser(local);
    const address = await tab.authorize(bo);
    const { codeGrants } = counters();
    await meanwhile({
      signIn: (as) => tab.signIn(as),
      signOut: () => tab.browser.getOnly(`${origin}/.auth/logout`),
    });
    const response = await tab.open(address);
    expect(await codeOf(response)).toBe('connection_session_changed');
    expect(counters().codeGrants).toBe(codeGrants + grants);
    for (const { entries } of await everySession()) expect(entries).not.toHaveProperty('second');
    expect(Object.keys(tab.attempts())).toEqual([]);
  });

  it('of a sign-in cannot be made one that connects', async () => {
    const tab = await connectingBrowser(local);
    const before = await tab.session();
    const address = await tab.authorize(bo, { connect: '' });
    address.searchParams.set('connect', '1');
    const response = await tab.open(address);
    expect(response.headers.getSetCookie().join()).toContain('AppServiceAuthSession=');
    expect(await tab.session()).toMatchObject({ provider: 'second' });
    expect((await tab.session()).user).not.toBe(before.user);
  });

  it('that connects cannot be made a sign-in', async () => {
    const tab = await connectingBrowser(local);
    const address = await tab.authorize(bo);
    const sessions = (await everySession()).length;
    address.searchParams.set('connect', '0');
    const response = await tab.open(address);
    expect(response.headers.getSetCookie().join()).not.toContain('AppServiceAuthSession=');
    expect(await everySession()).toHaveLength(sessions);
  });

  it('is good once', async () => {
    const tab = await connectingBrowser(local);
    const address = await tab.authorize(bo);
    await tab.open(address);
    expect(await codeOf(await tab.open(address))).toBe('sign_in_state_invalid');
  });

  it('comes again from a page of the app where the provider’s site has kept a Strict cookie back', async () => {
    const tab = await connectingBrowser(local);
    const address = await tab.authorize(bo);
    const { pathname, search } = address;
    const strict = local.another({ TOKENKEEP_COOKIE_SAMESITE: 'Strict' });
    const attempt = Object.entries(tab.attempts()).map(([name, value]) => `${name}=${value}`);
    const visit = (site: string, cookies: string[]) =>
      handle(
        callback,
        new Request(address, {
          headers: { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', cookie: cookies.join('; ') },
        }),
        strict,
      );
    const bounced = await visit('cross-site', attempt);
    expect(bounced.status).toBe(200);
    expect(bounced.headers.get('refresh')).toBe(`0;url=${origin}${pathname}${search}`);
    expect(bounced.headers.getSetCookie()).toEqual([]);
    expect((await visit('same-origin', [...attempt, tab.cookie()])).status).toBe(302);
    expect((await storedSession(local.app, sessionIdIn(tab.cookie()))).entries).toHaveProperty('second');
  });
});
