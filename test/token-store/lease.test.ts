import { beforeAll, expect, it } from 'vitest';
import { machine } from '../../shared/platform.ts';
import type { Container, ETag } from '../../shared/token-store/container.ts';
import { leaseSeconds, withLease } from '../../shared/token-store/lease.ts';
import { faultyContainer, type Interference } from '../fixtures/faulty-container.ts';
import { localContainer } from './local-store.ts';

let container: Container;
beforeAll(async () => {
  ({ container } = await localContainer());
});

/** A blob, and the names of the operations done to it from here on. */
async function observed(name: string, interference: Interference = {}) {
  const etag = (await container.create(name, 'first')) as ETag;
  const operations: string[] = [];
  const watched = faultyContainer(container, {
    ...interference,
    before: async (operation, blob) => {
      operations.push(operation);
      await interference.before?.(operation, blob);
    },
  });
  return { etag, operations, container: watched };
}

it('lets the work write as the owner, and gives the lease up behind it', async () => {
  const { container: watched, etag } = await observed('write');
  const outcome = await withLease(watched, 'write', machine, async ({ leaseId }) => {
    expect(await container.replace('write', 'not the owner', { etag })).toBeUndefined();
    return container.replace('write', 'second', { etag, leaseId });
  });
  expect(outcome).toEqual({ status: 'done', result: expect.any(String) });
  expect(await container.read('write')).toMatchObject({ body: 'second' });
  expect(await withLease(container, 'write', machine, async () => 'next')).toEqual({ status: 'done', result: 'next' });
});

it('does not begin where somebody else has the lease, or there is nothing', async () => {
  await observed('taken');
  const inner = await withLease(container, 'taken', machine, () =>
    withLease(container, 'taken', machine, async () => 'must not be'),
  );
  expect(inner).toEqual({ status: 'done', result: { status: 'held' } });
  expect(await withLease(container, 'nothing', machine, async () => 'must not be')).toEqual({ status: 'absent' });
});

it('gives the lease up when the work fails, and passes the failure on', async () => {
  await observed('failing');
  await expect(withLease(container, 'failing', machine, () => Promise.reject(new Error('work')))).rejects.toThrow(
    'work',
  );
  expect(await withLease(container, 'failing', machine, async () => 1)).toMatchObject({ status: 'done' });
});

it('renews the lease at half its life for as long as the work takes', async () => {
  const { container: watched, operations } = await observed('long');
  const slept: number[] = [];
  const { promise: threeRenewals, resolve } = Promise.withResolvers<void>();
  const clock = {
    now: machine.clock.now,
    // Half a lease passes at once, three times; then the machine's own clock runs, which the end of the work stops.
    async sleep(milliseconds: number, signal?: AbortSignal) {
      slept.push(milliseconds);
      if (slept.length <= 3) return;
      resolve();
      await machine.clock.sleep(milliseconds, signal);
    },
  };
  await withLease(watched, 'long', { clock, random: machine.random }, () => threeRenewals);
  expect(operations).toEqual(['acquireLease', 'renewLease', 'renewLease', 'renewLease', 'releaseLease']);
  expect(new Set(slept)).toEqual(new Set([(leaseSeconds / 2) * 1000]));
});

it('goes on where a renewal or the giving up fails: the write will tell', async () => {
  const fails = (operation: string) => {
    if (operation === 'renewLease' || operation === 'releaseLease') throw new Error('no answer');
  };
  const { container: watched, operations } = await observed('unrenewed', { before: fails });
  let slept = 0;
  const { promise: renewed, resolve } = Promise.withResolvers<void>();
  const clock = {
    now: machine.clock.now,
    async sleep(milliseconds: number, signal?: AbortSignal) {
      slept += 1;
      if (slept > 2) resolve();
      if (slept > 2) await machine.clock.sleep(milliseconds, signal);
    },
  };
  const outcome = await withLease(watched, 'unrenewed', { clock, random: machine.random }, async () => {
    await renewed;
    return 'done all the same';
  });
  expect(outcome).toEqual({ status: 'done', result: 'done all the same' });
  expect(operations).toContain('renewLease');
});

it('owns its leases under ids that no one can guess and the service accepts', async () => {
  await observed('ids');
  const ids = new Set<string>();
  for (const _ of [1, 2, 3]) await withLease(container, 'ids', machine, async ({ leaseId }) => ids.add(leaseId));
  expect(ids.size).toBe(3);
  for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
});
