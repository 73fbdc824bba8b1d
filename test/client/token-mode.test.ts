import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type AppInBrowser,
  accessToken,
  appInBrowser,
  hasChromium,
  leave,
  makeClients,
  outcome,
  signIn,
} from './app-in-browser.ts';

describe.skipIf(!hasChromium)('the client with a session token of its own, on another site, in Chromium', () => {
  let app: AppInBrowser;
  let page: Page;
  let options: { origin: string; mode: 'token'; provider: string };
  beforeAll(async () => {
    app = await appInBrowser();
    options = { origin: app.stack.origin, mode: 'token', provider: 'demo' };
  });
  afterAll(() => app?.close());
  beforeEach(async () => {
    page = await app.open(`${app.foreigner}/app?x=1#here`, options);
  });
  afterEach(async () => {
    for (const each of app.context.pages().slice(1)) await each.close();
  });

  const sessionToken = (tab: Page) =>
    tab.evaluate((base) => sessionStorage.getItem(`tokenkeep ${base}/.auth/`), app.stack.origin);
  const refreshes = () => app.stack.services.provider.counters.refreshGrants;
  /** Status of `me` for a session token. */
  const statusOf = async (token: string | null) =>
    (await fetch(`${app.stack.origin}/.auth/me`, { headers: { 'x-zumo-auth': token ?? '' } })).status;

  it('knows without asking that nobody is signed in', async () => {
    const before = app.asked('GET me');
    expect(await outcome(page, () => auth.me())).toEqual({});
    expect((await accessToken(page)).error).toMatchObject({ code: 'not_signed_in', status: 401 });
    expect(app.asked('GET me')).toBe(before);
  });

  it('takes the session token out of the address, keeps it in the tab, and sends it as a header', async () => {
    const written: string[] = [];
    page.on('console', (message) => written.push(message.text()));
    page.on('request', (request) => written.push(request.url()));
    await signIn(page);
    expect(page.url()).toBe(`${app.foreigner}/app?x=1`);
    expect(await page.evaluate(() => told)).toEqual(['ada@example.com']);
    const token = await sessionToken(page);
    expect(await statusOf(token)).toBe(200);
    expect(await page.evaluate(() => [document.cookie, localStorage.length])).toEqual(['', 0]);
    const cookies = await app.context.cookies(app.stack.origin);
    expect(cookies.map(({ name }) => name)).not.toContain('AppServiceAuthSession');
    await page.reload();
    const { value } = await accessToken(page);
    expect(written.length).toBeGreaterThan(0);
    for (const secret of [token, value]) expect(written.join()).not.toContain(secret);
  });

  it('replaces the session token by the one that a refresh gives', async () => {
    await signIn(page);
    const before = await sessionToken(page);
    const { value } = await outcome(page, () => auth.refresh());
    expect(value).toMatchObject([{ user_id: 'ada@example.com' }]);
    const after = await sessionToken(page);
    expect(after).not.toBe(before);
    expect(await statusOf(after)).toBe(200);
  });

  it('takes no session token that it has not asked for, and leaves none in the address', async () => {
    await signIn(page);
    const reply = encodeURIComponent(JSON.stringify({ authenticationToken: await sessionToken(page) }));
    const lured = await app.open(`${app.foreigner}/app#token=${reply}`, options);
    expect(lured.url()).toBe(`${app.foreigner}/app`);
    expect(await outcome(lured, () => auth.me())).toEqual({});
  });

  it.each(['#token=of-the-page', '#error=of-the-page', '#%'])('leaves what is the page’s own: %s', async (hash) => {
    const own = await app.open(`${app.foreigner}/app${hash}`, options);
    expect(own.url()).toBe(`${app.foreigner}/app${hash}`);
  });

  it('tells once why a sign-in failed, and takes that out of the address too', async () => {
    app.stack.services.provider.control.fail('token', { status: 400, body: { error: 'invalid_grant' }, times: 1 });
    await page.evaluate(() => auth.signIn());
    const account = page.getByRole('button', { name: 'ada@example.com' });
    const hasCome = () => page.url().startsWith(app.foreigner) && !page.url().includes('#here');
    await expect
      .poll(async () => {
        if (await account.isVisible()) await account.click();
        return hasCome();
      })
      .toBe(true);
    await page.waitForURL(`${app.foreigner}/app?x=1`);
    const { error } = await outcome(page, () => auth.me());
    expect(error).toMatchObject({ code: 'sign_in_failed', message: expect.stringMatching(/\w+ \w+/) });
    expect(await outcome(page, () => auth.me())).toEqual({});
  });

  it('signs out at the server, tells its listeners, and stays on the page', async () => {
    await signIn(page);
    const token = await sessionToken(page);
    expect(await outcome(page, () => auth.signOut())).toEqual({});
    expect(page.url()).toBe(`${app.foreigner}/app?x=1`);
    expect(await page.evaluate(() => told.at(-1))).toBe('signed out');
    expect(await sessionToken(page)).toBeNull();
    expect(await statusOf(token)).toBe(401);
  });

  it('lands where a sign-out is told to', async () => {
    await signIn(page);
    await page.evaluate(() => auth.signOut({ redirectTo: '/bye' }));
    await page.waitForURL(`${app.foreigner}/bye`);
  });

  it('runs no script that it is told to land at, and stays signed in', async () => {
    await signIn(page);
    const token = await sessionToken(page);
    const { error } = await outcome(page, () => auth.signOut({ redirectTo: ' JavaScript:document.title = "evil"' }));
    expect(error).toMatchObject({ code: 'redirect_not_allowed' });
    expect(await page.title()).not.toBe('evil');
    expect(await sessionToken(page)).toBe(token);
  });

  it('stays signed in where the sign-out does not get through', async () => {
    await signIn(page);
    const token = await sessionToken(page);
    await app.context.setOffline(true);
    const { error } = await outcome(page, () => auth.signOut());
    await app.context.setOffline(false);
    expect(error).toMatchObject({ code: 'network' });
    expect(await sessionToken(page)).toBe(token);
  });

  it('forgets a session that has ended', async () => {
    await signIn(page);
    const headers = { 'x-zumo-auth': (await sessionToken(page)) ?? '' };
    await fetch(`${app.stack.origin}/.auth/logout`, { method: 'POST', headers, redirect: 'manual' });
    expect(await outcome(page, () => auth.me())).toEqual({});
    expect(await sessionToken(page)).toBeNull();
    expect(await page.evaluate(() => told.at(-1))).toBe('session_ended');
  });

  it('is signed in on its own in each tab, but for one that it has opened itself', async () => {
    await signIn(page);
    const stranger = await app.open(`${app.foreigner}/app`, options);
    expect(await outcome(stranger, () => auth.me())).toEqual({});
    const opening = page.waitForEvent('popup');
    await page.evaluate(() => open('/app'));
    const copy = await opening;
    await copy.waitForLoadState();
    expect(await sessionToken(copy)).toBe(await sessionToken(page));
  });

  it('renews a token once where two tabs of one session race for it', async () => {
    await signIn(page);
    const opening = page.waitForEvent('popup');
    await page.evaluate(() => open('about:blank'));
    const copy = await opening;
    await makeClients(copy, options);
    await copy.goto(`${app.foreigner}/app`);
    const { value: token } = await accessToken(page);
    expect(await accessToken(copy)).toEqual({ value: token });
    await leave(299, page, copy);
    const before = { asked: app.asked('POST refresh'), refreshes: refreshes() };
    const [first, second] = await Promise.all([accessToken(page), accessToken(copy)]);
    expect(first).toEqual({ value: expect.any(String) });
    expect(second).toEqual(first);
    expect(first.value).not.toBe(token);
    expect({ asked: app.asked('POST refresh'), refreshes: refreshes() }).toEqual({
      asked: before.asked + 1,
      refreshes: before.refreshes + 1,
    });
  });
});
