import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { azureContainer } from '../../shared/token-store/azure-container.ts';
import type { Container, LeaseId } from '../../shared/token-store/container.ts';
import { secondaryReads, secondaryUrl } from '../../shared/token-store/secondary-reads.ts';
import { gathered, localContainer, recordingLog, stoppedPlatform } from './local-store.ts';
import { type SeenRequest, startStorageProxy } from './storage-proxy.ts';

const address = 'https://account.blob.core.windows.net/tokens';
const leaseId = '11111111-2222-4333-8444-555555555555' as LeaseId;

const proxy = await startStorageProxy();
afterAll(() => proxy.close());

const isSecondary = ({ account }: SeenRequest) => account.endsWith('-secondary');
/** What was asked for since this was asked last: of which endpoint. */
const asked = () => proxy.requests.splice(0).map((one) => (isSecondary(one) ? 'secondary' : 'primary'));
const primaryAway = () => {
  proxy.fault = (request) => (isSecondary(request) ? undefined : 'unsent');
};
const bothAway = () => {
  proxy.fault = () => 'unsent';
};
/** The secondary does not have anything yet. */
const lagging = () => {
  proxy.fault = (request) => (isSecondary(request) ? { status: 404, code: 'BlobNotFound' } : 'unsent');
};

let container: Container;
let clock: ReturnType<typeof stoppedPlatform>['clock'];
let logged: Record<string, unknown>[];
beforeEach(async () => {
  const { url } = await localContainer();
  const primary = proxy.through(url);
  const secondary = azureContainer({ url: secondaryUrl(primary) ?? '', deletes: true });
  const stopped = stoppedPlatform();
  clock = stopped.clock;
  const recording = recordingLog(clock.now);
  logged = recording.logged;
  const parts = { secondary, clock: stopped.platform.clock, log: recording.log, address };
  container = secondaryReads(azureContainer({ url: primary, deletes: true }), parts);
  proxy.fault = () => undefined;
  await container.create('sessions/a', 'one');
  asked();
});

it('reads go to the primary while it answers', async () => {
  expect(await container.read('sessions/a')).toMatchObject({ body: 'one' });
  expect(await container.read('sessions/b')).toEqual({ status: 'absent' });
  expect(asked()).toEqual(['primary', 'primary']);
  expect(logged).toEqual([]);
});

describe('while the primary is away', () => {
  it('the secondary answers, with the same tag', async () => {
    const before = await container.read('sessions/a');
    if (before.status !== 'found') throw new Error('not found');
    primaryAway();
    expect(await container.read('sessions/a')).toEqual(before);
    expect(await container.read('sessions/a', before.etag)).toEqual({ status: 'unchanged' });
  });

  it('the secondary is asked first for 30 seconds, then the primary is tried again', async () => {
    primaryAway();
    await container.read('sessions/a');
    expect(asked()).toEqual(['primary', 'secondary']);
    clock.advance(29);
    await container.read('sessions/a');
    expect(asked()).toEqual(['secondary']);
    clock.advance(1);
    await container.read('sessions/a');
    expect(asked()).toEqual(['primary', 'secondary']);
  });

  it('one read at a time finds out whether it is back; the others do not wait for it', async () => {
    primaryAway();
    await container.read('sessions/a');
    clock.advance(30);
    asked();
    await Promise.all([1, 2, 3].map(() => container.read('sessions/a')));
    expect(asked().toSorted()).toEqual(['primary', 'secondary', 'secondary', 'secondary']);
  });

  it('a clock that was set back does not keep reads from the primary', async () => {
    primaryAway();
    await container.read('sessions/a');
    clock.advance(-3600);
    proxy.fault = () => undefined;
    asked();
    await container.read('sessions/a');
    expect(asked()).toEqual(['primary']);
  });

  it('what the secondary does not have is not absent', async () => {
    lagging();
    await expect(container.read('sessions/a')).rejects.toMatchObject({ code: 'container_unreachable' });
    primaryAway();
    await container.read('sessions/a');
    lagging();
    await expect(container.read('sessions/a')).rejects.toMatchObject({ code: 'container_unreachable' });
  });

  it('what the secondary does not have is asked of the primary, which may be back', async () => {
    primaryAway();
    await container.read('sessions/a');
    proxy.fault = (request) => (isSecondary(request) ? { status: 404, code: 'BlobNotFound' } : undefined);
    expect(await container.read('sessions/a')).toMatchObject({ body: 'one' });
    expect(await container.read('sessions/b')).toEqual({ status: 'absent' });
  });

  it("the primary's error stands where the secondary is away, too", async () => {
    bothAway();
    await expect(container.read('sessions/a')).rejects.toMatchObject({ code: 'container_unreachable' });
    expect(logged).toEqual([]);
  });

  it('everything but a read is refused, and asks no secondary', async () => {
    const read = await container.read('sessions/a');
    if (read.status !== 'found') throw new Error('not found');
    asked();
    primaryAway();
    const calls = [
      () => container.create('sessions/c', 'one'),
      () => container.replace('sessions/a', 'two', { etag: read.etag }),
      () => container.remove('sessions/a', { etag: read.etag }),
      () => container.mark('agenda/a'),
      () => container.unmark('agenda/a'),
      () => gathered(container.list('agenda/')),
      () => container.acquireLease('sessions/a', leaseId, 15),
      () => container.renewLease('sessions/a', leaseId),
      () => container.releaseLease('sessions/a', leaseId),
      () => container.breakLease('sessions/a'),
      () => container.probe('keyring/000001'),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'container_unreachable' });
    expect(new Set(asked())).toEqual(new Set(['primary']));
  });

  it('its beginning and its end are logged once each', async () => {
    primaryAway();
    for (let at = 0; at < 3; at++) {
      await container.read('sessions/a');
      clock.advance(31);
    }
    expect(logged).toMatchObject([
      { event: 'secondary_reads_began', level: 'warn', container: address, error: 'container_unreachable' },
    ]);
    proxy.fault = () => undefined;
    await container.read('sessions/a');
    await container.read('sessions/a');
    expect(logged.slice(1)).toMatchObject([{ event: 'secondary_reads_ended', level: 'info', container: address }]);
    asked();
    await container.read('sessions/a');
    expect(asked()).toEqual(['primary']);
  });
});

it('a primary that refuses is not away', async () => {
  proxy.fault = (request) => (isSecondary(request) ? undefined : { status: 403, code: 'AuthorizationFailure' });
  await expect(container.read('sessions/a')).rejects.toMatchObject({ code: 'container_access_refused' });
  expect(asked()).toEqual(['primary']);
});

it.each([
  [`${address}?sig=a%2Bb`, 'https://account-secondary.blob.core.windows.net/tokens?sig=a%2Bb'],
  ['https://account.z12.blob.storage.azure.net/tokens', 'https://account-secondary.z12.blob.storage.azure.net/tokens'],
  ['http://127.0.0.1:10000/devstoreaccount1/tokens', 'http://127.0.0.1:10000/devstoreaccount1-secondary/tokens'],
  ['http://localhost:10000/devstoreaccount1/tokens', 'http://localhost:10000/devstoreaccount1-secondary/tokens'],
  ['https://tokens.example.com/tokens', undefined],
])('the secondary of %s is %s', (primary, secondary) => {
  expect(secondaryUrl(primary)).toBe(secondary);
});
