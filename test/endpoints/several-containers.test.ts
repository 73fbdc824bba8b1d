import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blobName } from '../../shared/token-store/names.ts';
import { containerSetting, type Instance, instance } from '../fixtures/containers.ts';
import { type LocalApp, localApp, origin } from '../fixtures/local-app.ts';
import { markersOf, sessionIdIn, storedEntry } from '../fixtures/stored.ts';
import { localContainer } from '../token-store/local-store.ts';
import { type StorageProxy, startStorageProxy } from '../token-store/storage-proxy.ts';

type Place = Awaited<ReturnType<typeof localContainer>>;

let local: LocalApp;
let proxy: StorageProxy;
let first: Place;
let second: Place;
beforeAll(async () => {
  [first, second, proxy] = await Promise.all([localContainer(), localContainer(), startStorageProxy()]);
  local = await localApp({ environment: { [containerSetting]: first.url } });
});
beforeEach(() => {
  proxy.fault = () => undefined;
  local.clock.reset();
});
afterAll(() => Promise.all([local.close(), proxy.close()]));

async function isIn(place: Place, cookie: string): Promise<boolean> {
  return place.raw.getBlobClient(blobName.session(sessionIdIn(cookie))).exists();
}

/** Signs in until a session lies in this container. */
async function signedInTo(place: Place, app: Instance): Promise<string> {
  for (let tries = 0; tries < 60; tries++) {
    const cookie = await app.signIn();
    if (await isIn(place, cookie)) return cookie;
  }
  throw new Error('no session came to lie there');
}

const statusOf = async (app: Instance, path: string, cookie: string, method = 'GET') =>
  (await app.fetch(path, { method, headers: { cookie, origin } })).status;
const refreshes = async (app: Instance, cookie: string) =>
  (await storedEntry(app.app, sessionIdIn(cookie))).history.map(({ by }) => by);

describe('with two containers', () => {
  const both = () => instance(local, `${first.url} ${second.url}`);

  it.each([
    ['first', () => first],
    ['second', () => second],
  ] as const)('a session in the %s is shown, refreshed, visited and ended', async (_, place) => {
    const app = both();
    const cookie = await signedInTo(place(), app);
    expect(await statusOf(app, '/.auth/me', cookie)).toBe(200);
    expect(await statusOf(app, '/.auth/refresh', cookie, 'POST')).toBe(200);
    local.clock.advance(3600);
    await app.sweep();
    expect(await refreshes(app, cookie)).toEqual(['request', 'sweep']);
    expect(await statusOf(app, '/.auth/logout', cookie)).toBe(302);
    expect(await statusOf(app, '/.auth/me', cookie)).toBe(401);
    expect(await isIn(place(), cookie)).toBe(false);
    expect(await markersOf(app.app, sessionIdIn(cookie))).toEqual([]);
  });

  it('the key ring is in the first', async () => {
    await both().signIn();
    const epochs = async (place: Place) => await place.raw.getBlobClient('keyring/000001').exists();
    expect([await epochs(first), await epochs(second)]).toEqual([true, false]);
  });

  it('a renewed SAS signs nobody out', async () => {
    const cookie = await signedInTo(second, both());
    const renewed = instance(local, `${await first.sasUrl('rwl')} ${await second.sasUrl('racwdl')}`);
    expect(await statusOf(renewed, '/.auth/me', cookie)).toBe(200);
  });
});

