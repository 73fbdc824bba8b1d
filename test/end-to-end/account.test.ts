import { createServer } from 'node:http';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoopbackServer, listenOnLoopback } from '../../dev/loopback-server.ts';
import { chromiumPath, launchChromium } from '../fixtures/chromium.ts';
import { contrasts } from '../fixtures/contrasts.ts';
import { type RunningStack, runningStack } from '../fixtures/running-stack.ts';

const chromium = chromiumPath();
if (!chromium) console.warn('No Chromium was found: the browser tests are skipped. Set CHROMIUM_PATH to run them.');

const reports = {
  title: 'Monthly reports',
  purpose: 'Sends you what you have spent',
  issuer: 'https://issuer.example',
  audience: 'tokens',
  applicationId: 'reports',
  scope: 'tokens.read',
  providers: { demo: ['openid', 'email'] },
};

describe.skipIf(!chromium).each([{ script: false }, { script: true }])(
  'the account page, scripts allowed: $script',
  ({ script }) => {
    let stack: RunningStack;
    let neighbour: LoopbackServer;
    const browsers: Awaited<ReturnType<typeof launchChromium>>[] = [];
    let here: Page;
    let there: Page;
    const complaints: string[] = [];
    beforeAll(async () => {
      stack = await runningStack({
        further: ['second'],
        authJson: (document) => ({ ...document, backends: { reports } }),
      });
      neighbour = await listenOnLoopback(neighbourOf(stack.origin), 0);
      here = await open();
      there = await open();
      await signIn(here);
      await signIn(there);
    });
    afterAll(async () => {
      await Promise.all(browsers.map((browser) => browser.close()));
      await neighbour?.close();
      await stack?.close();
    });

    /** A page in a browser of its own. */
    async function open(): Promise<Page> {
      const browser = await launchChromium(chromium ?? '', { javaScriptEnabled: script });
      browsers.push(browser);
      const page = await browser.context.newPage();
      page.on('console', (message) => {
        if (message.type() === 'error' && !/40[13]/.test(message.text())) complaints.push(message.text());
      });
      return page;
    }

    const visit = (page: Page) => page.goto(`${stack.origin}/.auth/account`);
    const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name });
    const status = (page: Page) => page.getByRole('status').textContent();

    /** From the page that is not to be seen yet, by its link, and back to it. */
    async function signIn(page: Page): Promise<void> {
      await visit(page);
      await page.getByRole('link', { name: 'Sign in' }).click();
      await page.locator('a[href*="/login/demo"]').click();
      await backFromProvider(page);
      expect(page.url()).toBe(`${stack.origin}/.auth/account`);
    }

    /** The provider asks who it is unless it has asked this browser before. */
    async function backFromProvider(page: Page, arrived = heading(page, 'Your account')): Promise<void> {
      const account = page.getByRole('button', { name: 'ada@example.com' });
      await arrived.or(account).waitFor();
      if (await account.isVisible()) await account.click();
      await arrived.waitFor();
    }

    const otherSession = (page: Page) =>
      page.getByRole('button', { name: /^Sign out of Chrome.* on Linux, signed in / });

    it('shows both browsers, and signs the other one out', async () => {
      await visit(here);
      expect(await here.getByText('This is where you are now.').count()).toBe(1);
      expect(await otherSession(here).count()).toBe(1);
      await otherSession(here).click();
      expect(await status(here)).toBe('That session has ended.');
      expect(await otherSession(here).count()).toBe(0);
      await visit(there);
      await heading(there, 'The session has ended').waitFor();
      await signIn(there);
    });

    it('connects an account, comes back, and removes it', async () => {
      await visit(here);
      await here.getByRole('link', { name: /^Connect / }).click();
      const remove = here.getByRole('button', { name: /^Remove / });
      await backFromProvider(here, remove);
      await remove.click();
      expect(await status(here)).toBe('The account is no longer connected.');
      expect(await here.getByRole('link', { name: /^Connect / }).count()).toBe(1);
    });

    it('lets a backend have tokens, and takes that back', async () => {
      await visit(here);
      await here.getByRole('button', { name: 'Allow Monthly reports' }).click();
      expect(await status(here)).toContain('From now on the program may have your tokens');
      await here.getByRole('button', { name: 'Withdraw Monthly reports' }).click();
      expect(await status(here)).toBe('From now on the program gets none of your tokens.');
      expect(await here.getByRole('button', { name: 'Allow Monthly reports' }).count()).toBe(1);
    });

    it('does nothing for a form on a page of another origin, though the browser sends the cookie', async () => {
      await here.goto(`http://localhost:${neighbour.port}/`);
      await here.getByRole('button', { name: 'Win' }).click();
      await heading(here, 'The request did not come from a page of this app').waitFor();
      await visit(here);
      await heading(here, 'Your account').waitFor();
      expect(await otherSession(here).count()).toBe(1);
    });

    it('has headings in order, one main part, a language, a title, and a name of its own for each button and link', async () => {
      await visit(here);
      const tree = await here.locator('html').ariaSnapshot();
      const levels = [...tree.matchAll(/- heading .*\[level=(\d)\]/g)].map(([, level]) => Number(level));
      expect(levels[0]).toBe(1);
      for (const [index, level] of levels.entries()) {
        expect(level).toBeLessThanOrEqual((levels[index - 1] ?? 0) + 1);
        if (index > 0) expect(level).toBeGreaterThan(1);
      }
      expect(tree.match(/- main/g)).toHaveLength(1);
      const controls = [...tree.matchAll(/- (?:button|link) (".*")/g)].map(([, name]) => name);
      expect(controls.length).toBeGreaterThanOrEqual(5);
      expect(new Set(controls).size).toBe(controls.length);
      expect(await here.locator('html').getAttribute('lang')).toBe('en');
      expect(await here.title()).toBe('Your account');
      const times = await here.locator('time').evaluateAll((all) => all.map((one) => one.getAttribute('datetime')));
      for (const time of times) expect(new Date(String(time)).toISOString()).toBe(time);
    });

    it.each(['light', 'dark'] as const)('has the contrast of WCAG AA in %s colours', async (colorScheme) => {
      await here.emulateMedia({ colorScheme });
      await here.goto(`${stack.origin}/.auth/account?done=disconnect`);
      const measured = await contrasts(here);
      expect(measured.length).toBeGreaterThan(20);
      expect(measured.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
    });

    it('fits a screen of 320 pixels', async () => {
      await here.setViewportSize({ width: 320, height: 640 });
      await visit(here);
      expect(await here.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
      await here.setViewportSize({ width: 1280, height: 720 });
    });

    it('can be worked by keyboard alone, with a visible focus: down to signing out everywhere', async () => {
      await visit(here);
      const reached: string[] = [];
      for (let step = 0; step < 20; step++) {
        await here.keyboard.press('Tab');
        const focused = here.locator(':focus-visible');
        if ((await focused.count()) === 0) break;
        expect(await focused.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid');
        reached.push((await focused.textContent()) ?? '');
        if (reached.at(-1) === 'Sign out everywhere') break;
      }
      expect(reached.map((name) => name.split(' of ')[0])).toEqual([
        'Sign out here',
        'Sign out',
        'Sign out everywhere',
      ]);
      await here.keyboard.press('Enter');
      await heading(here, 'You are signed out').waitFor();
      for (const page of [here, there]) {
        await visit(page);
        await page.getByRole('link', { name: 'Sign in' }).waitFor();
      }
    });

    it('signs out here, by a link', async () => {
      await signIn(here);
      await here.getByRole('link', { name: 'Sign out here' }).click();
      await heading(here, 'You are signed out').waitFor();
      await visit(here);
      await heading(here, 'Nobody is signed in').waitFor();
    });

    it('met no violation of a policy on the way', () => {
      expect(complaints).toEqual([]);
    });
  },
);

/** Another origin of the same site, whose page has a form for the account page. */
function neighbourOf(origin: string): ReturnType<typeof createServer> {
  const form = `<form method="post" action="${origin}/.auth/account"><input name="action" value="end-all"><button>Win</button></form>`;
  return createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html><title>A page</title>${form}`);
  });
}
