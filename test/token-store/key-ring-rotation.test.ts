import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createSessionTokens, type SessionKey } from '../../shared/sessions/session-token.ts';
import { azureContainer } from '../../shared/token-store/azure-container.ts';
import { userNames } from '../../shared/token-store/epoch.ts';
import { createKeyRing, epochSeconds, type KeyRing } from '../../shared/token-store/key-ring.ts';
import type { EpochNumber } from '../../shared/token-store/names.ts';
import { open, seal } from '../../shared/token-store/seal.ts';
import type { Session } from '../../shared/token-store/session.ts';
import { localContainer, localVault, recordingLog, type StoppedClock, stoppedPlatform } from './local-store.ts';
import { type StorageProxy, startStorageProxy } from './storage-proxy.ts';

const keys = await localVault();
const proxy: StorageProxy = await startStorageProxy();
afterAll(() => Promise.all([keys.close(), proxy.close()]));

let clock: StoppedClock;
let logged: Record<string, unknown>[];
let instance: () => KeyRing;
beforeEach(async () => {
  const place = await localContainer();
  const { platform, clock: stopped } = stoppedPlatform();
  clock = stopped;
  const recording = recordingLog(clock.now);
  logged = recording.logged;
  const container = azureContainer({ url: proxy.through(place.url), deletes: true });
  instance = () => createKeyRing(container, keys.vault, platform, recording.log);
});

const listings = () => proxy.requests.filter(({ target }) => target.includes('comp=list')).length;

describe('rotating', () => {
  it('keeps what was sealed before readable, and seals with the new epoch from then on', async () => {
    const ring = instance();
    const before = await seal(await ring.newest(), 'place', '"before"');
    expect((await ring.rotate()).number).toBe('000002');
    const after = await seal(await ring.newest(), 'place', '"after"');
    for (const reader of [ring, instance()]) {
      expect(await open(reader, 'place', before)).toEqual({ document: '"before"', epoch: '000001' });
      expect(await open(reader, 'place', after)).toEqual({ document: '"after"', epoch: '000002' });
    }
  });

  it('signs nobody out: session tokens of the old epoch are good still', async () => {
    const ring = instance();
    const tokens = createSessionTokens(
      { publicOrigin: 'http://localhost:7071' },
      ring,
      { now: clock.now, sleep: async () => {} },
      undefined,
    );
    const sid = `sid:${'0'.repeat(32)}`;
    const session = { sid, provider: 'demo', expiresAt: Math.floor(clock.now() / 1000) + 3600 } as Session;
    const key = 'k'.repeat(43) as SessionKey;
    const before = await tokens.issue(session, key);
    await ring.rotate();
    const after = await tokens.issue(session, key);
    expect(await tokens.verify(before, 0)).toMatchObject({ key, sid });
    expect(await tokens.verify(after, 0)).toMatchObject({ key, sid });
    expect(after.reveal().split('.')[0]).not.toBe(before.reveal().split('.')[0]);
  });

  it('leaves the names of users as they were', async () => {
    const ring = instance();
    const names = [await ring.newest(), await ring.rotate(), await ring.rotate()].map((epoch) =>
      userNames(epoch, 'demo', 'https://issuer', 'ada'),
    );
    expect(new Set(names.map(({ user, sid }) => `${user} ${sid}`)).size).toBe(1);
  });

  it('starts an epoch that is really new, even if somebody else has started one since', async () => {
    const [one, other] = [instance(), instance()];
    await one.newest();
    await other.newest();
    await other.rotate();
    expect((await one.rotate()).number).toBe('000003');
  });

  it('is seen by other instances as soon as they meet the new epoch, however many ask at once', async () => {
    const [one, other] = [instance(), instance()];
    await one.newest();
    await other.newest();
    const { number } = await one.rotate();
    proxy.requests.length = 0;
    const found = await Promise.all(Array.from({ length: 20 }, () => other.epoch(number)));
    expect(found.every((epoch) => epoch.number === number)).toBe(true);
    expect(listings()).toBe(1);
    expect((await other.newest()).number).toBe(number);
  });

  it('is seen by other instances within the hour, even if they do not meet the new epoch', async () => {
    const [one, other] = [instance(), instance()];
    await one.newest();
    await other.newest();
    await one.rotate();
    clock.advance(3600);
    expect((await other.newest()).number).toBe('000002');
  });

  it('shows in the published keys of other instances a second later', async () => {
    const [one, other] = [instance(), instance()];
    await one.newest();
    await other.newest();
    await one.rotate();
    clock.advance(1);
    expect((await other.all()).map(({ number }) => number)).toEqual(['000001', '000002']);
  });
});

it('lists at most once a second for epoch numbers that nobody knows', async () => {
  const ring = instance();
  await ring.newest();
  proxy.requests.length = 0;
  for (const number of ['000900', '000901', '000900']) {
    await expect(ring.epoch(number as EpochNumber)).rejects.toMatchObject({ code: 'seal_epoch_unknown' });
  }
  const many = Array.from({ length: 50 }, (_, at) => ring.epoch(`0008${String(at).padStart(2, '0')}` as EpochNumber));
  expect((await Promise.allSettled(many)).every(({ status }) => status === 'rejected')).toBe(true);
  expect(listings()).toBe(1);
  clock.advance(1);
  await expect(ring.epoch('000900' as EpochNumber)).rejects.toMatchObject({ code: 'seal_epoch_unknown' });
  expect(listings()).toBe(2);
});

describe('after 30 days', () => {
  it('a new epoch follows, and not sooner', async () => {
    const ring = instance();
    await ring.newest();
    clock.advance(epochSeconds - 1);
    expect((await ring.newest()).number).toBe('000001');
    clock.advance(1);
    expect((await ring.newest()).number).toBe('000002');
    expect((await instance().newest()).number).toBe('000002');
  });

  it('one new epoch follows, however many instances are there', async () => {
    const rings = Array.from({ length: 5 }, instance);
    await Promise.all(rings.map((ring) => ring.newest()));
    clock.advance(epochSeconds);
    const newest = await Promise.all(rings.map((ring) => ring.newest()));
    expect(new Set(newest.map(({ number }) => number))).toEqual(new Set(['000002']));
    expect((await instance().all()).map(({ number }) => number)).toEqual(['000001', '000002']);
  });

  it('the old epoch serves on where no new one can be made, and the vault is not asked for each use', async () => {
    const ring = instance();
    await ring.newest();
    // Opened anew a minute before the time, so that only making a new one needs the vault.
    clock.advance(epochSeconds - 60);
    await ring.newest();
    clock.advance(60);
    keys.service.control.down(true);
    expect((await ring.newest()).number).toBe('000001');
    expect(logged.at(-1)).toMatchObject({ event: 'epoch_creation_failed', error: 'vault_unreachable' });

    keys.service.control.down(false);
    keys.service.calls.reset();
    for (let use = 0; use < 20; use++) expect((await ring.newest()).number).toBe('000001');
    expect(keys.service.calls.total).toBe(0);
    clock.advance(60);
    expect((await ring.newest()).number).toBe('000002');
  });
});
