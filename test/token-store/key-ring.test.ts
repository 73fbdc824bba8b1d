import { afterAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { azureContainer } from '../../shared/token-store/azure-container.ts';
import { createKeyRing, type KeyRing } from '../../shared/token-store/key-ring.ts';
import type { EpochNumber } from '../../shared/token-store/names.ts';
import { open, seal } from '../../shared/token-store/seal.ts';
import { gathered, localContainer, localVault, recordingLog, stoppedPlatform } from './local-store.ts';
import { startStorageProxy } from './storage-proxy.ts';

const keys = await localVault();
afterAll(() => keys.close());

let place: Awaited<ReturnType<typeof localContainer>>;
let instance: () => KeyRing;
let logged: Record<string, unknown>[];
beforeEach(async () => {
  place = await localContainer();
  const { platform, clock } = stoppedPlatform();
  const recording = recordingLog(clock.now);
  logged = recording.logged;
  instance = () => createKeyRing(place.container, keys.vault, platform, recording.log);
});

const epochs = () => gathered(place.container.list('keyring/'));
const created = () => logged.filter(({ event }) => event === 'epoch_created');

it('makes the first epoch when it is first needed, and not before', async () => {
  const ring = instance();
  expect(await ring.all()).toEqual([]);
  expect(await epochs()).toEqual([]);
  expect((await ring.newest()).number).toBe('000001');
  expect(await epochs()).toEqual(['keyring/000001']);
});

it('makes one epoch however many instances start at once, and all of them use it', async () => {
  const newest = await Promise.all(Array.from({ length: 20 }, () => instance().newest()));
  expect(await epochs()).toEqual(['keyring/000001']);
  expect(created()).toHaveLength(1);
  expect(new Set(newest.map(({ sealing }) => Buffer.from(sealing).toString('hex'))).size).toBe(1);
  const sealed = await seal(newest[0] ?? (await instance().newest()), 'place', '{}');
  expect(await open(instance(), 'place', sealed)).toMatchObject({ document: '{}' });
});

it('makes the first epoch once for all who ask at the same time', async () => {
  const ring = instance();
  keys.service.calls.reset();
  const newest = await Promise.all(Array.from({ length: 30 }, () => ring.newest()));
  expect(new Set(newest).size).toBe(1);
  expect(keys.service.calls.byOperation).toEqual({ getKey: 3, sign: 1, unwrapKey: 1 });
});

it('asks the vault and the container as often for a thousand uses as for ten', async () => {
  const proxy = await startStorageProxy();
  onTestFinished(() => proxy.close());
  await instance().newest();
  const { platform, clock } = stoppedPlatform();
  const container = azureContainer({ url: proxy.through(place.url), deletes: true });

  async function cost(uses: number) {
    const ring = createKeyRing(container, keys.vault, platform, recordingLog(clock.now).log);
    keys.service.calls.reset();
    proxy.requests.length = 0;
    for (let use = 0; use < uses / 2; use++) await ring.epoch((await ring.newest()).number);
    await Promise.all(Array.from({ length: uses / 2 }, () => ring.newest()));
    return { vault: { ...keys.service.calls.byOperation }, container: proxy.requests.length };
  }

  const ten = await cost(10);
  expect(await cost(1000)).toEqual(ten);
  expect(ten).toEqual({ vault: { getKey: 1, unwrapKey: 1 }, container: 2 });
});

it('opens an epoch once for all who ask at the same time', async () => {
  const { number } = await instance().newest();
  const ring = instance();
  keys.service.calls.reset();
  await Promise.all(Array.from({ length: 50 }, () => ring.epoch(number)));
  expect(keys.service.calls.byOperation['unwrapKey']).toBe(1);
});

it('knows an epoch that does not exist', async () => {
  await instance().newest();
  await expect(instance().epoch('000002' as EpochNumber)).rejects.toMatchObject({ code: 'seal_epoch_unknown' });
});

it('makes no new epoch in the place of a damaged one, and serves nothing', async () => {
  await instance().newest();
  const before = await place.container.read('keyring/000001');
  if (before.status !== 'found') throw new Error('there is no epoch');
  const damaged = `${before.body.slice(0, -1)}!`;
  await place.container.replace('keyring/000001', damaged, before);

  const ring = instance();
  for (const use of [() => ring.newest(), () => ring.all(), () => ring.rotate()]) {
    await expect(use()).rejects.toMatchObject({ code: 'key_ring_damaged' });
  }
  expect(await epochs()).toEqual(['keyring/000001']);
  expect(await place.container.read('keyring/000001')).toMatchObject({ body: damaged });
});

it('refuses an epoch that was copied to the number of a later one', async () => {
  await instance().newest();
  const epoch = await place.container.read('keyring/000001');
  if (epoch.status !== 'found') throw new Error('there is no epoch');
  await place.container.create('keyring/000002', epoch.body);
  await expect(instance().newest()).rejects.toMatchObject({ code: 'key_ring_damaged' });
});

it('passes over what else lies under its prefix', async () => {
  await place.container.create('keyring/readme', 'not an epoch');
  await place.container.create('keyring/000001.bak', 'not an epoch');
  expect((await instance().newest()).number).toBe('000001');
  expect((await instance().all()).map(({ number }) => number)).toEqual(['000001']);
});
