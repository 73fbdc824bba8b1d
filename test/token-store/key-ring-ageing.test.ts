import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import { createKeyRing, type KeyRing } from '../../shared/token-store/key-ring.ts';
import { faultyContainer } from '../fixtures/faulty-container.ts';
import { localContainer, localVault, recordingLog, type StoppedClock, stoppedPlatform } from './local-store.ts';

const keys = await localVault();
afterAll(() => keys.close());
const { control, calls } = keys.service;

let clock: StoppedClock;
let logged: Record<string, unknown>[];
let ring: KeyRing;
/** What the ring does to the container, in order. */
const operations: string[] = [];
beforeEach(async () => {
  control.down(false);
  control.enable('tokenkeep-wrap');
  const { container } = await localContainer();
  const { platform, clock: stopped } = stoppedPlatform();
  clock = stopped;
  const recording = recordingLog(clock.now);
  logged = recording.logged;
  const watched = faultyContainer(container, { before: (operation) => void operations.push(operation) });
  ring = createKeyRing(watched, keys.vault, platform, recording.log);
  await ring.newest();
  operations.length = 0;
  calls.reset();
  logged.length = 0;
});

const minutes = (count: number) => clock.advance(count * 60);
const happened = (event: string, times = 1) =>
  vi.waitFor(() => expect(logged.filter((line) => line['event'] === event)).toHaveLength(times), { timeout: 15_000 });

it('asks neither the vault nor the container for 50 minutes', async () => {
  minutes(49.9);
  await ring.newest();
  expect(operations).toEqual([]);
  expect(calls.total).toBe(0);
});

it('opens an epoch anew in the background after 50 minutes, once for all who use it meanwhile', async () => {
  minutes(50);
  for (let use = 0; use < 20; use++) await ring.newest();
  await happened('epoch_opened');
  expect(calls.byOperation['unwrapKey']).toBe(1);
  minutes(49.9);
  await ring.newest();
  expect(operations).toEqual(['read']);
});

it('serves on through an outage of the vault that ends within the hour', async () => {
  minutes(50);
  control.down(true);
  expect((await ring.newest()).number).toBe('000001');
  await happened('epoch_reopening_failed');
  minutes(9.9);
  expect((await ring.newest()).number).toBe('000001');
  await happened('epoch_reopening_failed', 2);
  control.down(false);
  await ring.newest();
  await happened('epoch_opened');
  minutes(20);
  expect((await ring.newest()).number).toBe('000001');
});

it('is shut an hour after the wrapping key was disabled, and open again once it is enabled', async () => {
  control.disable('tokenkeep-wrap');
  minutes(59.9);
  expect((await ring.newest()).number).toBe('000001');
  await happened('epoch_reopening_failed');
  expect(logged.at(-1)).toMatchObject({ level: 'error', error: 'vault_key_disabled' });
  minutes(0.1);
  await expect(ring.newest()).rejects.toMatchObject({ code: 'vault_key_disabled' });
  await expect(ring.all()).rejects.toMatchObject({ code: 'vault_key_disabled' });
  control.enable('tokenkeep-wrap');
  expect((await ring.newest()).number).toBe('000001');
});

it('is shut within the hour even if nobody used it meanwhile', async () => {
  control.disable('tokenkeep-wrap');
  minutes(60);
  await expect(ring.newest()).rejects.toMatchObject({ code: 'vault_key_disabled' });
});

it('does not stay open because the clock was set back', async () => {
  control.disable('tokenkeep-wrap');
  minutes(-24 * 60);
  await expect(ring.newest()).rejects.toMatchObject({ code: 'vault_key_disabled' });
});
