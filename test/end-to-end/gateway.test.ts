import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { HttpRequest } from '@azure/functions';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sendNavigation } from '../../dev/provider/navigation-request.ts';
import { Browser } from '../../dev/provider/sign-in-client.ts';
import { problemIn } from '../fixtures/problem.ts';
import { type RunningStack, runningStack, signIn } from '../fixtures/running-stack.ts';
import { type TestUpstream, testUpstream } from '../fixtures/upstream.ts';

const mebibyte = 1024 * 1024;
const large = 1024 * mebibyte;

let upstream: TestUpstream;
let stack: RunningStack;
let token: string;
beforeAll(async () => {
  upstream = await testUpstream();
  stack = await runningStack({
    environment: { TOKENKEEP_UPSTREAM: upstream.origin, FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: String(2 * large) },
    authJson: (document) => ({
      ...document,
      login: { tokenStore: { exposedTokens: [], headerTokens: ['access_token'] } },
    }),
  });
  ({ token } = await signIn(stack));
});
beforeEach(() => {
  upstream.received.length = 0;
  upstream.onRequest((_, response) => response.end('ok'));
});
afterAll(async () => {
  await stack.close();
  await upstream.close();
});

const last = () => upstream.received.at(-1);

/** A request with the session cookie, over a connection of its own. */
function open(path: string, method = 'GET', headers: Record<string, string> = {}): ClientRequest {
  const cookie = `AppServiceAuthSession=${token}`;
  return httpRequest(`${stack.origin}${path}`, { method, agent: false, headers: { cookie, ...headers } });
}

async function answered(request: ClientRequest): Promise<IncomingMessage> {
  const [message] = (await once(request, 'response')) as [IncomingMessage];
  return message;
}

async function write(stream: { write(chunk: Buffer): boolean } & NodeJS.EventEmitter, size: number): Promise<void> {
  const chunk = Buffer.alloc(mebibyte / 4, 'x');
  for (let sent = 0; sent < size; sent += chunk.length) if (!stream.write(chunk)) await once(stream, 'drain');
}

describe('a browser in front of the gateway', () => {
  it('signs in on its way to a page of the app, and never gets what the app does: the token', async () => {
    upstream.onRequest((_, response) => response.end('the page'));
    const got: string[] = [];
    const browser = new Browser({
      fetch: async (url, request) => {
        const response = await sendNavigation(url, request);
        const content = await response.text();
        got.push(JSON.stringify([...response.headers]), content);
        const { status, headers } = response;
        return new Response(response.body === null ? null : content, { status, headers });
      },
    });
    const { url, body } = await browser.signIn(`${stack.origin}/orders?page=2`, { account: 'ada@example.com' });
    expect({ url, body }).toEqual({ url: `${stack.origin}/orders?page=2`, body: 'the page' });
    expect((await browser.get(`${stack.origin}/.auth/me`)).body).toContain('ada@example.com');

    const headers = last()?.headers as Record<string, string>;
    const { user } = new HttpRequest({ method: 'GET', url, headers });
    expect(user).toMatchObject({ type: 'AppService', username: 'ada@example.com', identityProvider: 'demo' });
    const accessToken = headers['x-ms-token-demo-access-token'] ?? '';
    expect(accessToken).toMatch(/^.{20}/);
    expect(got.join()).toContain('the page');
    expect(got.join()).not.toContain(accessToken);
    expect(JSON.stringify(last()?.rawHeaders)).not.toContain('AppServiceAuth');
  });

  it('cannot make up who it is', async () => {
    const spoofed = { 'x-ms-client-principal-id': 'spoofed', x_ms_token_aad_access_token: 'spoofed' };
    (await answered(open('/', 'GET', spoofed).end())).resume();
    expect(last()?.headers['x-ms-client-principal-id']).toMatch(/./);
    expect(JSON.stringify(last()?.rawHeaders)).not.toContain('spoofed');
  });

  it('gets the cookies of the app as they are', async () => {
    const lines = ['a=%7E+/==; Path=/; Partitioned; Secure', 'b="x, y"; Max-Age=60', 'a=2; Path=/a'];
    upstream.onRequest((_, response) => response.writeHead(200, { 'set-cookie': lines }).end());
    const message = await answered(open('/').end());
    expect(message.resume().headers['set-cookie']).toEqual(lines);
  });

  it('finds the app at the root, and Tokenkeep’s routes before it', async () => {
    const root = await answered(open('/').end());
    expect(await text(root)).toBe('ok');
    const me = await answered(open('/.auth/me').end());
    expect(JSON.parse(await text(me))).toMatchObject([{ provider_name: 'demo' }]);
    const unknown = await fetch(`${stack.origin}/.auth/unknown`);
    expect(await problemIn(unknown)).toMatchObject({ status: 404, code: 'route_unknown' });
    expect(upstream.received).toHaveLength(1);
  });

  it.each(['HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('may use %s', async (method) => {
    const message = await answered(open('/', method).end());
    expect(message.resume().statusCode).toBe(200);
    expect(last()?.method).toBe(method);
  });
});

