import { ContainerClient } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../shared/app.ts';
import { type Handler, handle } from '../../shared/endpoints/handle.ts';
import { me } from '../../shared/endpoints/session/me.ts';
import { login } from '../../shared/endpoints/sign-in/login.ts';
import { errorTable } from '../../shared/errors/table.ts';
import { type LocalApp, localApp, origin, signedIn } from '../fixtures/local-app.ts';
import { problemIn } from '../fixtures/problem.ts';

let local: LocalApp;
let cookie: string;
beforeAll(async () => {
  local = await localApp();
  ({ cookie } = await signedIn(local));
});
afterAll(() => local.close());
afterEach(() => {
  const { control } = local.services.vault;
  control.down(false);
  control.refuseAccess(false);
  control.throttle(false);
  for (const name of ['tokenkeep-wrap', 'tokenkeep-sign']) control.enable(name);
});

const ask = (app: App, handler: Handler, path: string) =>
  handle(handler, new Request(`${origin}/.auth/${path}`, { headers: { cookie } }), app);
const signIn = (app: App) => ask(app, login, 'login/demo');
const read = (app: App) => ask(app, me, 'me');

/** Every blob of the container, with its content. */
async function blobs(): Promise<Record<string, string>> {
  const raw = new ContainerClient(local.services.azurite.connectionString, local.services.containerName);
  const found: Record<string, string> = {};
  for await (const { name } of raw.listBlobsFlat()) {
    found[name] = (await raw.getBlobClient(name).downloadToBuffer()).toString('latin1');
  }
  return found;
}

describe('a process that starts while', () => {
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
  ] as const)('%s answers with that error and leaves everything as it was', async (_, fault, code) => {
    const before = await blobs();
    const app = local.another();
    fault();
    for (const answer of [await signIn(app), await read(app)]) {
      expect(answer.status).toBe(503);
      expect(await problemIn(answer)).toMatchObject({ code, remedy: errorTable[code].remedy });
    }
    expect(await blobs()).toEqual(before);
  });

  it.each(['tokenkeep-wrap', 'tokenkeep-sign'])('the key %s is deleted makes no new keys for itself', async (name) => {
    const before = await blobs();
    const app = local.another();
    local.services.vault.control.remove(name);
    const answers = [await signIn(app), await read(app)];
    local.services.vault.control.recover(name);
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(await problemIn(answer)).toMatchObject({ code: 'vault_key_deleted' });
    }
    expect(await blobs()).toEqual(before);
    expect((await read(app)).status).toBe(200);
  });
});

it('works again without a restart as soon as the vault is back', async () => {
  const app = local.another();
  local.services.vault.control.down(true);
  expect((await read(app)).status).toBe(503);
  local.services.vault.control.down(false);
  const answer = await read(app);
  expect(answer.status).toBe(200);
  const [entry] = (await answer.json()) as { access_token: string }[];
  expect(entry?.access_token).toMatch(/./);
  expect((await signIn(app)).status).toBe(302);
});

it('serves sessions and sign-ins through an outage while its keys are open', async () => {
  local.services.vault.control.down(true);
  expect((await read(local.app)).status).toBe(200);
  await signedIn(local);
});

it('serves nothing to anybody an hour after the wrapping key was disabled, and all of it once it is enabled', async () => {
  const app = local.another();
  expect((await read(app)).status).toBe(200);
  const before = await blobs();
  local.services.vault.control.disable('tokenkeep-wrap');
  local.clock.advance(3600);
  for (const answer of [await read(app), await signIn(app)]) {
    expect(await problemIn(answer)).toMatchObject({ code: 'vault_key_disabled' });
  }
  expect(await blobs()).toEqual(before);
  local.services.vault.control.enable('tokenkeep-wrap');
  expect((await signIn(app)).status).toBe(302);
  local.clock.reset();
});
