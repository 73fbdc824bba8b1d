import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Fault } from '../../chaos/plan.ts';
import { type FaultProxy, type Passage, startFaultProxy } from '../../chaos/proxy.ts';
import { listenOnLoopback } from '../../dev/loopback-server.ts';

let proxy: FaultProxy;
let service: { port: number; close(): Promise<void> };
let arrived = 0;
let passages: Passage[] = [];

beforeAll(async () => {
  const server = createServer((request, response) => {
    arrived += 1;
    response.writeHead(201, { 'x-from': 'service' });
    response.end(`${request.method} ${request.headers['x-asked']} at ${service.port}`);
  });
  service = await listenOnLoopback(server, 0);
  proxy = await startFaultProxy({
    service: `http://127.0.0.1:${service.port}`,
    fraction: () => 0.5,
    observe: (passage) => passages.push(passage),
    rewrite: (body, port) => body.replace(String(service.port), String(port)),
  });
});

afterAll(async () => {
  await proxy.close();
  await service.close();
});

beforeEach(() => {
  arrived = 0;
  passages = [];
  proxy.fault = undefined;
});

const ask = (fault?: Fault) => {
  proxy.fault = fault;
  return fetch(`http://127.0.0.1:${proxy.port}/path?query`, {
    method: 'PUT',
    body: 'text',
    headers: { 'x-asked': 'a' },
  });
};

it('hands a request on whole, and its answer back', async () => {
  const response = await ask();
  expect(response.status).toBe(201);
  expect(response.headers.get('x-from')).toBe('service');
  expect(await response.text()).toBe(`PUT a at ${proxy.port}`);
  await expect.poll(() => passages).toMatchObject([{ target: '/path?query', status: 201, delivered: true }]);
  expect(passages[0]?.body.toString()).toBe('text');
});

it('lets nothing arrive that is cut on the way there', async () => {
  await expect(ask({ kind: 'unsent', share: 1 })).rejects.toThrow();
  expect([arrived, passages]).toEqual([0, []]);
});

it('lets the request take effect whose answer is lost on the way back, and knows so', async () => {
  await expect(ask({ kind: 'unanswered', share: 1 })).rejects.toThrow();
  expect(arrived).toBe(1);
  await expect.poll(() => passages).toMatchObject([{ status: 201, delivered: false }]);
});

it('answers 503 in the place of the service', async () => {
  const response = await ask({ kind: 'refused', share: 1, retryAfter: 7 });
  expect([response.status, response.headers.get('retry-after'), arrived]).toEqual([503, '7', 0]);
});

it('hands on late what it delays', async () => {
  const response = await ask({ kind: 'delayed', share: 1, milliseconds: 20 });
  expect([response.status, arrived]).toEqual([201, 1]);
});

it('spares the requests that are not in its share', async () => {
  expect((await ask({ kind: 'unsent', share: 0.4 })).status).toBe(201);
});
