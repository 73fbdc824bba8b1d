import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { machine } from '../../shared/platform.ts';
import type { Container, ETag, LeaseId } from '../../shared/token-store/container.ts';
import { blobName, type SessionId } from '../../shared/token-store/names.ts';
import type { ShardMark } from '../../shared/token-store/placement.ts';
import { retryingContainer } from '../../shared/token-store/retrying-container.ts';
import { shardedContainer } from '../../shared/token-store/sharded-container.ts';
import { faultyContainer } from '../fixtures/faulty-container.ts';
import { gathered } from './local-store.ts';
import { type CountedShard, countedShard, hashOf, idsMadeIn, marked, minute, namesIn } from './shards.ts';

const leaseId = '11111111-2222-4333-8444-555555555555' as LeaseId;
const otherLease = '22222222-2222-4333-8444-555555555555' as LeaseId;

let old: CountedShard;
let added: CountedShard;
beforeAll(async () => {
  [old, added] = [await countedShard(), await countedShard()];
});

/** The list of containers in a stage: `alone` without the added one, `both` with it and no mark. */
function stage(mark: ShardMark | 'alone' | 'both'): Container {
  if (mark === 'alone') return shardedContainer([old]);
  return shardedContainer([old, mark === 'both' ? added : marked(added, mark)]);
}

/** Ids that belong into the added container once it is there. */
const movers = () => idsMadeIn(added, [old, added], 100);
let taken = 0;
let id: SessionId;
let name: string;
beforeEach(() => {
  id = movers()[taken++] ?? hashOf('none left');
  name = blobName.session(id);
  for (const { calls } of [old, added]) calls.length = 0;
});

/** Two neighbouring stages in which a session is made in different containers, and the container where it is made. */
const steps = [
  { title: 'a container is added: made before, met half open', made: 'alone', met: 'half-open', from: () => old },
  {
    title: 'a container is added: made half open, met by an instance where it is closed still',
    made: 'half-open',
    met: 'closed',
    from: () => added,
  },
  { title: 'a container goes: made while it was open, met closed', made: 'both', met: 'closed', from: () => added },
  {
    title: 'a container goes: made while it is closed, met by an instance where it is half open still',
    made: 'closed',
    met: 'half-open',
    from: () => old,
  },
] as const;

