import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launchChromium } from '../fixtures/chromium.ts';
import { type RunningStack, runningStack } from '../fixtures/running-stack.ts';

const chromium = chromiumPath();
if (!chromium) console.warn('No Chromium was found: the browser tests are skipped. Set CHROMIUM_PATH to run them.');

describe.skipIf(!chromium)('the demo page in Chromium', () => {
  let stack: RunningStack;
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  let page: Page;
  const complaints: string[] = [];
  beforeAll(async () => {
    stack = await runningStack({ accessTokenSeconds: 90, further: ['second'] });
    browser = await launchChromium(chromium ?? '');
    page = await open();
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.close();
  });

  /** A page whose errors, and violations of its Content-Security-Policy, are taken down. */
  async function open(): Promise<Page> {
    const opened = await browser.context.newPage();
    opened.on('pageerror', (error) => complaints.push(error.message));
    opened.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text());
    });
    await opened.goto(`${stack.origin}/`);
    return opened;
  }

  const heading = (text: string) => page.getByRole('heading', { level: 1, name: text });

  it('signs in through the provider’s own page', async () => {
    await page.getByRole('link', { name: 'Sign in with the demo provider' }).click();
    await page.getByRole('button', { name: 'ada@example.com' }).click();
    await heading('ada@example.com').waitFor();
    expect(page.url()).toBe(`${stack.origin}/`);
    expect(await page.getByRole('cell', { name: 'ada@example.com' }).count()).toBeGreaterThan(0);
  });

  it('keeps the session token out of the reach of scripts', async () => {
    expect(await page.evaluate('document.cookie')).toBe('');
    const cookies = await browser.context.cookies();
    expect(cookies.find(({ name }) => name === 'AppServiceAuthSession')).toMatchObject({
      httpOnly: true,
      sameSite: 'Lax',
    });
  });

  it('shows tokens masked until they are asked for', async () => {
    const token = (await page.evaluate(
      `fetch('/.auth/me').then((r) => r.json()).then(([entry]) => entry.access_token)`,
    )) as string;
    expect(await page.locator('main').textContent()).not.toContain(token);
    await page
      .getByRole('button', { name: /reveal/i })
      .first()
      .click();
    expect(await page.locator('main').textContent()).toContain(token);
  });

  it('sees the timer renew the tokens, and renew them on when the page is closed', async () => {
    await page
      .getByText(/by the timer/i)
      .first()
      .waitFor({ timeout: 100_000 });
    await page.close();
    const { counters } = stack.services.provider;
    const before = counters.refreshGrants;
    await expect.poll(() => counters.refreshGrants, { timeout: 100_000, interval: 1_000 }).toBeGreaterThan(before);
    page = await open();
    await heading('ada@example.com').waitFor();
    const history = await page.evaluate(
      `fetch('/.auth/me').then((r) => r.json()).then(([entry]) => entry.refresh_state.history.map(({ by }) => by))`,
    );
    expect((history as string[]).filter((by) => by === 'sweep').length).toBeGreaterThanOrEqual(2);
  }, 240_000);

  it('says in words that a token is fresh, when asked right after a renewal', async () => {
    await page.getByRole('button', { name: 'Refresh now' }).click();
    await page.getByRole('button', { name: 'Refresh now' }).click();
    await page
      .getByText(/30 seconds/)
      .first()
      .waitFor();
  });

  it('shows a connected account below, without the buttons of the session', async () => {
    await page.getByRole('link', { name: 'Your account' }).click();
    await page.getByRole('link', { name: 'Connect second' }).click();
    await page.getByRole('button', { name: 'Remove' }).waitFor();
    await page.goto(`${stack.origin}/`);
    await page.getByText('Connected with the provider “second”').waitFor();
    expect(await page.getByRole('button', { name: 'Refresh now' }).count()).toBe(1);
    expect(await page.getByRole('link', { name: 'Sign out' }).count()).toBe(1);
  });

  it('signs out, and stays signed out', async () => {
    await page.getByRole('link', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in with the demo provider' }).waitFor();
    await page.reload();
    await page.getByRole('link', { name: 'Sign in with the demo provider' }).waitFor();
  });

  it('met no script error and no violation of a policy on the way', () => {
    expect(complaints).toEqual([]);
  });
});
