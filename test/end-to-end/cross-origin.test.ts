import { createServer } from 'node:http';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LoopbackServer, listenOnLoopback } from '../../dev/loopback-server.ts';
import { chromiumPath, launchChromium } from '../fixtures/chromium.ts';
import { type RunningStack, runningStack } from '../fixtures/running-stack.ts';

const chromium = chromiumPath();
if (!chromium) console.warn('No Chromium was found: the browser tests are skipped. Set CHROMIUM_PATH to run them.');

/** A site with one empty page, at every path. */
function emptySite(): Promise<LoopbackServer> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>A page</title>');
  });
  return listenOnLoopback(server, 0);
}

/** Settings are read when the host starts. */
async function allow(origin: string, stack: RunningStack): Promise<void> {
  vi.stubEnv('TOKENKEEP_ALLOWED_ORIGINS', origin);
  await stack.restartHost();
}

// Ports make no site: pages of localhost get the app's SameSite=Lax cookie sent, those of 127.0.0.1 do not.
describe.skipIf(!chromium)('pages of other origins, in Chromium', () => {
  let stack: RunningStack;
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  const sites: LoopbackServer[] = [];
  let allowed: Page;
  let neighbour: Page;
  let foreigner: Page;
  beforeAll(async () => {
    sites.push(await emptySite(), await emptySite());
    const [ours, theirs] = sites.map(({ port }) => port);
    stack = await runningStack();
    await allow(`http://localhost:${ours}`, stack);
    browser = await launchChromium(chromium ?? '');
    const open = async (url: string) => {
      const page = await browser.context.newPage();
      await page.goto(url);
      return page;
    };
    const signIn = await open(`${stack.origin}/.auth/login/demo`);
    await signIn.getByRole('button', { name: 'ada@example.com' }).click();
    await signIn.waitForURL(`${stack.origin}/.auth/login/done`);
    allowed = await open(`http://localhost:${ours}/`);
    neighbour = await open(`http://localhost:${theirs}/`);
    foreigner = await open(`http://127.0.0.1:${theirs}/`);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await browser?.close();
    await stack?.close();
    await Promise.all(sites.map((site) => site.close()));
  });

  /** Status and body of a script's request with credentials; the name of the error where it may not know. */
  const fetched = (page: Page, path: string, init = {}): Promise<unknown> =>
    page.evaluate(
      ([url, options]) =>
        fetch(url, { credentials: 'include', ...options }).then(
          async (response) => [response.status, await response.text()],
          (error: Error) => error.name,
        ),
      [`${stack.origin}/.auth/${path}`, init] as const,
    );
  /** Puts an element into a page and waits until it has loaded, or failed to. */
  const embedded = (page: Page, element: 'img' | 'iframe' | 'script', path: string): Promise<unknown> =>
    page.evaluate(
      ([name, url]) =>
        new Promise((resolve) => {
          const inserted = document.createElement(name);
          inserted.onload = inserted.onerror = () => resolve(undefined);
          document.body.append(Object.assign(inserted, { src: url }));
        }),
      [element, `${stack.origin}/.auth/${path}`] as const,
    );
  const isSignedIn = async () => {
    const answer = await fetched(allowed, 'me');
    return Array.isArray(answer) && answer[0] === 200;
  };
  const refreshes = () => stack.services.provider.counters.refreshGrants;

  it('one that is allowed reads who is signed in', async () => {
    expect(await fetched(allowed, 'me')).toEqual([200, expect.stringContaining('ada@example.com')]);
  });

  it('one that is allowed may send a header that needs a preflight, and reads errors', async () => {
    const headers = { 'x-zumo-auth': 'none', 'zumo-api-version': '2.0.0', 'content-type': 'application/json' };
    expect(await fetched(allowed, 'me', { headers })).toEqual([401, expect.stringContaining('session_token_invalid')]);
  });

  it('no other reads anything', async () => {
    for (const page of [neighbour, foreigner]) {
      expect(await fetched(page, 'me')).toBe('TypeError');
      expect(await fetched(page, 'me', { headers: { 'x-zumo-auth': 'none' } })).toBe('TypeError');
    }
  });

  it.each(['GET', 'POST'])('no other refreshes by %s, though it need not read the answer', async (method) => {
    const before = refreshes();
    for (const page of [neighbour, foreigner]) {
      await fetched(page, 'refresh', { method, mode: 'no-cors' });
      await fetched(page, 'refresh', { method });
    }
    expect(refreshes()).toBe(before);
  });

  it('one that is allowed does', async () => {
    const before = refreshes();
    expect(await fetched(allowed, 'refresh', { method: 'POST' })).toEqual([200, expect.any(String)]);
    expect(refreshes()).toBe(before + 1);
  });

  it.each(['img', 'iframe', 'script'] as const)(
    'no other signs the user out by what it embeds: %s',
    async (element) => {
      await embedded(neighbour, element, 'logout');
      await embedded(foreigner, element, 'logout');
      expect(await isSignedIn()).toBe(true);
    },
  );

  it('no other signs the user out by a form', async () => {
    for (const page of [neighbour, foreigner]) {
      const back = page.url();
      await page.evaluate((url) => {
        const form = Object.assign(document.createElement('form'), { method: 'post', action: url });
        document.body.append(form);
        form.submit();
      }, `${stack.origin}/.auth/logout`);
      await page.waitForURL(/\/\.auth\/logout/);
      await page.goto(back);
    }
    expect(await isSignedIn()).toBe(true);
  });

  it('a link does', async () => {
    await neighbour.evaluate((url) => {
      document.body.append(Object.assign(document.createElement('a'), { href: url, textContent: 'Leave' }));
    }, `${stack.origin}/.auth/logout`);
    await neighbour.getByRole('link', { name: 'Leave' }).click();
    await neighbour.waitForURL(`${stack.origin}/.auth/logout/complete`);
    expect(await isSignedIn()).toBe(false);
  });
});
