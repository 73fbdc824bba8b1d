import { createServer } from 'node:http';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LoopbackServer, listenOnLoopback } from '../../dev/loopback-server.ts';
import { type AppInBrowser, accessToken, appInBrowser, hasChromium, outcome, signIn } from './app-in-browser.ts';

describe.skipIf(!hasChromium)('fetchWithToken, in Chromium', () => {
  let app: AppInBrowser;
  let server: LoopbackServer;
  let page: Page;
  let token: unknown;
  /** What an API on another origin was asked, and the tokens that it refuses. */
  let requests: { method: string; token: string; body: string }[];
  let isRefused: (token: string) => boolean;
  beforeAll(async () => {
    app = await appInBrowser();
    const api = createServer(async (request, response) => {
      response.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-headers', 'authorization');
      const { method = '', headers } = request;
      if (method === 'OPTIONS') return void response.end();
      const [, sent = ''] = headers.authorization?.split('Bearer ') ?? [];
      requests.push({ method, token: sent, body: (await request.toArray()).join('') });
      return void response.writeHead(isRefused(sent) ? 401 : 200).end('from the API');
    });
    server = await listenOnLoopback(api, 0);
  });
  afterAll(async () => {
    await app?.close();
    await server?.close();
  });
  beforeEach(async () => {
    await page?.close();
    requests = [];
    isRefused = () => false;
    page = await app.open(`${app.stack.origin}/app`);
    await signIn(page);
    ({ value: token } = await accessToken(page));
  });

  interface Call {
    readonly address: string;
    readonly init?: { method: string; body: string };
  }
  const call = (init?: Call['init']) =>
    outcome(
      page,
      async ({ address, init }: Call) => {
        const response = await auth.fetchWithToken(address, init);
        return [response.status, await response.text()];
      },
      { address: `http://127.0.0.1:${server.port}/`, ...(init ? { init } : {}) },
    );
  const refreshes = () => app.stack.services.provider.counters.refreshGrants;

  it('sends the access token, and nothing of the session', async () => {
    expect(await call()).toEqual({ value: [200, 'from the API'] });
    expect(requests).toEqual([{ method: 'GET', token, body: '' }]);
  });

  it('renews a token that the API refuses, and asks once more with the same body', async () => {
    isRefused = (sent) => sent === token;
    const before = refreshes();
    expect(await call({ method: 'POST', body: 'an order' })).toEqual({ value: [200, 'from the API'] });
    const { value: renewed } = await accessToken(page);
    expect(renewed).not.toBe(token);
    expect(requests).toEqual([
      { method: 'POST', token, body: 'an order' },
      { method: 'POST', token: renewed, body: 'an order' },
    ]);
    expect(refreshes()).toBe(before + 1);
  });

  it('asks no third time', async () => {
    isRefused = () => true;
    expect(await call()).toEqual({ value: [401, 'from the API'] });
    expect(requests).toHaveLength(2);
  });

  it('renews once for several calls that are refused at a time, also in another tab', async () => {
    const other = await app.open(`${app.stack.origin}/app`);
    expect(await accessToken(other)).toEqual({ value: token });
    isRefused = (sent) => sent === token;
    const before = { refreshes: refreshes(), asked: app.asked('POST refresh') };
    const twice = (address: string) =>
      Promise.all([auth.fetchWithToken(address), auth.fetchWithToken(address)]).then((both) =>
        both.map(({ status }) => status),
      );
    const address = `http://127.0.0.1:${server.port}/`;
    const answers = await Promise.all([page, other].map((tab) => outcome(tab, twice, address)));
    expect(answers).toEqual([{ value: [200, 200] }, { value: [200, 200] }]);
    expect(refreshes()).toBe(before.refreshes + 1);
    expect(app.asked('POST refresh')).toBe(before.asked + 1);
    await other.close();
  });

  it('gives the answer of the API where there is no other token', async () => {
    isRefused = () => true;
    app.stack.services.provider.control.fail('token', { status: 503, times: 1 });
    expect(await call()).toEqual({ value: [401, 'from the API'] });
    expect(requests).toHaveLength(1);
  });

  it('does not ask again where the body is a stream, which is spent', async () => {
    // Chromium sends streams by HTTP/2 only, so the API is one in the page.
    const { value } = await outcome(page, async () => {
      const { fetch } = globalThis;
      const seen: string[] = [];
      globalThis.fetch = async (input, init) => {
        if (!(input instanceof Request)) return fetch(input, init);
        seen.push(await input.text());
        return new Response(null, { status: 401 });
      };
      const body = new Blob(['spent']).stream();
      const init = { method: 'POST', body, duplex: 'half' };
      const { status } = await auth.fetchWithToken('/orders', init);
      await auth.fetchWithToken('/orders', { method: 'POST', body: 'kept' });
      return [status, ...seen];
    });
    expect(value).toEqual([401, 'spent', 'kept', 'kept']);
  });

  it('throws where nobody is signed in, and asks the API nothing', async () => {
    await page.evaluate(() => fetch('/.auth/logout', { method: 'POST' }));
    await page.reload();
    expect((await call()).error).toMatchObject({ code: 'not_signed_in', status: 401 });
    expect(requests).toEqual([]);
  });
});