describe('what passes piece by piece', () => {
  it('is an event as soon as the app has sent it', async () => {
    let second: () => void = () => {};
    upstream.onRequest((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: one\n\n');
      second = () => response.end('data: two\n\n');
    });
    const message = await answered(open('/events').end());
    expect(String((await once(message, 'data'))[0])).toBe('data: one\n\n');
    second();
    expect(await text(message)).toBe('data: two\n\n');
  });

  it('stops at the app when the client goes away', async () => {
    const asked = new Promise<IncomingMessage>((resolve) => {
      upstream.onRequest((request, response) => {
        response.write('one');
        resolve(request);
      });
    });
    const request = open('/endless').end();
    await once(await answered(request), 'data');
    const closed = once((await asked).socket, 'close');
    request.destroy();
    await closed;
  });

  it('breaks off where the app breaks off, and does not just end', async () => {
    upstream.onRequest((_, response) => {
      response.write('one');
      setImmediate(() => response.destroy());
    });
    await expect(answered(open('/').end()).then(text)).rejects.toThrow();
  });

  it('is not what Tokenkeep’s own routes read: more than 64 KiB in pieces is refused', async () => {
    const request = open('/.auth/login/demo', 'POST', { 'content-type': 'application/json' });
    request.write('x'.repeat(mebibyte));
    const message = await answered(request.end());
    expect(message.statusCode).toBe(413);
    expect(JSON.parse(await text(message))).toMatchObject({ code: 'request_too_large' });
  });
});

describe('much more passes through the process than it ever holds', () => {
  // Linux keeps the highest number of bytes in memory, and begins anew when told to: proc_pid_clear_refs(5).
  const proc = (file: string) => `/proc/${stack.host.process.pid}/${file}`;
  const status = (name: string) => {
    const [, kibibytes = ''] =
      new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(proc('status'), 'utf8')) ?? [];
    return Number(kibibytes) / 1024;
  };
  /** By how many MiB the process has grown at most. */
  async function growth(passing: () => Promise<void>): Promise<number> {
    writeFileSync(proc('clear_refs'), '5');
    const before = status('VmRSS');
    await passing();
    return status('VmHWM') - before;
  }

  it('on its way to a client, even a slow one', { timeout: 120_000 }, async () => {
    upstream.onRequest(async (_, response) => {
      await write(response, large);
      response.end();
    });
    let received = 0;
    const grown = await growth(async () => {
      for await (const chunk of await answered(open('/download').end())) {
        received += chunk.length;
        for (let turns = 0; turns < 20; turns += 1) await turn();
      }
    });
    expect(received).toBe(large);
    expect(grown).toBeLessThan(200);
  });

  it('on its way to the app, even a slow one', { timeout: 120_000 }, async () => {
    let received = 0;
    upstream.onRequest(async (request, response) => {
      for await (const chunk of request) {
        received += chunk.length;
        await turn();
      }
      response.end();
    });
    const grown = await growth(async () => {
      const request = open('/upload', 'POST');
      const answer = answered(request);
      await write(request, large / 2);
      request.end();
      (await answer).resume();
    });
    expect(received).toBe(large / 2);
    expect(grown).toBeLessThan(200);
  });
});
