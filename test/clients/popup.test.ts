import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoopbackServer, listenOnLoopback } from '../../dev/loopback-server.ts';
import { chromiumPath, launchChromium } from '../fixtures/chromium.ts';
import { type ListeningApp, listeningApp } from '../fixtures/listening-app.ts';
import { mobileClientBundle } from '../fixtures/mobile-client-bundle.ts';

const path = chromiumPath();

describe.skipIf(!path)('Microsoft’s azure-mobile-apps-client in a browser', () => {
  let spa: LoopbackServer;
  let app: ListeningApp;
  let chromium: Awaited<ReturnType<typeof launchChromium>>;
  beforeAll(async () => {
    const bundle = await mobileClientBundle();
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(`<!doctype html><title>An app</title><script>${bundle}</script>`);
    });
    spa = await listenOnLoopback(server, 0);
    app = await listeningApp('https', {
      environment: { TOKENKEEP_ALLOWED_ORIGINS: `http://127.0.0.1:${spa.port}` },
    });
    chromium = await launchChromium(path ?? '', { ignoreHTTPSErrors: true });
  });
  afterAll(async () => {
    await chromium?.close();
    await spa?.close();
    await app?.close();
  });

  it('signs in by a popup, to completion, and reads the user’s entries', async () => {
    const page = await chromium.context.newPage();
    await page.goto(`http://127.0.0.1:${spa.port}/`);
    const opening = page.waitForEvent('popup');
    // The client makes the address of the popup https whatever it is given, as Microsoft's services want it.
    const signingIn = page.evaluate(async (address) => {
      const { MobileServiceClient } = (window as unknown as { WindowsAzure: { MobileServiceClient: Constructor } })
        .WindowsAzure;
      const client = new MobileServiceClient(address);
      const user = await client.loginWithOptions('demo', { parameters: { display: 'popup' } });
      const me = await client.invokeApi(`${address}/.auth/me`, { method: 'GET' });
      return { userId: user.userId, entries: me.result };
      type Constructor = new (
        address: string,
      ) => {
        loginWithOptions(provider: string, options: object): Promise<{ userId: string }>;
        invokeApi(address: string, options: object): Promise<{ result: unknown }>;
      };
    }, app.origin);
    const popup = await opening;
    const closing = popup.waitForEvent('close');
    await popup.getByRole('button', { name: /ada/i }).click();
    await closing;
    expect(await signingIn).toMatchObject({
      userId: expect.stringMatching(/^sid:[\da-f]{32}$/),
      entries: [{ provider_name: 'demo', user_id: 'ada@example.com' }],
    });
  });
});
