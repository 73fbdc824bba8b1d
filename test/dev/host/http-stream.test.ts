import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Host, startHost } from '../../../dev/host/host.ts';
import { type BuiltApp, buildApp } from './fixtures/build-app.ts';
import { signals } from './fixtures/stream-signals.ts';

let app: BuiltApp;
let host: Host;
const lines: string[] = [];
const MB = 1024 * 1024;
/** Bytes. Some 11 MB lie in the socket buffers of the two connections; all 64 MB would without backpressure. */
const mostOfBuffers = 40 * MB;

const start = (environment: Record<string, string> = {}) =>
  startHost({ root: app.root, port: 0, log: (line) => lines.push(line), environment });

beforeAll(async () => {
  app = await buildApp('stream-app');
});

afterAll(() => app.remove());

const get = (path: string, init?: RequestInit) => fetch(host.url + path, init);

const send = (path: string, method: string) => httpRequest({ port: host.port, path, method, agent: false });

async function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = await once(request, 'response');
  return response;
}

interface Seen {
  method: string;
  url: string;
  query: [string, string][];
  params: Record<string, string>;
  headers: Record<string, string>;
  text: string;
  /** Headers of the request that the host sent to the library. */
  forwarded: IncomingMessage['headers'];
  port: number;
  trace: string;
}

const seen = async (path: string, init?: RequestInit) => (await (await get(path, init)).json()) as Seen;

/** Servers and connections of this process. */
const openHandles = () => process.getActiveResourcesInfo().filter((name) => /^TCP/.test(name)).length;

