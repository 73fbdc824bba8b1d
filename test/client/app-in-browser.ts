import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Client, ClientOptions, TokenkeepError } from '../../client/index.ts';
import { listenOnLoopback } from '../../dev/loopback-server.ts';
import { chromiumPath, launchChromium } from '../fixtures/chromium.ts';
import { type RunningStack, runningStack } from '../fixtures/running-stack.ts';
import { appPage } from './app-page.ts';

declare global {
  /** In the pages: the client's module, a client, and what that has told: user ids, or the code of the reason. */
  const tokenkeep: typeof import('../../client/index.ts');
  const auth: Client;
  const told: string[];
}

const chromium = chromiumPath();
if (!chromium) console.warn('No Chromium was found: the client’s tests are skipped. Set CHROMIUM_PATH to run them.');
export const hasChromium = chromium !== undefined;

/** A running stack, and pages with the client: on its own origin, and on two more that it allows. */
export interface AppInBrowser {
  readonly stack: RunningStack;
  readonly context: BrowserContext;
  /** Another origin of the app's site: browsers send it the session cookie. */
  readonly neighbour: string;
  /** An origin of another site: they do not. */
  readonly foreigner: string;
  /** How often the pages have asked Tokenkeep for each route so far: `POST refresh`. */
  asked(route: string): number;
  /** A tab with an app's page, which makes a client. */
  open(address: string, options?: ClientOptions): Promise<Page>;
  close(): Promise<void>;
}

/** `environment` are further app settings. */
export async function appInBrowser(environment: Record<string, string> = {}): Promise<AppInBrowser> {
  const page = await appPage();
  const sites = await listenOnLoopback(
    createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
    }),
    0,
  );
  const [neighbour, foreigner] = [`http://localhost:${sites.port}`, `http://127.0.0.1:${sites.port}`];
  const stack = await runningStack({
    hostCommand: {
      file: process.execPath,
      arguments: [fileURLToPath(new URL('app-host.ts', import.meta.url))],
      announces: true,
    },
    environment: {
      TOKENKEEP_ALLOWED_ORIGINS: `${neighbour},${foreigner}`,
      WEBSITE_AUTH_EXTERNAL_REDIRECT_URLS: `${neighbour},${foreigner}`,
      ...environment,
    },
  });
  const browser = await launchChromium(chromium ?? '');
  const asked = new Map<string, number>();
  browser.context.on('request', (request) => {
    const { origin, pathname } = new URL(request.url());
    const route = `${request.method()} ${pathname.slice('/.auth/'.length)}`;
    if (origin === stack.origin) asked.set(route, (asked.get(route) ?? 0) + 1);
  });
  return {
    stack,
    context: browser.context,
    neighbour,
    foreigner,
    asked: (route) => asked.get(route) ?? 0,
    async open(address, options = {}) {
      const opened = await browser.context.newPage();
      await makeClients(opened, options);
      await opened.goto(address);
      return opened;
    },
    async close() {
      await browser.close();
      await stack.close();
      await sites.close();
    },
  };
}

/** Has each page that the tab comes to make a client, as an app does. */
export async function makeClients(page: Page, options: ClientOptions): Promise<void> {
  await page.addInitScript((given) => {
    addEventListener('DOMContentLoaded', () => {
      if (!('tokenkeep' in globalThis)) return;
      const told: string[] = [];
      const auth = tokenkeep.createClient(given);
      Object.assign(globalThis, { auth, told });
      auth.onChange((entries, reason) => {
        told.push(entries?.map(({ user_id }) => user_id).join() ?? reason?.code ?? 'signed out');
      });
    });
  }, options);
}

/** Leaves for a sign-in from the page, as Ada, and waits until it is back. */
export async function signIn(page: Page): Promise<void> {
  const back = page.url().split('#')[0] ?? '';
  const account = page.getByRole('button', { name: 'ada@example.com' });
  const user = () => page.evaluate(() => auth.me().then((entries) => entries?.[0]?.user_id)).catch(() => undefined);
  await page.evaluate(() => auth.signIn());
  await expect
    .poll(
      async () => {
        if (await account.isVisible()) await account.click();
        return page.url().startsWith(back) ? await user() : page.url();
      },
      { timeout: 20_000 },
    )
    .toBe('ada@example.com');
}

/** What became of a call in a page: its value, or the members of its TokenkeepError. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: Pick<TokenkeepError, 'code' | 'status' | 'login' | 'retryAfter' | 'message'>;
}

/** Runs a function in the page. */
export function outcome<T>(
  page: Pick<Page, 'evaluate'>,
  call: (given: T) => Promise<unknown>,
  given?: T,
): Promise<Outcome> {
  return page.evaluate(
    async ([source, argument]) => {
      try {
        return { value: await new Function(`return (${source})(arguments[0])`)(argument) };
      } catch (error) {
        if (!(error instanceof tokenkeep.TokenkeepError)) throw error;
        const { code, status, login, retryAfter, message } = error;
        return { error: { code, status, login, retryAfter, message } };
      }
    },
    [String(call), given] as const,
  );
}

export const accessToken = (page: Page) => outcome(page, () => auth.getAccessToken());

/**
 * Moves the clock of these pages to where their user's token has `left` seconds to live. It is older than three seconds
 * then, so that its successor lives visibly longer.
 */
export async function leave(left: number, ...pages: readonly [Page, ...Page[]]): Promise<void> {
  const times = () =>
    pages[0].evaluate(async () => {
      const [entry] = (await auth.me()) ?? [];
      return { expires: Date.parse(entry?.expires_on ?? ''), issued: Date.parse(entry?.refresh_state.issued_on ?? '') };
    });
  const { expires, issued } = await times();
  await expect.poll(() => Date.now() - issued, { timeout: 10_000 }).toBeGreaterThan(3_000);
  for (const page of pages) {
    await page.evaluate(
      (shift) => {
        const { now } = Date;
        Date.now = () => now() + shift;
      },
      expires - Date.now() - left * 1_000,
    );
  }
}
