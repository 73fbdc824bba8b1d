import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createForward, type Outgoing, timeLimits } from '../../shared/gateway/forward.ts';
import { type TestUpstream, testUpstream } from '../fixtures/upstream.ts';

let upstream: TestUpstream;
beforeAll(async () => {
  upstream = await testUpstream();
});
beforeEach(() => {
  upstream.received.length = 0;
  upstream.onRequest((_, response) => response.end('ok'));
});
afterAll(() => upstream.close());

function send(outgoing: Partial<Outgoing> = {}, basePath = '', limits = timeLimits): Promise<Response> {
  const forward = createForward({ origin: upstream.origin, basePath }, limits);
  const request = { method: 'GET', target: '/', body: null, signal: new AbortController().signal, ...outgoing };
  return forward({ headers: new Headers({ host: 'localhost' }), ...request });
}

/** A body that the test writes piece by piece. */
function upload() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  return { body: readable, writer: writable.getWriter() };
}

const bytes = (content: string) => new TextEncoder().encode(content);
const codeOf = (sending: Promise<unknown>) =>
  sending.then(
    () => 'an answer',
    (error: { code: unknown }) => error.code,
  );
/** The next request, with what it is answered on. */
function nextRequest(): Promise<{ request: IncomingMessage; response: ServerResponse }> {
  return new Promise((resolve) => upstream.onRequest((request, response) => resolve({ request, response })));
}

