import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { outboundLimit } from '../../shared/http/outbound.ts';
import type { SessionId } from '../../shared/token-store/names.ts';
import { faultyEngine } from '../fixtures/engine.ts';
import { type LocalApp, localApp, signedIn } from '../fixtures/local-app.ts';
import { sessionIdIn, storedEntry } from '../fixtures/stored.ts';
import { heldTimeLimits } from '../fixtures/time-limits.ts';

const megabyte = 1024 * 1024;
const largest = 64 * megabyte;

/** A token endpoint that streams: a body of 64 MB, or one that begins and never ends. */
const endpoint = {
  server: undefined as Server | undefined,
  url: '',
  kind: undefined as 'large' | 'endless' | undefined,
  /** Bytes of bodies that were handed to the connection. */
  sent: 0,
  /** Resolves with the number of bytes once the client has hung up. */
  hungUp: Promise.withResolvers<number>(),
};

let local: LocalApp;
let id: SessionId;
beforeAll(async () => {
  endpoint.server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    endpoint.sent += '{"access_token":"'.length;
    response.write('{"access_token":"');
    response.on('close', () => endpoint.hungUp.resolve(endpoint.sent));
    if (endpoint.kind === 'endless') return;
    const chunk = 'x'.repeat(megabyte / 16);
    const goOn = () => {
      while (endpoint.sent < largest && !response.destroyed) {
        endpoint.sent += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', goOn);
      }
      response.end('"}');
    };
    goOn();
  });
  await new Promise<void>((listening) => endpoint.server?.listen(0, '127.0.0.1', listening));
  endpoint.url = `http://127.0.0.1:${(endpoint.server.address() as AddressInfo).port}/token`;
  local = await localApp({
    fetch: (input, init) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      return fetch(endpoint.kind !== undefined && pathname === '/token' ? endpoint.url : input, init);
    },
  });
});
beforeEach(async () => {
  Object.assign(endpoint, { kind: undefined, sent: 0, hungUp: Promise.withResolvers<number>() });
  local.services.provider.control.clear();
  local.clock.reset();
  id = sessionIdIn((await signedIn(local)).cookie);
});
afterAll(async () => {
  await local.close();
  endpoint.server?.closeAllConnections();
  await new Promise((closed) => endpoint.server?.close(closed));
});

const refresh = () => faultyEngine(local.app, {}).refresh({ id, cause: 'request' });

/** The demo provider does what it is asked, and this is what becomes of its answer. */
function answering(change: (genuine: Record<string, unknown>) => object): void {
  local.services.provider.control.fail('token', {
    when: 'after',
    status: 200,
    times: 1,
    body: (genuine) => change(genuine as Record<string, unknown>),
  });
}

describe('what the answer leaves out stays as it was:', () => {
  it('the ID token, with its claims', async () => {
    const before = await storedEntry(local.app, id);
    answering(({ id_token: _left, ...others }) => others);
    expect((await refresh()).status).toBe('refreshed');
    const after = await storedEntry(local.app, id);
    expect(after.accessToken.reveal()).not.toBe(before.accessToken.reveal());
    expect(after.idToken?.reveal()).toBe(before.idToken?.reveal());
    expect(after.claims).toEqual(before.claims);
  });

  it.each([undefined, '', null, 17, {}])('the refresh token, where it is %j', async (refresh_token) => {
    const before = await storedEntry(local.app, id);
    answering((genuine) => ({ ...genuine, refresh_token }));
    expect((await refresh()).status).toBe('refreshed');
    const after = await storedEntry(local.app, id);
    expect(after.accessToken.reveal()).not.toBe(before.accessToken.reveal());
    expect(after.refreshToken?.reveal()).toBe(before.refreshToken?.reveal());
  });
});

it('the refresh token that is stored already may come again', async () => {
  const before = await storedEntry(local.app, id);
  answering((genuine) => ({ ...genuine, refresh_token: before.refreshToken?.reveal() }));
  expect((await refresh()).status).toBe('refreshed');
  const after = await storedEntry(local.app, id);
  expect(after.refreshToken?.reveal()).toBe(before.refreshToken?.reveal());
  expect(after).toMatchObject({ failures: 0, history: [{ by: 'request' }] });
  expect(after).not.toHaveProperty('attemptedAt');
});

it.each([
  ['3600', 3600],
  [1e12, 400 * 24 * 3600],
  [3599.9, 3599],
  [' 60', undefined],
  ['1e3', undefined],
  [true, undefined],
  [null, undefined],
  [{}, undefined],
])('a lifetime that is %j counts for what it says, or for not said', async (expires_in, lifetime) => {
  answering((genuine) => ({ ...genuine, expires_in }));
  expect((await refresh()).status).toBe('refreshed');
  const { issuedAt, expiresAt } = await storedEntry(local.app, id);
  expect(expiresAt).toBe(lifetime === undefined ? undefined : issuedAt + lifetime);
});

describe('an answer without end', () => {
  async function expectKept(before: Awaited<ReturnType<typeof storedEntry>>): Promise<void> {
    const after = await storedEntry(local.app, id);
    expect(after.accessToken.reveal()).toBe(before.accessToken.reveal());
    expect(after.refreshToken?.reveal()).toBe(before.refreshToken?.reveal());
    expect(after).toMatchObject({ failures: 1, unanswered: true, history: [] });
    endpoint.kind = undefined;
    expect((await refresh()).status).toBe('refreshed');
  }

  it('of 64 MB is cut off long before, and the tokens stay', async () => {
    const before = await storedEntry(local.app, id);
    endpoint.kind = 'large';
    expect(await refresh()).toMatchObject({ status: 'unavailable', reason: 'provider_response_invalid' });
    // What is more than the limit is what lies in buffers on the way.
    expect(await endpoint.hungUp.promise).toBeGreaterThan(outboundLimit);
    expect(endpoint.sent).toBeLessThan(largest / 2);
    await expectKept(before);
  });

  it('that begins and does not go on is cut off when its time is up, and the tokens stay', async () => {
    const before = await storedEntry(local.app, id);
    endpoint.kind = 'endless';
    const limits = heldTimeLimits();
    const refreshing = refresh();
    while (endpoint.sent === 0) await new Promise(setImmediate);
    limits.pass();
    expect(await refreshing).toMatchObject({ status: 'unavailable', reason: 'provider_unavailable' });
    await endpoint.hungUp.promise;
    await expectKept(before);
  });
});
