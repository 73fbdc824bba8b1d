import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AppInBrowser, accessToken, appInBrowser, hasChromium, leave, outcome, signIn } from './app-in-browser.ts';

/** As long as a token may have left before the client renews it, in seconds. */
const lead = 300;

describe.skipIf(!hasChromium)('an access token that expires soon, in Chromium', () => {
  let app: AppInBrowser;
  beforeAll(async () => {
    app = await appInBrowser();
  });
  afterAll(() => app?.close());

  let pages: Page[];
  beforeEach(() => {
    pages = [];
  });
  afterEach(async () => {
    app.stack.services.provider.control.clear();
    await app.context.setOffline(false);
    for (const page of pages) await page.close();
  });

  async function open(origin = app.stack.origin): Promise<Page> {
    const page = await app.open(`${origin}/app`, { origin: app.stack.origin });
    pages.push(page);
    return page;
  }
  const refreshes = () => app.stack.services.provider.counters.refreshGrants;
  const counted = () => ({ asked: app.asked('POST refresh'), refreshes: refreshes() });

  /** Two tabs of a user who has just signed in, both with the same token. */
  async function twoTabs(origin?: string): Promise<{ one: Page; other: Page; token: unknown }> {
    const [one, other] = [await open(origin), await open(origin)];
    await signIn(one);
    const { value: token } = await accessToken(one);
    expect(await accessToken(other)).toEqual({ value: token });
    return { one, other, token };
  }

  it.each(['stack', 'neighbour'] as const)('is renewed once by two tabs that race for it: %s', async (where) => {
    const { one, other, token } = await twoTabs(where === 'stack' ? undefined : app.neighbour);
    await leave(lead - 1, one, other);
    const before = counted();
    const [first, second] = await Promise.all([accessToken(one), accessToken(other)]);
    expect(first).toEqual({ value: expect.any(String) });
    expect(second).toEqual(first);
    expect(first.value).not.toBe(token);
    expect(counted()).toEqual({ asked: before.asked + 1, refreshes: before.refreshes + 1 });
  });

  it('is taken from the tab that has renewed it, without another renewal', async () => {
    const { one, other, token } = await twoTabs();
    await leave(lead - 1, one, other);
    const before = counted();
    const renewed = await accessToken(one);
    await expect.poll(() => accessToken(other)).toEqual(renewed);
    expect(renewed.value).not.toBe(token);
    expect(counted()).toEqual({ asked: before.asked + 1, refreshes: before.refreshes + 1 });
  });

  it('is given as it is while it is good for longer', async () => {
    const { one, token } = await twoTabs();
    await leave(lead + 60, one);
    const before = counted();
    expect(await accessToken(one)).toEqual({ value: token });
    expect(counted()).toEqual(before);
  });

  it('tells the listeners of both tabs once it is renewed', async () => {
    const { one, other } = await twoTabs();
    for (const page of [one, other]) await page.evaluate(() => told.splice(0));
    await outcome(one, () => auth.refresh());
    for (const page of [one, other]) {
      await expect.poll(() => page.evaluate(() => told)).toContain('ada@example.com');
    }
  });

  it('is renewed once a tab, and all the same, without Web Locks and BroadcastChannel', async () => {
    const page = await app.context.newPage();
    pages.push(page);
    await page.addInitScript(() => {
      Reflect.deleteProperty(Navigator.prototype, 'locks');
      Reflect.deleteProperty(globalThis, 'BroadcastChannel');
    });
    await page.goto(`${app.stack.origin}/app`);
    await page.evaluate(() => Object.assign(globalThis, { auth: tokenkeep.createClient(), told: [] }));
    expect(await page.evaluate(() => [typeof navigator.locks, typeof BroadcastChannel])).toEqual([
      'undefined',
      'undefined',
    ]);
    const signedIn = await open();
    await signIn(signedIn);
    const { value: token } = await accessToken(page);
    await leave(lead - 1, page);
    const before = counted();
    const three = () => Promise.all([auth.getAccessToken(), auth.getAccessToken(), auth.getAccessToken()]);
    const { value: tokens } = await outcome(page, three);
    expect(new Set(tokens as string[]).size).toBe(1);
    expect(tokens).not.toContain(token);
    expect(counted()).toEqual({ asked: before.asked + 1, refreshes: before.refreshes + 1 });
  });

  it('is renewed though another tab holds the lock for ever', async () => {
    const { one, other, token } = await twoTabs();
    await other.evaluate(() => {
      navigator.locks.request(`tokenkeep ${location.origin}/.auth/`, () => new Promise(() => undefined));
    });
    await leave(lead - 1, one);
    await one.evaluate(() => {
      const { timeout } = AbortSignal;
      AbortSignal.timeout = (milliseconds) => timeout.call(AbortSignal, milliseconds / 10);
    });
    const { value } = await accessToken(one);
    expect(value).toEqual(expect.any(String));
    expect(value).not.toBe(token);
  });

  it('is given while it is good where it cannot be renewed now, and the server is left alone for a while', async () => {
    const { one, token } = await twoTabs();
    await leave(lead - 1, one);
    app.stack.services.provider.control.fail('token', { status: 503, headers: { 'retry-after': '20' } });
    const before = counted();
    expect(await accessToken(one)).toEqual({ value: token });
    expect(await accessToken(one)).toEqual({ value: token });
    expect(counted()).toEqual({ ...before, asked: before.asked + 1 });
  });

  it('is not given once it has expired, and the error says when to try again', async () => {
    const { one } = await twoTabs();
    await leave(-1, one);
    app.stack.services.provider.control.fail('token', { status: 503, headers: { 'retry-after': '20' } });
    const { error } = await accessToken(one);
    expect(error).toMatchObject({ code: 'refresh_unavailable', status: 503 });
    expect(error?.retryAfter).toBeGreaterThan(0);
    expect(error?.retryAfter).toBeLessThanOrEqual(40);
  });

  it('is given while it is good where nobody answers, and no longer', async () => {
    const { one, other, token } = await twoTabs();
    await leave(lead - 1, one);
    await leave(-1, other);
    await app.context.setOffline(true);
    expect(await accessToken(one)).toEqual({ value: token });
    expect((await accessToken(other)).error).toMatchObject({ code: 'network', status: 0 });
  });

  it('is an error where the provider has refused for good', async () => {
    const { one } = await twoTabs();
    await leave(lead - 1, one);
    app.stack.services.provider.control.revokeAllGrants();
    expect((await accessToken(one)).error).toMatchObject({ code: 'refresh_refused', status: 403 });
    expect(await one.evaluate(() => told.at(-1))).toBe('ada@example.com');
  });

  it('is an error where the session has ended, of which the listeners are told', async () => {
    const { one } = await twoTabs();
    await leave(lead - 1, one);
    await one.evaluate(() => fetch('/.auth/logout', { method: 'POST' }));
    expect((await accessToken(one)).error).toMatchObject({ code: 'not_signed_in', status: 401 });
    expect(await one.evaluate(() => told.at(-1))).toBe('not_signed_in');
  });
});
