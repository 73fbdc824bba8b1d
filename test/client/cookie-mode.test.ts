import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppInBrowser, accessToken, appInBrowser, hasChromium, outcome, signIn } from './app-in-browser.ts';

describe.skipIf(!hasChromium)('the client with the session cookie, in Chromium', () => {
  let app: AppInBrowser;
  beforeAll(async () => {
    app = await appInBrowser();
  });
  afterAll(() => app?.close());

  describe.each(['stack', 'neighbour'] as const)('on a page of %s', (where) => {
    let origin: string;
    let page: Page;
    let other: Page;
    const toldTo = (tab: Page) => tab.evaluate(() => told);
    beforeAll(async () => {
      origin = where === 'stack' ? app.stack.origin : app.neighbour;
      const options = { origin: app.stack.origin, provider: 'demo' };
      page = await app.open(`${origin}/app?x=1#here`, options);
      other = await app.open(`${origin}/app`, options);
    });
    afterAll(async () => {
      await page.close();
      await other.close();
    });

    it('says that nobody is signed in, and where to', async () => {
      expect(await outcome(page, () => auth.me())).toEqual({});
      expect(await outcome(other, () => auth.me())).toEqual({});
      const login = `${app.stack.origin}/.auth/login/demo`;
      expect((await accessToken(page)).error).toMatchObject({ code: 'not_signed_in', status: 401, login });
      expect(await toldTo(page)).toEqual(['not_signed_in']);
    });

    it('signs in, comes back to where it was, and tells the other tab', async () => {
      await signIn(page);
      expect(page.url()).toBe(`${origin}/app?x=1#here`);
      expect(await toldTo(page)).toEqual(['ada@example.com']);
      await expect.poll(() => toldTo(other)).toEqual(['not_signed_in', 'ada@example.com']);
    });

    it('gives the access token that the server has, and asks no more for a while', async () => {
      const entries = (await outcome(page, () => auth.me())).value as { access_token: string }[];
      expect(entries).toHaveLength(1);
      expect(await accessToken(page)).toEqual({ value: entries[0]?.access_token });
      const before = app.asked('GET me');
      expect(await accessToken(page)).toEqual({ value: entries[0]?.access_token });
      expect(app.asked('GET me')).toBe(before);
      expect(app.asked('POST refresh')).toBe(where === 'stack' ? 0 : 1);
    });

    it('gives no token of a provider that the user has not signed in with', async () => {
      const { error } = await outcome(page, () => auth.getAccessToken({ provider: 'nobody' }));
      expect(error).toMatchObject({ code: 'no_access_token', status: 0 });
    });

    it('renews when told to', async () => {
      const [before] = (await outcome(page, () => auth.me())).value as { access_token: string }[];
      const [after] = (await outcome(page, () => auth.refresh())).value as { access_token: string }[];
      expect(after?.access_token).not.toBe(before?.access_token);
      expect(await accessToken(page)).toEqual({ value: after?.access_token });
    });

    it('signs out, lands where it is told to, and tells the other tab', async () => {
      await page.evaluate(() => auth.signOut({ redirectTo: '/bye' }));
      await page.waitForURL(`${origin}/bye`);
      await expect.poll(async () => (await toldTo(other)).at(-1)).toBe('not_signed_in');
      expect(await outcome(page, () => auth.me())).toEqual({});
    });
  });

  it('tells a listener nothing more once that has had enough', async () => {
    const page = await app.open(`${app.stack.origin}/app`);
    const counts = await page.evaluate(async () => {
      let calls = 0;
      const stop = auth.onChange(() => {
        calls += 1;
      });
      await auth.me();
      stop();
      const first = calls;
      new BroadcastChannel(`tokenkeep ${location.origin}/.auth/`).postMessage('');
      await auth.signOut({ redirectTo: '/app' });
      return [first, calls];
    });
    expect(counts).toEqual([1, 1]);
  });

  it('says so where Tokenkeep does not answer, or somebody else does', async () => {
    const page = await app.open(`${app.stack.origin}/app`);
    const nowhere = await outcome(page, () => tokenkeep.createClient({ origin: 'http://127.0.0.1:9' }).me());
    expect(nowhere.error).toMatchObject({ code: 'network', status: 0 });
    const stranger = await outcome(page, () => tokenkeep.createClient({ prefix: '/elsewhere' }).me());
    expect(stranger.error).toMatchObject({ code: 'unexpected_answer', status: 200 });
  });
});