describe('an app with HTTP streaming', () => {
  beforeAll(async () => {
    host = await start();
  });

  afterAll(() => host.close());

  describe('requests', () => {
    test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('the method %s arrives', async (method) => {
      expect(await seen('/seen/a', { method })).toMatchObject({ method, text: '' });
    });

    test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s brings its body', async (method) => {
      expect(await seen('/seen/a', { method, body: 'body' })).toMatchObject({ text: 'body' });
      const body = new Blob(['one ', 'two']).stream();
      expect(await seen('/seen/a', { method, body, duplex: 'half' } as RequestInit)).toMatchObject({ text: 'one two' });
    });

    test('URL, route parameters and headers are those that the client sent', async () => {
      const request = await seen('/seen/a%20b/c?d=%C3%A9', { headers: { cookie: 'x=1; y=2', 'x-Own': 'z' } });
      expect(request.url).toBe(`${host.url}/seen/a%20b/c?d=%C3%A9`);
      expect(request.params).toEqual({ first: 'a b', second: 'c' });
      expect(request.headers).toMatchObject({ cookie: 'x=1; y=2', 'x-own': 'z', host: `localhost:${host.port}` });
    });

    test('repeated query parameters arrive as several values', async () => {
      const { query } = await seen('/seen/a?x=1&x=2&X=3');
      expect(query).toEqual([
        ['x', '1'],
        ['x', '2'],
        ['X', '3'],
      ]);
    });

    test('what a client sends under the names of the host does not count', async () => {
      const headers = {
        'x-ms-invocation-id': 'chosen-by-the-client',
        'x-forwarded-host': 'other.example',
        'x-forwarded-proto': 'https',
      };
      const answers = await Promise.all([seen('/seen/a', { headers }), seen('/seen/b', { headers })]);
      expect(answers.map(({ url }) => url)).toEqual([`${host.url}/seen/a`, `${host.url}/seen/b`]);
      expect(answers.map(({ params }) => params)).toEqual([{ first: 'a' }, { first: 'b' }]);
    });

    test('the library gets the headers of the client, without those for one connection, and those of the host', async () => {
      const headers = { te: 'trailers', 'x-named': '1', connection: 'x-named', 'x-own': '2', 'x-forwarded-host': 'x' };
      const request = httpRequest(`${host.url}/seen/a`, { headers, agent: false }).end();
      const { forwarded, port } = JSON.parse(await text(await answerOf(request))) as Seen;
      expect(forwarded).toEqual({
        'x-own': '2',
        host: `localhost:${port}`,
        connection: 'keep-alive',
        'content-length': '0',
        'x-ms-invocation-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
        'x-forwarded-host': `localhost:${host.port}`,
        'x-forwarded-proto': 'http',
      });
    });

    test('the framing survives being named in Connection, and the host answers Expect itself', async () => {
      const raw = [
        'POST /seen/a HTTP/1.1',
        'Host: other.example:1',
        'Content-Length: 4',
        'TE: trailers',
        'Expect: 100-continue',
        'Connection: close, content-length',
      ];
      const socket = connect(host.port, '127.0.0.1');
      socket.write(`${raw.join('\r\n')}\r\n\r\nbody`);
      const answer = await text(socket);
      expect(answer).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n/);
      expect(answer).toContain('"url":"http://other.example:1/seen/a"');
      expect(answer).toContain('"text":"body"');
    });

    test("the caller's trace is carried on", async () => {
      const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
      const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
      expect((await seen('/seen/a', { headers })).trace).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    });
  });

  describe('responses', () => {
    test.each([200, 204, 205, 304, 404, 503])('status %i', async (code) => {
      const response = await get(`/status/${code}`);
      expect(response.status).toBe(code);
      expect(response.headers.get('x-sent')).toBe('yes');
      expect(await response.text()).toBe([204, 205, 304].includes(code) ? '' : 'body');
    });

    test('HEAD has headers and no body, and the connection goes on', async () => {
      const socket = connect(host.port, '127.0.0.1');
      const heads =
        'HEAD /status/200 HTTP/1.1\r\nHost: x\r\n\r\nHEAD /status/404 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
      socket.write(heads);
      const answer = await text(socket);
      expect(answer.match(/^(HTTP\/1.1 \d+|x-sent: yes)/gm)).toEqual([
        'HTTP/1.1 200',
        'x-sent: yes',
        'HTTP/1.1 404',
        'x-sent: yes',
      ]);
      expect(answer).not.toContain('body');
    });

    test('headers for one connection stay behind, others come through', async () => {
      const request = send('/events', 'GET').end();
      const { headers } = await answerOf(request);
      expect(headers).toMatchObject({ 'x-kept': 'yes', 'content-type': 'text/event-stream' });
      expect(headers).toMatchObject({ connection: 'close', 'transfer-encoding': 'chunked' });
      expect(headers).not.toHaveProperty('x-named');
      expect(headers).not.toHaveProperty('keep-alive');
      signals.emit('second event');
      request.destroy();
    });

    test('each cookie is a line of its own', async () => {
      expect((await get('/cookies')).headers.getSetCookie()).toEqual([
        'one=1; Path=/; HttpOnly',
        'two=2; SameSite=Lax',
      ]);
    });

    test('raw Set-Cookie lines pass unchanged when the entries of the headers give them as an array', async () => {
      const response = await get('/rawCookies');
      expect(response.status).toBe(201);
      expect(response.headers.get('x-other')).toBe('kept');
      expect(response.headers.getSetCookie()).toEqual([
        'a=1; Path=/; Priority=High',
        'b=2; Path=/; Partitioned; Secure',
      ]);
      expect(await response.text()).toBe('raw');
    });

    test('of Set-Cookie lines in plain headers the library keeps the last, as in Azure', async () => {
      expect((await get('/lostCookies')).headers.getSetCookie()).toEqual(['b=2']);
    });
  });

  describe('streams', () => {
    test('an event arrives before the next is written', async () => {
      const events = (await get('/events')).body?.pipeThrough(new TextDecoderStream()).values();
      expect(await events?.next()).toEqual({ done: false, value: 'data: one\n\n' });
      signals.emit('second event');
      expect(await events?.next()).toEqual({ done: false, value: 'data: two\n\n' });
      expect(await events?.next()).toMatchObject({ done: true });
    });

    test('a function reads the first chunk before the client has sent the last', async () => {
      const request = send('/upload', 'POST');
      const arrived = once(signals, 'chunk');
      request.write('first ');
      expect(await arrived).toEqual(['first ']);
      request.end('last');
      expect(await text(await answerOf(request))).toBe('10');
    });

    test('an answer may begin while its request is still being sent', async () => {
      const request = send('/echo', 'POST');
      request.write('ping');
      const response = await answerOf(request);
      const [first] = await once(response, 'data');
      expect(String(first)).toBe('ping');
      request.end('pong');
      expect(await text(response)).toBe('pong');
    });

    test('64 MB of an upload wait at the client when the function is slow', async () => {
      let inFlight = 0;
      let most = 0;
      const onReceived = (bytes: number) => {
        inFlight -= bytes;
      };
      signals.on('received', onReceived);
      const request = send('/slowUpload', 'POST');
      const answered = answerOf(request);
      async function* body() {
        for (let sent = 0; sent < 64 * MB; sent += 64 * 1024) {
          inFlight += 64 * 1024;
          most = Math.max(most, inFlight);
          yield Buffer.alloc(64 * 1024);
        }
      }
      await pipeline(body, request);
      expect(await text(await answered)).toBe(String(64 * MB));
      signals.off('received', onReceived);
      expect(inFlight).toBe(0);
      expect(most).toBeLessThan(mostOfBuffers);
    });

    test('64 MB of a download wait at the function when the client is slow', async () => {
      let inFlight = 0;
      let most = 0;
      const onSent = (bytes: number) => {
        inFlight += bytes;
        most = Math.max(most, inFlight);
      };
      signals.on('sent', onSent);
      const response = await answerOf(send(`/download?bytes=${64 * MB}`, 'GET').end());
      let received = 0;
      for await (const chunk of response) {
        received += chunk.length;
        inFlight -= chunk.length;
        for (let count = 0; count < 20; count += 1) await turn();
      }
      signals.off('sent', onSent);
      expect(received).toBe(64 * MB);
      expect(most).toBeLessThan(mostOfBuffers);
    });
  });

  describe('a client that goes away', () => {
    test('while it sends: the function sees its body break off', async () => {
      const request = send('/upload', 'POST').on('error', () => {});
      const arrived = once(signals, 'chunk');
      request.write('begun');
      await arrived;
      const cut = once(signals, 'upload cut');
      request.destroy();
      expect(await cut).toEqual([5]);
    });

    test('while it is answered: what the library answers on is closed', async () => {
      const response = await answerOf(
        send('/events', 'GET')
          .on('error', () => {})
          .end(),
      );
      await once(response, 'data');
      const closed = closedAnswer('/events', false);
      response.destroy();
      await closed;
      signals.emit('second event');
    });

    test('while it waits for an answer: the same, and nothing is logged as a fault of the host', async () => {
      lines.length = 0;
      const request = send('/upload', 'POST').on('error', () => {});
      const arrived = once(signals, 'chunk');
      request.write('begun');
      await arrived;
      const closed = closedAnswer('/upload', false);
      request.destroy();
      await closed;
      expect((await get('/status/200')).status).toBe(200);
      expect(lines.filter((line) => line.startsWith('[host]'))).toEqual([]);
    });
  });

  describe('a function that does not answer', () => {
    test.each([
      ['fails', 'the handler broke'],
      ['failsAtHeader', 'argument name is invalid'],
    ])('%s: status 500 with an empty body, its error and a warning in the log', async (name, message) => {
      lines.length = 0;
      const response = await get(`/${name}`);
      expect(response.status).toBe(500);
      expect(response.headers.get('a')).toBeNull();
      expect(await response.text()).toBe('');
      expect(lines).toEqual([
        expect.stringMatching(new RegExp(`^\\[${name}\\] error: TypeError|Error: .*${message}`)),
        `[${name}] warning: it ended without a whole response; in Azure its caller would wait until a time-out.`,
      ]);
    });

    test('throws while its request is still being sent: 500 all the same', async () => {
      const request = send('/fails', 'POST').on('error', () => {});
      request.write('begun');
      expect((await answerOf(request)).statusCode).toBe(500);
      request.destroy();
    });

    test('returns nothing: 500, as there is no response', async () => {
      expect((await get('/nothing')).status).toBe(500);
    });

    test('a body that breaks off is a connection that breaks off', async () => {
      const response = await get('/failsInBody');
      expect(response.status).toBe(200);
      signals.emit('break');
      await expect(response.text()).rejects.toThrow();
    });
  });

  describe("the library's own server", () => {
    test('gives no answer to a request that the host did not forward', async () => {
      const { port } = await seen('/seen/a');
      expect(port).not.toBe(host.port);
      const headers = { 'x-ms-invocation-id': 'unknown', 'x-forwarded-host': 'x', 'x-forwarded-proto': 'http' };
      await expect(fetch(`http://127.0.0.1:${port}/seen/a`, { headers })).rejects.toThrow('fetch failed');
    });

    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
    test.skipIf(outside === undefined)('cuts a connection that does not come over loopback', async () => {
      const { port } = await seen('/seen/a');
      const socket = connect(port, outside).resume();
      await Promise.race([once(socket, 'close'), once(socket, 'error')]);
      expect(socket.bytesRead).toBe(0);
    });
  });
});

