import { readFileSync, writeFileSync } from 'node:fs';
import { decodeJwt } from 'jose';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launchChromium } from '../fixtures/chromium.ts';
import { type OtherSite, otherSite } from '../fixtures/other-site.ts';
import { type RunningStack, runningStack } from '../fixtures/running-stack.ts';

const chromium = chromiumPath();
if (!chromium) console.warn('No Chromium was found: the popup tests are skipped. Set CHROMIUM_PATH to run them.');

/** Opens a sign-in in a window of its own, and takes down every message, whoever sends it. */
const body = `<!doctype html><title>Another site</title><button>Sign in</button><script>
const messages = [];
addEventListener('message', ({ data, origin, source }) => {
  const sender = source === opened ? 'window' : source === frames['zumo-login-receiver'] ? 'frame' : 'stranger';
  messages.push({ data, origin, sender });
});
let opened;
document.querySelector('button').onclick = () => { opened = window.open(window.start, '_blank'); };
</script>`;

interface Message {
  readonly data: unknown;
  readonly origin: string;
  readonly sender: 'window' | 'frame' | 'stranger';
}

interface Envelope {
  readonly type: string;
  readonly oauth: { readonly authenticationToken: string; readonly user: { readonly userId: string } };
}

describe.skipIf(!chromium)('a sign-in in a window of its own, in Chromium', () => {
  let stack: RunningStack;
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  let allowed: OtherSite;
  let stranger: OtherSite;
  beforeAll(async () => {
    [allowed, stranger] = await Promise.all([otherSite(body), otherSite(body)]);
    stack = await runningStack();
    const file = stack.services.environment['TOKENKEEP_AUTH_FILE'] ?? '';
    const document = JSON.parse(readFileSync(file, 'utf8'));
    document.login.allowedExternalRedirectUrls = [allowed.origin];
    writeFileSync(file, JSON.stringify(document));
    await stack.restartHost();
    browser = await launchChromium(chromium ?? '');
  });
  afterEach(async () => {
    for (const page of browser.context.pages().slice(1)) await page.close();
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.close();
    await Promise.all([allowed?.close(), stranger?.close()]);
  });

  async function open({ origin }: OtherSite): Promise<Page> {
    const page = await browser.context.newPage();
    await page.goto(`${origin}/`);
    return page;
  }

  /** Puts the frame into a page that passes the outcome on; gives once it has loaded, or was refused. */
  async function addFrame(page: Page, completionOrigin: string): Promise<void> {
    const source = `${stack.origin}/.auth/login/iframereceiver?completion_origin=${encodeURIComponent(completionOrigin)}`;
    await page.evaluate(`new Promise((resolve) => {
      const frame = document.createElement('iframe');
      frame.name = 'zumo-login-receiver';
      frame.src = ${JSON.stringify(source)};
      frame.onload = resolve;
      document.body.append(frame);
    })`);
  }

  /** Presses the button of a page, signs in where the provider asks, and gives the window once it shows its end. */
  async function signIn(page: Page, parameters: Record<string, string>): Promise<Page> {
    const start = `${stack.origin}/.auth/login/demo?${new URLSearchParams({ session_mode: 'token', ...parameters })}`;
    await page.evaluate(`window.start = ${JSON.stringify(start)}`);
    const opening = page.waitForEvent('popup');
    await page.getByRole('button', { name: 'Sign in' }).click();
    const popup = await opening;
    const account = popup.getByRole('button', { name: 'ada@example.com' });
    const end = popup.getByRole('heading', { level: 1, name: /You are signed in|not allowed/ });
    // A provider that knows the browser asks nothing, and the window may be gone before anybody looks.
    await Promise.race([account.or(end).waitFor(), closed(popup)]);
    if (!popup.isClosed() && (await account.isVisible())) await account.click();
    return popup;
  }

  async function closed(popup: Page): Promise<void> {
    if (!popup.isClosed()) await popup.waitForEvent('close');
  }

  const messages = (page: Page) => page.evaluate('messages') as Promise<Message[]>;

  async function expectSignedIn({ type, oauth }: Envelope): Promise<void> {
    expect(type).toBe('LoginCompleted');
    expect(oauth.user.userId).toBe(decodeJwt(oauth.authenticationToken).sub);
    const headers = { 'x-zumo-auth': oauth.authenticationToken };
    const me = await fetch(`${stack.origin}/.auth/me`, { headers });
    expect(await me.json()).toMatchObject([{ user_id: 'ada@example.com' }]);
  }

  it('sends the outcome to the page that opened it, and closes', async () => {
    const page = await open(allowed);
    const popup = await signIn(page, { completion_type: 'postMessage', completion_origin: allowed.origin });
    await expect.poll(() => messages(page), { timeout: 20_000 }).toHaveLength(1);
    const [message] = await messages(page);
    expect(message).toMatchObject({ origin: stack.origin, sender: 'window' });
    await expectSignedIn(message?.data as Envelope);
    await closed(popup);
    const cookies = await browser.context.cookies(stack.origin);
    expect(cookies.filter(({ name }) => name.startsWith('AppServiceAuth'))).toEqual([]);
  });

  it('tells it by the frame of ours that the page has, where it asks for that', async () => {
    const page = await open(allowed);
    await addFrame(page, allowed.origin);
    await signIn(page, { completion_type: 'iframe', completion_origin: allowed.origin });
    await expect.poll(() => messages(page), { timeout: 20_000 }).toHaveLength(1);
    const [message] = await messages(page);
    expect(message).toMatchObject({ origin: stack.origin, sender: 'frame', data: expect.any(String) });
    await expectSignedIn(JSON.parse(String(message?.data)) as Envelope);
  });

  it('is not begun for a page of an origin that is not allowed', async () => {
    const page = await open(stranger);
    const popup = await signIn(page, { completion_type: 'postMessage', completion_origin: stranger.origin });
    await popup.getByText('redirect_not_allowed').waitFor();
    expect(await messages(page)).toEqual([]);
  });

  it.each(['postMessage', 'iframe'])('tells a page nothing that names the origin of another: %s', async (type) => {
    const page = await open(stranger);
    if (type === 'iframe') await addFrame(page, allowed.origin);
    const popup = await signIn(page, { completion_type: type, completion_origin: allowed.origin });
    if (type === 'postMessage') await closed(popup);
    else await popup.getByText('cannot be told').waitFor();
    expect(await messages(page)).toEqual([]);
  });
});
