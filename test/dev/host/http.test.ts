import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Host, startHost } from '../../../dev/host/host.ts';
import { type BuiltApp, buildApp } from './fixtures/build-app.ts';

let app: BuiltApp;
let host: Host;
const lines: string[] = [];
/** What the fallback was asked for. */
const asked: (string | undefined)[] = [];

beforeAll(async () => {
  app = await buildApp('http-app');
  host = await startHost({
    root: app.root,
    port: 0,
    log: (line) => lines.push(line),
    environment: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '300000' },
    fallback: async (request, response) => {
      asked.push(request.url);
      if (request.url !== '/demo') return false;
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>demo</p>');
      return true;
    },
  });
});

afterAll(async () => {
  await host.close();
  await app.remove();
});

const get = (path: string, init?: RequestInit) => fetch(host.url + path, init);

interface Echo {
  method: string;
  url: string;
  query: Record<string, string>;
  params: Record<string, string>;
  headers: Record<string, string>;
  text: string;
}

async function echo(path: string, init?: RequestInit): Promise<Echo> {
  const response = await get(path, init);
  expect(response.status).toBe(200);
  return (await response.json()) as Echo;
}

describe('routes', () => {
  test('the first function by name wins', async () => {
    expect(await (await get('/hello')).text()).toBe('hello');
    expect(await (await get('/order/special')).text()).toBe('orderA');
    expect(await (await get('/ORDER/1', { method: 'DELETE' })).text()).toBe('orderC');
  });

  test('a method that no function of the path takes is 404, and so is an unknown path', async () => {
    expect((await get('/hello', { method: 'PUT' })).status).toBe(404);
    expect((await get('/unknown')).status).toBe(404);
    expect((await get('/admin/hello')).status).toBe(404);
    expect((await get('/runtime/hello')).status).toBe(404);
  });

  test('the fallback answers what no function takes, and is asked for nothing else', async () => {
    asked.length = 0;
    expect(await (await get('/demo')).text()).toBe('<p>demo</p>');
    expect((await get('/other')).status).toBe(404);
    for (const path of ['/hello', '/admin/x', '/runtime/x']) await get(path, { method: 'PUT' });
    expect(asked).toEqual(['/demo', '/other']);
  });

  test('lists the functions in the order in which they are tried', () => {
    expect(host.functions.map(({ name }) => name)).toEqual([
      'bytes',
      'cookies',
      'echo',
      'fails',
      'files',
      'hello',
      'logs',
      'nothing',
      'orderA',
      'orderB',
      'orderC',
      'status',
    ]);
    expect(host.functions[2]).toEqual({
      name: 'echo',
      kind: 'http',
      route: 'echo/{first}/{second?}',
      methods: ['GET', 'POST', 'PUT'],
    });
  });
});

