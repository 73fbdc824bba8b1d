import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start } from '../../examples/spa/start.ts';
import { chromiumPath, launchChromium } from '../fixtures/chromium.ts';

const chromium = chromiumPath();

describe.skipIf(chromium === undefined)('a single-page app on an origin of its own', () => {
  let example: Awaited<ReturnType<typeof start>>;
  let browser: { context: BrowserContext; close(): Promise<void> };
  beforeAll(async () => {
    example = await start();
    browser = await launchChromium(chromium ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    await example?.close();
  });

  it('signs in, calls an API of a third origin with the access token, and signs out', async () => {
    const page = await browser.context.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(example.page);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: /ada@example\.com/ }).click();
    await page.getByText('Signed in as ada@example.com.').waitFor();
    expect(new URL(page.url()).origin).toBe(example.page);
    await page.getByRole('button', { name: 'Call the API' }).click();
    await page.getByText('"name": "Ada Example"').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Nobody is signed in.').waitFor();
    expect(problems).toEqual([]);
  });
});
