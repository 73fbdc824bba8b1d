import { randomUUID } from 'node:crypto';
import { beforeAll, expect, it, vi } from 'vitest';
import type { Container, ETag, LeaseId } from '../../shared/token-store/container.ts';
import { localContainer } from './local-store.ts';

let container: Container;
beforeAll(async () => {
  ({ container } = await localContainer());
});

const newLease = () => randomUUID() as LeaseId;

async function leased(name: string): Promise<{ etag: ETag; leaseId: LeaseId }> {
  const etag = await container.create(name, 'first');
  const leaseId = newLease();
  expect(await container.acquireLease(name, leaseId, 15)).toMatchObject({ status: 'acquired' });
  return { etag: etag as ETag, leaseId };
}

it('gives a lease to one owner at a time', async () => {
  const { leaseId } = await leased('one-owner');
  expect(await container.acquireLease('one-owner', newLease(), 15)).toMatchObject({ status: 'held' });
  await container.releaseLease('one-owner', leaseId);
  expect(await container.acquireLease('one-owner', newLease(), 15)).toMatchObject({ status: 'acquired' });
});

it('gives a lease to one of many who ask at once', async () => {
  await container.create('many', '');
  const answers = await Promise.all(Array.from({ length: 10 }, () => container.acquireLease('many', newLease(), 15)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([
    'acquired',
    ...Array.from({ length: 9 }, () => 'held'),
  ]);
});

it('says of what content it gives a lease, which is as it was before', async () => {
  const first = await container.create('tagged', 'first');
  expect(first).toBeDefined();
  const leaseId = newLease();
  expect(await container.acquireLease('tagged', leaseId, 15)).toEqual({
    status: 'acquired',
    etag: first,
    age: expect.any(Number),
  });
  const second = first && (await container.replace('tagged', 'second', { etag: first, leaseId }));
  await container.releaseLease('tagged', leaseId);
  expect(await container.acquireLease('tagged', newLease(), 15)).toMatchObject({ status: 'acquired', etag: second });
});

it('says how old that content is by the clock of the service, in milliseconds', async () => {
  const etag = await container.create('aged', 'first');
  const age = async () => {
    const leaseId = newLease();
    const leasing = await container.acquireLease('aged', leaseId, 15);
    await container.releaseLease('aged', leaseId);
    return leasing.status === 'acquired' ? leasing.age : Number.NaN;
  };
  expect(await age()).toBeLessThan(2_000);
  await vi.waitFor(async () => expect(await age()).toBeGreaterThanOrEqual(3_000), { timeout: 20_000 });
  await container.replace('aged', 'second', { etag: etag as ETag });
  expect(await age()).toBeLessThan(2_000);
});

it('has no lease for what is not there', async () => {
  expect(await container.acquireLease('nothing', newLease(), 15)).toMatchObject({ status: 'absent' });
});

it('lets only the owner write and remove', async () => {
  const { etag, leaseId } = await leased('owner-writes');
  expect(await container.replace('owner-writes', 'second', { etag })).toBeUndefined();
  expect(await container.replace('owner-writes', 'second', { etag, leaseId: newLease() })).toBeUndefined();
  expect(await container.remove('owner-writes', { etag })).toBe(false);
  expect(await container.read('owner-writes')).toMatchObject({ body: 'first', etag });

  const changed = (await container.replace('owner-writes', 'second', { etag, leaseId })) as ETag;
  expect(await container.read('owner-writes')).toMatchObject({ body: 'second', etag: changed });
  expect(await container.remove('owner-writes', { etag: changed, leaseId })).toBe(true);
});

it('renews a lease for its owner alone', async () => {
  const { leaseId } = await leased('renewal');
  expect(await container.renewLease('renewal', leaseId)).toBe(true);
  expect(await container.renewLease('renewal', newLease())).toBe(false);
  await container.releaseLease('renewal', leaseId);
  expect(await container.renewLease('renewal', leaseId)).toBe(false);
});

it('ends a lease at once when it is broken: the owner can write with it no more, and others can', async () => {
  const { etag, leaseId } = await leased('broken');
  await container.breakLease('broken');
  expect(await container.renewLease('broken', leaseId)).toBe(false);
  expect(await container.replace('broken', 'by the old owner', { etag, leaseId })).toBeUndefined();
  expect(await container.acquireLease('broken', newLease(), 15)).toMatchObject({ status: 'acquired' });
  expect(await container.read('broken')).toMatchObject({ body: 'first' });
});

it('finds no fault with ending a lease that has ended, or that never was', async () => {
  const { leaseId } = await leased('ended');
  await container.breakLease('ended');
  await container.breakLease('ended');
  await container.releaseLease('ended', leaseId);
  await container.releaseLease('ended', newLease());
  await container.releaseLease('nothing', leaseId);
  await container.breakLease('nothing');
  await container.create('never-leased', '');
  await container.breakLease('never-leased');
  expect(await container.acquireLease('ended', newLease(), 15)).toMatchObject({ status: 'acquired' });
});