describe('requests', () => {
  test('parameters are decoded; an optional one may be missing', async () => {
    expect((await echo('/echo/a%20b/c')).params).toEqual({ first: 'a b', second: 'c' });
    expect((await echo('/echo/a')).params).toEqual({ first: 'a' });
    expect((await echo('/files/x/y%2Fz')).params).toEqual({ path: 'x/y%2Fz' });
  });

  test('repeated query parameters are joined with a comma, names without case', async () => {
    const { query, url } = await echo('/echo/a?x=1&y=%C3%A9+b&X=2&x=3&empty=&bare');
    expect(query).toEqual({ x: '1,2,3', y: 'é b', empty: '', bare: '' });
    expect(url).toBe(`${host.url}/echo/a?x=1&y=%C3%A9+b&X=2&x=3&empty=&bare`);
  });

  test('a query named __proto__ brings in nothing else', async () => {
    expect((await echo('/echo/a?__proto__=1&z=2')).query).toEqual({ z: '2' });
  });

  test('headers come in lower case, repeated ones joined', async () => {
    const raw = [
      'GET /echo/a HTTP/1.1',
      'Host: other.example:1',
      'X-Twice: 1',
      'x-twice: 2',
      'X-Empty:',
      'Connection: close',
    ];
    const socket = connect(host.port, '127.0.0.1');
    socket.end(`${raw.join('\r\n')}\r\n\r\n`);
    const [, body] = (await text(socket)).split('\r\n\r\n');
    const { headers, url } = JSON.parse(body ?? '') as Echo;
    expect(headers).toMatchObject({ 'x-twice': '1,2', 'x-empty': '', host: 'other.example:1' });
    expect(url).toBe('http://other.example:1/echo/a');
  });

  test('the target may be a whole URL', async () => {
    const request = httpRequest({ port: host.port, path: `${host.url}/echo/a?b=1`, agent: false }).end();
    const [response] = await once(request, 'response');
    expect(JSON.parse(await text(response))).toMatchObject({ url: `${host.url}/echo/a?b=1`, query: { b: '1' } });
  });

  test('a body arrives byte for byte', async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
    const response = await get('/bytes', { method: 'POST', body: bytes });
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  });

  test('a body may come in chunks of unknown length', async () => {
    const body = new Blob(['one ', 'two']).stream();
    const { text: received } = await echo('/echo/a', { method: 'POST', body, duplex: 'half' } as RequestInit);
    expect(received).toBe('one two');
  });

  test('a body beyond the limit is 413, announced or not', async () => {
    const big = new Uint8Array(300_001);
    expect((await get('/bytes', { method: 'POST', body: big })).status).toBe(413);
    const stream = { method: 'POST', body: new Blob([big]).stream(), duplex: 'half' } as RequestInit;
    expect((await get('/bytes', stream)).status).toBe(413);
    expect((await get('/bytes', { method: 'POST', body: big.subarray(1) })).status).toBe(200);
  });

  test('a client that sends all of a body too large before it reads is answered', async () => {
    const socket = connect(host.port, '127.0.0.1');
    socket.write('POST /bytes HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n');
    const chunk = `${(100_000).toString(16)}\r\n${'x'.repeat(100_000)}\r\n`;
    for (let count = 0; count < 100; count += 1) {
      if (!socket.write(chunk)) await once(socket, 'drain');
    }
    socket.end('0\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1.1 413 /);
  });

  test('a client that goes away harms nothing', async () => {
    const socket = connect(host.port, '127.0.0.1');
    socket.write('POST /bytes HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
    await once(socket, 'connect');
    socket.destroy();
    expect((await get('/hello')).status).toBe(200);
  });
});

describe('responses', () => {
  test('cookies are sent one a line, in the form of ASP.NET Core', async () => {
    const response = await get('/cookies');
    expect(response.headers.getSetCookie()).toEqual([
      'fromHeader=1; Path=/x',
      'plain=a%20b%27c%3B%C3%A9; path=/',
      'full=1; expires=Wed, 02 Jan 2030 03:04:05 GMT; max-age=60; domain=example.org; path=/.auth; secure; ' +
        'samesite=none; httponly',
    ]);
  });

  test.each([200, 204, 205, 304, 404, 503])('status %i', async (code) => {
    const response = await get(`/status/${code}`);
    expect(response.status).toBe(code);
    expect(response.headers.get('x-sent')).toBe('yes');
    expect(await response.text()).toBe([204, 205, 304].includes(code) ? '' : 'body');
  });

  test('HEAD has the length and no body', async () => {
    const response = await get('/status/200', { method: 'HEAD' });
    expect(response.headers.get('content-length')).toBe('4');
    expect(await response.text()).toBe('');
  });

  test('nothing returned is 204', async () => {
    expect((await get('/nothing')).status).toBe(204);
  });

  test('a handler that throws is 500 with an empty body and one entry in the log', async () => {
    lines.length = 0;
    const response = await get('/fails');
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\[fails\] error: Error: the handler broke\n/);
  });

  test('the log of a function is printed under its name, from information on', async () => {
    lines.length = 0;
    await get('/logs');
    expect(lines).toEqual(['[logs] one { two: 2 }', '[logs] warning: careful']);
  });

  test("the caller's trace is carried on", async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
    const inside = (await (await get('/logs', { headers })).json()) as { traceParent: string };
    expect(inside.traceParent).toMatch(new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
    const outside = (await (await get('/logs')).json()) as { traceParent: string };
    expect(outside.traceParent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });
});