describe('a request', () => {
  it.each([
    '/',
    '/a/b?c=d&e=%2f+%7E',
    '//evil.example/a',
    '/@evil.example/',
    '/https://evil.example/',
    '/a%2Fb;c=1/%C3%A4',
    '/?',
    '/a\\b',
  ])('for %s goes to the upstream as it is', async (target) => {
    await send({ target });
    await send({ target }, '/base/path');
    expect(upstream.received.map(({ url }) => url)).toEqual([target, `/base/path${target}`]);
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('keeps its method %s', async (method) => {
    const response = await send({ method });
    expect(upstream.received[0]?.method).toBe(method);
    expect(await response.text()).toBe(method === 'HEAD' ? '' : 'ok');
  });

  it.each(['POST', 'DELETE'])('by %s keeps its body, announced or in pieces', async (method) => {
    const contents: string[] = [];
    upstream.onRequest(async (request, response) => {
      contents.push(
        `${request.headers['content-length'] ?? request.headers['transfer-encoding']}: ${await text(request)}`,
      );
      response.end();
    });
    await send({ method, body: new Blob(['body']).stream(), headers: new Headers({ 'content-length': '4' }) });
    await send({ method, body: new Blob(['body']).stream() });
    expect(contents).toEqual(['4: body', 'chunked: body']);
  });

  it('reaches the upstream piece by piece', async () => {
    const { body, writer } = upload();
    const next = nextRequest();
    const sending = send({ method: 'POST', body });
    void writer.write(bytes('one'));
    const { request, response } = await next;
    expect(String((await once(request, 'data'))[0])).toBe('one');
    void writer.write(bytes('two'));
    expect(String((await once(request, 'data'))[0])).toBe('two');
    void writer.close();
    await once(request, 'end');
    response.end('done');
    expect(await (await sending).text()).toBe('done');
  });

  it('uses a connection again', async () => {
    const forward = createForward({ origin: upstream.origin, basePath: '' });
    const one = {
      method: 'GET',
      target: '/',
      headers: new Headers(),
      body: null,
      signal: new AbortController().signal,
    };
    await (await forward(one)).text();
    await (await forward(one)).text();
    expect(upstream.received[0]?.socket).toBe(upstream.received[1]?.socket);
  });
});

describe('an answer', () => {
  it('passes with its status, its headers and its bytes as they were sent', async () => {
    const zipped = gzipSync('content');
    upstream.onRequest((_, response) => {
      response.writeHead(418, [
        ...['Content-Encoding', 'gzip', 'Content-Length', String(zipped.length)],
        ...['Set-Cookie', 'a=%7E+/==; Path=/', 'Set-Cookie', 'b="x y"'],
      ]);
      response.end(zipped);
    });
    const response = await send();
    expect(response.status).toBe(418);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(response.headers.get('content-length')).toBe(String(zipped.length));
    expect(response.headers.getSetCookie()).toEqual(['a=%7E+/==; Path=/', 'b="x y"']);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(zipped);
  });

  it.each([204, 304])('of status %i has no body', async (status) => {
    upstream.onRequest((_, response) => response.writeHead(status, { etag: '"1"' }).end());
    const response = await send();
    expect(response).toMatchObject({ status, body: null });
    expect(response.headers.get('etag')).toBe('"1"');
  });

  it('arrives piece by piece', async () => {
    const next = nextRequest();
    const sending = send();
    const { response } = await next;
    response.write('one');
    const reader = (await sending).body?.getReader();
    expect(await reader?.read()).toMatchObject({ value: Buffer.from('one') });
    response.end('two');
    expect(await reader?.read()).toMatchObject({ value: Buffer.from('two') });
    expect(await reader?.read()).toMatchObject({ done: true });
  });

  it('may come before the body of the request has', async () => {
    upstream.onRequest((_, response) => response.writeHead(413, { connection: 'close' }).end('too large'));
    const { body, writer } = upload();
    const sending = send({ method: 'POST', body });
    void writer.write(bytes('one')).catch(() => {});
    const response = await sending;
    expect(response.status).toBe(413);
    expect(await response.text()).toBe('too large');
  });

  it('that breaks off breaks off here, too', async () => {
    upstream.onRequest(async (_, response) => {
      response.writeHead(200, { 'content-length': '6' }).write('one');
      setImmediate(() => response.destroy());
    });
    const response = await send();
    await expect(response.text()).rejects.toThrow();
  });

  it('whose reader has enough is ended at the upstream', async () => {
    const next = nextRequest();
    const sending = send();
    const { response } = await next;
    response.write('one');
    const closed = once(response, 'close');
    await (await sending).body?.cancel();
    await closed;
    expect(response.writableFinished).toBe(false);
  });
});

describe('a client that goes away', () => {
  it('before the answer ends the request to the upstream', async () => {
    const next = nextRequest();
    const controller = new AbortController();
    const code = codeOf(send({ signal: controller.signal }));
    const { response } = await next;
    const closed = once(response, 'close');
    controller.abort();
    await closed;
    expect(await code).toBe('request_malformed');
  });

  it('in the middle of its body leaves the upstream with no whole request', async () => {
    const { body, writer } = upload();
    const next = nextRequest();
    const code = codeOf(send({ method: 'POST', body }));
    void writer.write(bytes('one'));
    const { request } = await next;
    const aborted = once(request, 'aborted');
    void writer.abort(new Error('gone'));
    await aborted;
    expect(request.complete).toBe(false);
    expect(await code).toBe('request_malformed');
  });
});

describe('an upstream that fails', () => {
  const forwardTo = (port: number, scheme: string, limits = timeLimits) =>
    createForward(
      { origin: `${scheme}://localhost:${port}`, basePath: '' },
      limits,
    )({
      method: 'GET',
      target: '/',
      headers: new Headers(),
      body: null,
      signal: new AbortController().signal,
    });

  it('is unavailable where nothing listens', async () => {
    const nothing = createServer().listen(0, '127.0.0.1');
    await once(nothing, 'listening');
    const { port } = nothing.address() as AddressInfo;
    await new Promise((resolve) => nothing.close(resolve));
    expect(await codeOf(forwardTo(port, 'http'))).toBe('upstream_unavailable');
  });

  it('is unavailable where it hangs up', async () => {
    upstream.onRequest((request) => request.socket.destroy());
    expect(await codeOf(send())).toBe('upstream_unavailable');
  });

  it('is unavailable where it changes the protocol, which nobody has asked for', async () => {
    upstream.onRequest(({ socket }) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    expect(await codeOf(send())).toBe('upstream_unavailable');
  });

  it('is unavailable where its certificate is not trusted, or it has none', async () => {
    expect(await codeOf(forwardTo(Number(new URL(upstream.origin).port), 'https'))).toBe('upstream_unavailable');
  });

  it('is unavailable where its status is none', async () => {
    upstream.onRequest((_, response) => response.writeHead(799).end());
    expect(await codeOf(send())).toBe('upstream_unavailable');
  });

  it('is too late where there is no connection in time', async () => {
    // It takes the connection, and never begins with TLS.
    const silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    expect(await codeOf(forwardTo(port, 'https', { ...timeLimits, connect: 20 }))).toBe('upstream_timeout');
    await new Promise((resolve) => silent.close(resolve));
  });

  it('is too late where it never answers', async () => {
    upstream.onRequest(() => {});
    expect(await codeOf(send({}, '', { ...timeLimits, idle: 20 }))).toBe('upstream_timeout');
    expect(await codeOf(send({}, '', { ...timeLimits, whole: 20 }))).toBe('upstream_timeout');
  });

  it.each(['idle', 'whole'])('is cut where its body takes longer than the limit %s', async (limit) => {
    upstream.onRequest((_, response) => response.write('one'));
    const response = await send({}, '', { ...timeLimits, [limit]: 50 });
    await expect(response.text()).rejects.toThrow();
  });

  it('has a request without consequences repeated where it has just closed the connection, and no other', async () => {
    const forward = createForward({ origin: upstream.origin, basePath: '' });
    const one = {
      method: 'GET',
      target: '/',
      headers: new Headers(),
      body: null,
      signal: new AbortController().signal,
    };
    const used = new Set<unknown>();
    upstream.onRequest(({ socket }, response) => {
      if (used.has(socket)) return socket.resetAndDestroy();
      used.add(socket);
      return response.end('ok');
    });
    await (await forward(one)).text();
    expect(await (await forward(one)).text()).toBe('ok');
    expect(upstream.received).toHaveLength(3);
    expect(await codeOf(forward({ ...one, method: 'DELETE' }))).toBe('upstream_unavailable');
    expect(upstream.received).toHaveLength(4);
  });
});

it('no answer takes as long as a function may run in Azure, which would end the whole process', () => {
  const { functionTimeout } = JSON.parse(readFileSync(new URL('../../host.json', import.meta.url), 'utf8'));
  const [hours = 0, minutes = 0, seconds = 0] = functionTimeout.split(':').map(Number);
  expect(timeLimits.whole).toBeLessThan(((hours * 60 + minutes) * 60 + seconds) * 1000);
  expect(timeLimits.idle).toBeLessThan(230_000);
});
