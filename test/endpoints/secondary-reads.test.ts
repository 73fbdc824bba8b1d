import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blobName } from '../../shared/token-store/names.ts';
import { containerSetting, type Instance, instance } from '../fixtures/containers.ts';
import { type LocalApp, localApp, origin } from '../fixtures/local-app.ts';
import { sessionIdIn } from '../fixtures/stored.ts';
import { localContainer } from '../token-store/local-store.ts';
import { type Fault, type SeenRequest, type StorageProxy, startStorageProxy } from '../token-store/storage-proxy.ts';

let local: LocalApp;
let proxy: StorageProxy;
let app: Instance;
let cookie: string;
beforeAll(async () => {
  const { url } = await localContainer();
  proxy = await startStorageProxy();
  local = await localApp({ environment: { [containerSetting]: url } });
  app = instance(local, proxy.through(url), { TOKENKEEP_READ_SECONDARY: 'true' });
});
beforeEach(async () => {
  proxy.fault = () => undefined;
  local.clock.reset();
  // So that nothing is left of an outage before.
  local.clock.advance(60);
  cookie = await app.signIn();
});
afterAll(() => Promise.all([local.close(), proxy.close()]));

/** The primary is away, and the secondary answers so. */
function primaryAway(secondary?: Fault): void {
  proxy.fault = ({ account }: SeenRequest) => (account.endsWith('-secondary') ? secondary : 'unsent');
}

async function answer(path: string, method = 'GET') {
  const response = await app.fetch(path, { method, headers: { cookie, origin } });
  const body: unknown = await response.json().catch(() => undefined);
  return { status: response.status, body };
}

describe('while the primary is away', () => {
  it('me shows what the secondary has', async () => {
    const before = await answer('/.auth/me');
    primaryAway();
    expect(await answer('/.auth/me')).toEqual(before);
    expect(before.status).toBe(200);
  });

  it('a refresh is refused without asking the provider', async () => {
    const { counters } = local.services.provider;
    const before = counters.refreshGrants;
    primaryAway();
    expect(await answer('/.auth/refresh', 'POST')).toMatchObject({
      status: 503,
      body: { code: 'container_unreachable' },
    });
    expect(counters.refreshGrants).toBe(before);
  });

  it('a sign-out is refused, and the session lives on', async () => {
    primaryAway();
    expect((await answer('/.auth/logout')).status).toBe(503);
    expect((await answer('/.auth/me')).status).toBe(200);
    proxy.fault = () => undefined;
    local.clock.advance(31);
    expect((await answer('/.auth/logout')).status).toBe(302);
    expect((await answer('/.auth/me')).status).toBe(401);
  });

  it('what is read in order to write is never read from the secondary', async () => {
    primaryAway();
    await answer('/.auth/me');
    const id = sessionIdIn(cookie);
    await expect(app.app.store.read(id)).rejects.toMatchObject({ code: 'container_unreachable' });
    await expect(app.app.container.read(blobName.session(id))).rejects.toMatchObject({ code: 'container_unreachable' });
  });

  it('a session that the secondary does not have is not taken for one that has ended', async () => {
    primaryAway({ status: 404, code: 'BlobNotFound' });
    expect(await answer('/.auth/me')).toMatchObject({ status: 503, body: { code: 'container_unreachable' } });
  });
});