describe.each(steps)('$title', ({ made, met, from }) => {
  it('the session is found, written, leased and removed where it is', async () => {
    const created = await stage(made).create(name, 'one');
    expect(await namesIn(from())).toContain(name);
    const now = stage(met);
    expect(await now.read(name)).toMatchObject({ status: 'found', body: 'one', etag: created });
    expect(created && (await now.read(name, created))).toEqual({ status: 'unchanged' });
    const lease = await now.acquireLease(name, leaseId, 15);
    if (lease.status !== 'acquired') throw new Error('not leased');
    expect(await now.acquireLease(name, otherLease, 15)).toMatchObject({ status: 'held' });
    expect(await now.renewLease(name, leaseId)).toBe(true);
    const etag = await now.replace(name, 'two', { etag: lease.etag, leaseId });
    await now.releaseLease(name, leaseId);
    expect(await now.acquireLease(name, otherLease, 15)).toMatchObject({ status: 'acquired' });
    await now.breakLease(name);
    expect(await namesIn(from())).toContain(name);
    expect(etag && (await now.remove(name, { etag }))).toBe(true);
    for (const shard of [old, added]) expect(await namesIn(shard)).not.toContain(name);
    expect(await now.read(name)).toEqual({ status: 'absent' });
  });

  it('an instance that has not read it yet can lease and write it all the same', async () => {
    const etag = await stage(made).create(name, 'one');
    if (!etag) throw new Error('not created');
    expect(await stage(met).acquireLease(name, leaseId, 15)).toMatchObject({ status: 'acquired', etag });
    expect(await stage(met).renewLease(name, leaseId)).toBe(true);
    expect(await stage(met).replace(name, 'two', { etag })).toBeUndefined();
    await stage(met).breakLease(name);
    const next = await stage(met).replace(name, 'two', { etag });
    expect(next).toBeDefined();
    expect(next && (await stage(met).remove(name, { etag: next }))).toBe(true);
  });

  it('its markers are found and removed, whoever has made them', async () => {
    const user = hashOf('user of both');
    const markers = [blobName.marker({ minute, id }), blobName.ofUser(user, { minute, id })];
    const listed = async (one: Container) => [
      ...(await gathered(one.list(`agenda/${minute}`))),
      ...(await gathered(one.list(`users/${user}/`))),
    ];
    for (const marker of markers) {
      await stage(made).mark(marker);
      await stage(met).mark(marker);
    }
    expect(await listed(stage(met))).toEqual(markers);
    for (const marker of markers) await stage(met).unmark(marker);
    for (const shard of [old, added]) {
      for (const marker of markers) expect(await namesIn(shard)).not.toContain(marker);
    }
  });

  it('where it is found once, it is asked for there first, and ended there without the other container', async () => {
    await stage(made).create(name, 'one');
    const now = stage(met);
    await now.read(name);
    for (const { calls } of [old, added]) calls.length = 0;
    const read = await now.read(name);
    await now.breakLease(name);
    if (read.status === 'found') await now.remove(name, read);
    expect(from().calls).toEqual([`read ${name}`, `breakLease ${name}`, `remove ${name}`]);
    expect((from() === old ? added : old).calls).toEqual([]);
  });

  it('it is not taken for removed because a removal had to be tried again where it is not', async () => {
    const created = await stage(made).create(name, 'one');
    const etag = created && (await stage(made).replace(name, 'two', { etag: created }));
    const retried = (shard: CountedShard): CountedShard => {
      let faults = 1;
      const before = (operation: string) => {
        if (operation === 'remove' && faults-- > 0) throw new TokenkeepError('container_unreachable');
      };
      return { ...shard, container: retryingContainer(faultyContainer(shard.container, { before }), machine.clock) };
    };
    const now = () => shardedContainer([retried(old), marked(retried(added), met)]);
    expect(created && (await now().remove(name, { etag: created }))).toBe(false);
    expect(await now().read(name)).toMatchObject({ body: 'two' });
    expect(etag && (await now().remove(name, { etag }))).toBe(true);
    expect(await now().remove(name, { etag: '"0x0"' as ETag })).toBe(false);
  });

  it('it is not taken for gone where the container it may be in cannot be reached', async () => {
    await stage(made).create(name, 'one');
    const unreachable = {
      ...from(),
      container: { ...from().container, read: () => Promise.reject(new TokenkeepError('container_unreachable')) },
    };
    const [first, second] = from() === old ? [unreachable, added] : [old, unreachable];
    const now = shardedContainer([first, marked(second, met)]);
    await expect(now.read(name)).rejects.toMatchObject({ code: 'container_unreachable' });
  });
});

it('new sessions are made in a half-open container, and not in a closed one', async () => {
  await stage('half-open').create(name, 'new');
  expect(await namesIn(added)).toContain(name);
  const [other = hashOf('')] = movers().slice(taken++);
  await stage('closed').create(blobName.session(other), 'new');
  expect(await namesIn(added)).not.toContain(blobName.session(other));
});

it('a closed container is given no markers, and a half-open one its share', async () => {
  const marker = blobName.marker({ minute, id });
  await stage('closed').mark(marker);
  expect(added.calls).toEqual([]);
  await stage('half-open').mark(marker);
  expect(added.calls).toEqual([`mark ${marker}`]);
});

it('a session that both layouts put into one container costs no second request', async () => {
  const [stays = hashOf('')] = idsMadeIn(old, [old, added]);
  await stage('half-open').read(blobName.session(stays));
  await stage('closed').unmark(blobName.marker({ minute, id: stays }));
  expect(old.calls).toHaveLength(2);
  expect(added.calls).toEqual([]);
});
