import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoPage } from '../../dev/demo-page.ts';

let server: Server;
let origin: string;

beforeAll(async () => {
  const handler = await demoPage();
  server = createServer((request, response) => {
    if (!handler(request, response)) response.writeHead(418).end('passed on');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('no address');
  origin = `http://127.0.0.1:${address.port}`;
});
afterAll(() => server.close());

const get = (path: string, method = 'GET') => fetch(`${origin}${path}`, { method });

test.each([
  ['/', 'text/html; charset=utf-8', '<!doctype html>'],
  ['/?from=sign-in', 'text/html; charset=utf-8', '<!doctype html>'],
  ['/demo.js', 'text/javascript; charset=utf-8', '/.auth/login/demo'],
  ['/demo.css', 'text/css; charset=utf-8', 'prefers-color-scheme: dark'],
  ['/favicon.svg', 'image/svg+xml', '<svg'],
])('%s comes with its type, and is neither stored nor sniffed', async (path, type, part) => {
  const response = await get(path);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe(type);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(await response.text()).toContain(part);
});

test('the policy allows files of this origin and nothing inline, and no markup made from text', async () => {
  const policy = (await get('/')).headers.get('content-security-policy') ?? '';
  const rules = new Map(policy.split('; ').map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1)]));
  expect(rules.get('default-src')).toEqual(["'none'"]);
  for (const kind of ['script-src', 'style-src', 'img-src', 'connect-src']) {
    expect(rules.get(kind)).toEqual(["'self'"]);
  }
  for (const kind of ['base-uri', 'form-action', 'frame-ancestors']) expect(rules.get(kind)).toEqual(["'none'"]);
  expect(rules.get('require-trusted-types-for')).toEqual(["'script'"]);
});

test('HEAD is answered with the headers of GET and no body', async () => {
  const [head, full] = [await get('/demo.js', 'HEAD'), await get('/demo.js')];
  expect(head.status).toBe(200);
  expect(head.headers.get('content-length')).toBe(String(new TextEncoder().encode(await full.text()).byteLength));
  expect(await head.text()).toBe('');
});

test.each([
  ['/demo.js.map', 'GET'],
  ['/demo-page/main.ts', 'GET'],
  ['/.auth/me', 'GET'],
  ['/favicon.ico', 'GET'],
  ['//', 'GET'],
  ['/', 'POST'],
  ['/demo.js', 'DELETE'],
])('%s by %s is left to others', async (path, method) => {
  const response = await get(path, method);
  expect(response.status).toBe(418);
  expect(await response.text()).toBe('passed on');
  expect(response.headers.get('content-security-policy')).toBeNull();
});

test('the page has no script or style of its own, and loads only what the handler serves', async () => {
  const html = await (await get('/')).text();
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
  expect([...html.matchAll(/<script\b[^>]*>([^<]*)/g)].map(([, text]) => text)).toEqual(['']);
  const loaded = [...html.matchAll(/<(?:script|link|img)\b[^>]*?(?:src|href)="([^"]*)"/g)].map(([, url]) => url ?? '');
  expect(loaded.length).toBeGreaterThanOrEqual(3);
  for (const url of loaded) expect((await get(url)).status).toBe(200);
  const style = await (await get('/demo.css')).text();
  expect(style).not.toMatch(/@import|url\(/);
});