describe('while one of two containers is away', () => {
  const broken = () => instance(local, `${first.url} ${proxy.through(second.url)}`);
  const away = () => {
    proxy.fault = () => 'unsent';
  };

  it("the other's sessions are served and swept, and its own are neither lost nor signed out", async () => {
    const app = broken();
    const [here, there] = [await signedInTo(first, app), await signedInTo(second, app)];
    away();
    expect(await statusOf(app, '/.auth/me', here)).toBe(200);
    expect(await statusOf(app, '/.auth/me', there)).toBe(503);
    expect(await statusOf(app, '/.auth/logout', there)).toBe(503);
    local.clock.advance(3600);
    await app.sweep();
    expect(await refreshes(app, here)).toEqual(['sweep']);
    expect(local.logged).toContainEqual(
      expect.objectContaining({ event: 'sweep_incomplete', error: 'container_unreachable' }),
    );

    proxy.fault = () => undefined;
    expect(await statusOf(app, '/.auth/me', there)).toBe(200);
    await app.sweep();
    expect(await refreshes(app, there)).toHaveLength(1);
  });

  it('the health report says that it is not ready, and only the log says which one it is', async () => {
    const app = broken();
    await app.signIn();
    away();
    const response = await app.fetch('/.auth/health');
    const report = await response.text();
    expect(response.status).toBe(503);
    expect(JSON.parse(report).checks).toMatchObject([
      { name: 'key_ring', ok: true },
      { name: 'container', ok: false, code: 'container_unreachable' },
    ]);
    expect(report).not.toContain(second.name);
    expect(local.logged.findLast(({ event }) => event === 'not_ready')).toMatchObject({
      check: 'container',
      container: proxy.through(second.url).split('?')[0],
    });
  });
});

describe('step by step', () => {
  const guide = readFileSync(new URL('../../docs/guides/several-containers.md', import.meta.url), 'utf8');
  /** The lists of the guide, in the order in which a container comes; it goes in the opposite order. */
  const steps = () =>
    [...guide.matchAll(/^\| \d \| `(.+?)` \|/gm)].map(([, list = '']) =>
      list.replace('<others>', first.url).replace('<new>', second.url),
    );

  it('the guide has four lists', () => {
    expect(steps().map((list) => list.split(/[ #]/).length)).toEqual([1, 3, 3, 2]);
  });

  it.each([
    ['adding a container', () => steps()],
    ['taking a container away', () => steps().toReversed()],
  ] as const)('%s signs nobody out, whichever of two neighbouring steps an instance is at', async (_, lists) => {
    const instances = lists().map((list) => instance(local, list));
    for (const [at, older] of instances.entries()) {
      const newer = instances[at + 1];
      if (!newer) break;
      for (const [signer, others] of [
        [older, newer],
        [newer, older],
      ] as const) {
        const cookies = [await signer.signIn(), await signer.signIn(), await signer.signIn()];
        for (const cookie of cookies) {
          expect(await statusOf(others, '/.auth/me', cookie)).toBe(200);
          expect(await statusOf(others, '/.auth/refresh', cookie, 'POST')).toBe(200);
          expect(await statusOf(signer, '/.auth/me', cookie)).toBe(200);
          expect(await markersOf(others.app, sessionIdIn(cookie))).toHaveLength(1);
          expect(await markersOf(signer.app, sessionIdIn(cookie))).toHaveLength(1);
        }
        for (const cookie of cookies) {
          expect(await statusOf(others, '/.auth/logout', cookie)).toBe(302);
          expect(await statusOf(signer, '/.auth/me', cookie)).toBe(401);
          expect(await markersOf(signer.app, sessionIdIn(cookie))).toEqual([]);
        }
      }
    }
  });

  it.each([
    ['added', () => [0, 2]],
    ['taken away', () => [3, 1]],
  ] as const)('what is due is refreshed where it is while a container is being %s', async (_, at) => {
    const [before, during] = at().map((step) => instance(local, steps()[step] ?? '')) as [Instance, Instance];
    const cookies = [await before.signIn(), await before.signIn(), await before.signIn(), await before.signIn()];
    local.clock.advance(3600);
    await during.sweep();
    for (const cookie of cookies) {
      expect(await refreshes(during, cookie)).toEqual(['sweep']);
      expect(await markersOf(during.app, sessionIdIn(cookie))).toHaveLength(1);
    }
  });
});
