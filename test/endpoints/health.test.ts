import { ContainerClient } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { containerSasUrl } from '../../dev/services.ts';
import type { App } from '../../shared/app.ts';
import { handle } from '../../shared/endpoints/handle.ts';
import { health } from '../../shared/endpoints/health.ts';
import { type LocalApp, localApp, origin, signedIn } from '../fixtures/local-app.ts';
import { type StorageProxy, startStorageProxy } from '../token-store/storage-proxy.ts';

let local: LocalApp;
let proxy: StorageProxy;
beforeAll(async () => {
  [local, proxy] = await Promise.all([localApp(), startStorageProxy()]);
  await signedIn(local);
});
afterAll(() => Promise.all([local.close(), proxy.close()]));
afterEach(() => {
  proxy.fault = () => undefined;
  const { control } = local.services.vault;
  control.down(false);
  control.refuseAccess(false);
  control.throttle(false);
  for (const name of ['tokenkeep-wrap', 'tokenkeep-sign']) control.enable(name);
});

interface Health {
  readonly status: string;
  readonly checks: { name: string; ok: boolean; code?: string; remedy?: string }[];
}

async function healthOf(app: App) {
  const response = await handle(health, new Request(`${origin}/.auth/health`), app);
  const body = (await response.json()) as Health;
  const check = (name: string) => body.checks.find((one) => one.name === name);
  return { response, body, ring: check('key_ring'), container: check('container') };
}

const sasUrl = () => local.services.environment['WEBSITE_AUTH_TOKEN_CONTAINER_SASURL'] ?? '';
const inContainer = (url: string) => local.another({ WEBSITE_AUTH_TOKEN_CONTAINER_SASURL: url });
const raw = () => new ContainerClient(local.services.azurite.connectionString, local.services.containerName);

/** Every blob and its tag: what a check must not change. */
async function blobs(): Promise<Record<string, string | undefined>> {
  const found: Record<string, string | undefined> = {};
  for await (const { name, properties } of raw().listBlobsFlat()) found[name] = properties.etag;
  return found;
}

it('is 200 where everything can be reached, and changes nothing', async () => {
  const before = await blobs();
  const { response, body } = await healthOf(local.another());
  expect(response.status).toBe(200);
  expect(body).toEqual({
    status: 'ready',
    sas_expires_on: expect.stringMatching(/^20\d\d-/),
    checks: [
      { name: 'key_ring', ok: true },
      { name: 'container', ok: true },
    ],
  });
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await blobs()).toEqual(before);
});

it('is 200 in an installation that nobody has used yet', async () => {
  const app = inContainer(await containerSasUrl(local.services.azurite, 'never-used', 'rwdl'));
  expect((await healthOf(app)).response.status).toBe(200);
});

describe('is 503 and says what to do', () => {
  it.each([
    ['the vault does not answer', () => local.services.vault.control.down(true), 'vault_unreachable'],
    ['the vault is asked too much', () => local.services.vault.control.throttle(true), 'vault_unreachable'],
    ['the vault refuses', () => local.services.vault.control.refuseAccess(true), 'vault_access_refused'],
    [
      'the wrapping key is disabled',
      () => local.services.vault.control.disable('tokenkeep-wrap'),
      'vault_key_disabled',
    ],
    ['the signing key is disabled', () => local.services.vault.control.disable('tokenkeep-sign'), 'vault_key_disabled'],
  ] as const)('when %s, until that is over', async (_, fault, code) => {
    const before = await blobs();
    const app = local.another();
    fault();
    const { response, body, ring } = await healthOf(app);
    expect(response.status).toBe(503);
    expect(body.status).toBe('not ready');
    expect(ring).toMatchObject({ ok: false, code, remedy: expect.stringMatching(/\w{3}/) });
    expect(local.logged.findLast(({ event }) => event === 'not_ready')).toMatchObject({ level: 'error', error: code });

    for (const name of ['tokenkeep-wrap', 'tokenkeep-sign']) local.services.vault.control.enable(name);
    local.services.vault.control.down(false);
    local.services.vault.control.refuseAccess(false);
    local.services.vault.control.throttle(false);
    expect((await healthOf(app)).response.status).toBe(200);
    expect(await blobs()).toEqual(before);
  });

  it.each(['tokenkeep-wrap', 'tokenkeep-sign'])('when the key %s is deleted, until it is recovered', async (name) => {
    const app = local.another();
    local.services.vault.control.remove(name);
    const { response, ring } = await healthOf(app);
    local.services.vault.control.recover(name);
    expect(response.status).toBe(503);
    expect(ring).toMatchObject({ ok: false, code: 'vault_key_deleted' });
    expect((await healthOf(app)).response.status).toBe(200);
  });

  it.each([
    ['has expired', { status: 403, code: 'AuthenticationFailed' }, 'container_access_expired'],
    ['lacks a permission', { status: 403, code: 'AuthorizationPermissionMismatch' }, 'container_access_refused'],
    ['is gone', { status: 404, code: 'ContainerNotFound' }, 'container_missing'],
    ['does not answer', 'unsent', 'container_unreachable'],
  ] as const)('when the access to the container, or the container, %s', async (_, fault, code) => {
    const app = inContainer(proxy.through(sasUrl()));
    expect((await healthOf(app)).response.status).toBe(200);
    proxy.fault = () => fault;
    const { response, ring, container } = await healthOf(app);
    expect(response.status).toBe(503);
    expect(ring).toEqual({ name: 'key_ring', ok: true });
    expect(container).toMatchObject({ ok: false, code });
  });

  it.each(['GET', 'PUT'])('when the container refuses every %s', async (method) => {
    const app = inContainer(proxy.through(sasUrl()));
    await healthOf(app);
    proxy.fault = (request) =>
      request.method === method ? { status: 403, code: 'AuthorizationPermissionMismatch' } : undefined;
    expect((await healthOf(app)).container).toMatchObject({ ok: false, code: 'container_access_refused' });
  });
});

it('says nothing about users, nor how the container and the vault are reached', async () => {
  local.services.vault.control.down(true);
  const { body } = await healthOf(local.another());
  const text = JSON.stringify(body);
  for (const secret of ['ada', 'sig=', local.services.containerName, local.services.vault.url, '127.0.0.1']) {
    expect(text).not.toContain(secret);
  }
});