describe('the limit of a body, which holds with streaming too', () => {
  const limit = 300_000;

  beforeAll(async () => {
    host = await start({ FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: String(limit) });
  });

  afterAll(() => host.close());

  test('a body of that size passes', async () => {
    const response = await get('/upload', { method: 'POST', body: new Uint8Array(limit) });
    expect(await response.text()).toBe(String(limit));
  });

  test('a longer one that is announced is 413, and no function runs', async () => {
    const onChunk = vi.fn();
    signals.on('chunk', onChunk);
    expect((await get('/upload', { method: 'POST', body: new Uint8Array(limit + 1) })).status).toBe(413);
    signals.off('chunk', onChunk);
    expect(onChunk).not.toHaveBeenCalled();
  });

  test('a longer one that is not announced is 413, and the function sees it break off', async () => {
    const request = send('/upload', 'POST');
    const arrived = once(signals, 'chunk');
    request.write('begun');
    await arrived;
    const cut = once(signals, 'upload cut');
    request.end(Buffer.alloc(limit));
    expect((await answerOf(request)).statusCode).toBe(413);
    const [received] = await cut;
    expect(received).toBeLessThanOrEqual(limit);
  });

  test('what a client sends after its answer is let go, and its connection goes on', async () => {
    const socket = connect(host.port, '127.0.0.1').setEncoding('utf8');
    const answer = answerOn(socket);
    socket.write('POST /fails HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    await answer(/^HTTP\/1.1 500 /);
    socket.write(`${(limit + 1).toString(16)}\r\n${'x'.repeat(limit + 1)}\r\n0\r\n\r\n`);
    socket.write('GET /status/404 HTTP/1.1\r\nHost: x\r\n\r\n');
    await answer(/\r\nHTTP\/1.1 404 /);
    socket.destroy();
  });

  test('beyond it, an answer that has begun breaks off', async () => {
    const request = send('/echo', 'POST').on('error', () => {});
    request.write('begun');
    const response = await answerOf(request);
    await once(response, 'data');
    request.end(Buffer.alloc(limit));
    await expect(text(response)).rejects.toThrow('aborted');
  });
});

describe('a host that is closed', () => {
  test('leaves no server and no connection, however often it is started', async () => {
    for (const _time of ['first', 'second']) {
      host = await start();
      const { port } = await seen('/seen/a');
      await host.close();
      await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
    }
    await vi.waitFor(() => expect(openHandles()).toBe(0));
  });

  test('lets a stream that is under way end first', async () => {
    host = await start();
    const events = (await get('/events')).body?.pipeThrough(new TextDecoderStream()).values();
    await events?.next();
    const closed = host.close();
    signals.emit('second event');
    expect(await events?.next()).toEqual({ done: false, value: 'data: two\n\n' });
    await closed;
  });

  test('waits for a function whose client has left, before the appTerminate hooks', async () => {
    host = await start();
    const order: string[] = [];
    for (const name of ['lasting ended', 'appTerminate']) signals.once(name, () => order.push(name));
    const began = once(signals, 'lasting began');
    const request = send('/lasting', 'GET')
      .on('error', () => {})
      .end();
    await began;
    const left = closedAnswer('/lasting', false);
    request.destroy();
    await left;
    const closed = host.close();
    await refused(host.port);
    signals.emit('end lasting');
    await closed;
    expect(order).toEqual(['lasting ended', 'appTerminate']);
  });

  test('leaves none either when the start fails', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await expect(startHost({ root: app.root, port, log: () => {} })).rejects.toThrow('is in use');
    taken.close();
    await vi.waitFor(() => expect(openHandles()).toBe(0));
  });

  test('lets the process end of itself', async () => {
    const script = `
      import { startHost } from ${JSON.stringify(import.meta.resolve('../../../dev/host/host.ts'))};
      const host = await startHost({ root: process.argv[1], port: 0 });
      await (await fetch(host.url + '/status/200')).text();
      await host.close();
      console.log('closed');
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, app.root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(await text(child.stdout)).toBe('closed\n');
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(0);
  });
});

/** Resolves once nothing listens on the port. */
const refused = (port: number) =>
  vi.waitFor(() => expect(fetch(`http://127.0.0.1:${port}/status/200`)).rejects.toThrow('fetch failed'));

/** Waits until what has come in on a socket, all of it, matches. */
function answerOn(socket: Socket): (pattern: RegExp) => Promise<void> {
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  return (pattern) => vi.waitFor(() => expect(received).toMatch(pattern));
}

/** Resolves once the library's answer to `path` is closed, whole or not as `whole` says. */
function closedAnswer(path: string, whole: boolean): Promise<void> {
  return new Promise((resolve) => {
    const onClosed = (url: string, finished: boolean) => {
      if (url !== path || finished !== whole) return;
      signals.off('answer closed', onClosed);
      resolve();
    };
    signals.on('answer closed', onClosed);
  });
}
