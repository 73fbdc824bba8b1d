import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type OtherSite, otherSite } from '../fixtures/other-site.ts';
import { type AppInBrowser, appInBrowser, hasChromium, type Outcome, outcome } from './app-in-browser.ts';

describe.skipIf(!hasChromium)('a sign-in of the client in a window of its own, in Chromium', () => {
  let app: AppInBrowser;
  let stranger: OtherSite;
  beforeAll(async () => {
    app = await appInBrowser();
    stranger = await otherSite('<!doctype html><title>Somebody else</title>');
  });
  afterAll(async () => {
    await app?.close();
    await stranger?.close();
  });
  afterEach(async () => {
    app.stack.services.provider.control.clear();
    await app.context.clearCookies();
    for (const each of app.context.pages().slice(1)) await each.close();
  });

  /** Begins the sign-in; gives its window at the provider, and what will become of the call. */
  async function begin(page: Page): Promise<{ popup: Page; ended: Promise<Outcome> }> {
    const opening = page.waitForEvent('popup');
    const ended = outcome(page, () => auth.signIn('demo', { popup: true }));
    const popup = await opening;
    await popup.getByRole('button', { name: 'ada@example.com' }).waitFor();
    return { popup, ended };
  }
  const choose = (popup: Page) => popup.getByRole('button', { name: 'ada@example.com' }).click();

  describe('with a session token', () => {
    let page: Page;
    beforeEach(async () => {
      page = await app.open(`${app.foreigner}/app#here`, { origin: app.stack.origin, mode: 'token' });
    });

    it('ends with the user signed in, the page where it was, the window closed and no cookie', async () => {
      const { popup, ended } = await begin(page);
      await choose(popup);
      expect(await ended).toEqual({});
      expect(await page.evaluate(() => told)).toEqual(['ada@example.com']);
      expect(page.url()).toBe(`${app.foreigner}/app#here`);
      await expect.poll(() => popup.isClosed()).toBe(true);
      const cookies = await app.context.cookies(app.stack.origin);
      expect(cookies.map(({ name }) => name)).not.toContain('AppServiceAuthSession');
    });

    it('is over when the user closes the window', async () => {
      const { popup, ended } = await begin(page);
      await popup.close();
      expect((await ended).error).toMatchObject({ code: 'popup_closed', status: 0 });
      expect(await outcome(page, () => auth.me())).toEqual({});
    });

    it('says why it failed', async () => {
      app.stack.services.provider.control.fail('token', { status: 400, body: { error: 'invalid_grant' } });
      const { popup, ended } = await begin(page);
      await choose(popup);
      expect((await ended).error).toMatchObject({ code: 'sign_in_failed', message: expect.stringMatching(/\w+ \w+/) });
    });

    it('says that the browser has blocked the window', async () => {
      // Chromium under test blocks no windows but those of a frame that may open none.
      await page.evaluate(
        () =>
          new Promise((resolve) => {
            const frame = document.createElement('iframe');
            frame.setAttribute('sandbox', 'allow-scripts allow-same-origin');
            Object.assign(frame, { src: location.pathname, onload: resolve });
            document.body.append(frame);
          }),
      );
      const [, frame] = page.frames();
      const { error } = await outcome(frame ?? page, () => auth.signIn('demo', { popup: true }));
      expect(error).toMatchObject({ code: 'popup_blocked', status: 0 });
    });

    it('believes no other sender: neither another window of Tokenkeep nor a stranger in this one', async () => {
      const { popup, ended } = await begin(page);
      const lie = { type: 'LoginCompleted', oauth: { authenticationToken: 'a lie', user: { userId: 'sid:0' } } };
      const opening = page.waitForEvent('popup');
      await page.evaluate((address) => open(address), `${app.stack.origin}/app`);
      const another = await opening;
      await another.waitForLoadState();
      await popup.evaluate((address) => location.assign(address), `${stranger.origin}/`);
      await popup.waitForURL(`${stranger.origin}/`);
      const before = app.asked('GET me');
      await page.evaluate(() => addEventListener('message', ({ origin }) => told.push(origin)));
      for (const sender of [another, popup]) {
        await sender.evaluate((message) => window.opener.postMessage(message, '*'), lie);
      }
      await expect.poll(() => page.evaluate(() => told)).toEqual([app.stack.origin, stranger.origin]);
      await popup.close();
      expect((await ended).error).toMatchObject({ code: 'popup_closed' });
      expect(app.asked('GET me')).toBe(before);
    });
  });

  describe('with the cookie', () => {
    it('ends by itself on the app’s own origin, and tells the other tab', async () => {
      const page = await app.open(`${app.stack.origin}/app`);
      const other = await app.open(`${app.stack.origin}/app`);
      const { popup, ended } = await begin(page);
      await choose(popup);
      expect(await ended).toEqual({});
      expect(await page.evaluate(() => told)).toEqual(['ada@example.com']);
      await expect.poll(() => other.evaluate(() => told)).toEqual(['ada@example.com']);
      await expect.poll(() => popup.isClosed()).toBe(true);
    });

    it('ends on another origin when the user closes the window', async () => {
      const page = await app.open(`${app.neighbour}/app`, { origin: app.stack.origin });
      const { popup, ended } = await begin(page);
      await choose(popup);
      await popup.waitForURL(`${app.stack.origin}/.auth/login/done`);
      await popup.close();
      expect(await ended).toEqual({});
      expect(await page.evaluate(() => told)).toEqual(['ada@example.com']);
    });

    it('is over when the user closes the window before', async () => {
      const page = await app.open(`${app.stack.origin}/app`);
      const { popup, ended } = await begin(page);
      await popup.close();
      expect((await ended).error).toMatchObject({ code: 'popup_closed' });
    });
  });
});
