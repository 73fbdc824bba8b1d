import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import type { Container, LeaseId } from '../../shared/token-store/container.ts';
import { blobName } from '../../shared/token-store/names.ts';
import { shardedContainer } from '../../shared/token-store/sharded-container.ts';
import { gathered } from './local-store.ts';
import { type CountedShard, countedShard, hashOf, idsMadeIn, minute, namesIn } from './shards.ts';

const leaseId = '11111111-2222-4333-8444-555555555555' as LeaseId;

let all: readonly [CountedShard, CountedShard, CountedShard];
let together: Container;
beforeAll(async () => {
  all = [await countedShard(), await countedShard(), await countedShard()];
  together = shardedContainer(all);
});
beforeEach(() => {
  for (const { calls } of all) calls.length = 0;
});

/** The shard as if it could not be reached. */
function away(shard: CountedShard): CountedShard {
  const refuse = () => Promise.reject(new TokenkeepError('container_unreachable'));
  const list = () => ({ [Symbol.asyncIterator]: () => ({ next: refuse }) });
  return { ...shard, container: { ...shard.container, read: refuse, probe: refuse, list } };
}

async function readUntilError(names: AsyncIterable<string>) {
  const read: string[] = [];
  const error = await (async () => {
    for await (const name of names) read.push(name);
  })().catch((thrown: unknown) => thrown);
  return { read, error };
}

it('one container alone is that container, with nothing around it', () => {
  expect(shardedContainer([all[0]])).toBe(all[0].container);
});

it('every operation on a session is one request to its shard, where the blob really is', async () => {
  for (const shard of all) {
    const [id = hashOf('')] = idsMadeIn(shard, all);
    const name = blobName.session(id);
    const created = await together.create(name, 'one');
    if (!created) throw new Error('not created');
    expect(await together.read(name)).toMatchObject({ status: 'found', body: 'one' });
    expect(await together.read(name, created)).toEqual({ status: 'unchanged' });
    const etag = await together.replace(name, 'two', { etag: created });
    if (!etag) throw new Error('not replaced');
    expect(await together.acquireLease(name, leaseId, 15)).toMatchObject({ status: 'acquired' });
    expect(await together.renewLease(name, leaseId)).toBe(true);
    await together.releaseLease(name, leaseId);
    await together.breakLease(name);
    expect(await namesIn(shard)).toContain(name);
    expect(await together.remove(name, { etag })).toBe(true);
    expect(await together.read(name)).toEqual({ status: 'absent' });
    await together.mark(blobName.marker({ minute, id }));
    await together.unmark(blobName.marker({ minute, id }));

    const operations = [
      'create',
      'read',
      'read',
      'replace',
      'acquireLease',
      'renewLease',
      'releaseLease',
      'breakLease',
    ];
    expect(shard.calls.map((call) => call.split(' ')[0])).toEqual([...operations, 'remove', 'read', 'mark', 'unmark']);
    for (const other of all) if (other !== shard) expect(other.calls).toEqual([]);
    shard.calls.length = 0;
  }
});

it('what is not spread is in the first container alone', async () => {
  await together.create('keyring/000001', 'epoch');
  await together.mark('agenda/watermark');
  expect(await gathered(together.list('keyring/'))).toEqual(['keyring/000001']);
  expect(await namesIn(all[0])).toEqual(expect.arrayContaining(['agenda/watermark', 'keyring/000001']));
  for (const { calls } of all.slice(1)) expect(calls).toEqual([]);
});

describe('lists', () => {
  const ids = Array.from({ length: 40 }, (_, at) => hashOf(`listed ${at}`));
  const inMinute = (at: number) => `20260102${String(at % 7).padStart(4, '0')}` as typeof minute;
  const markers = ids.map((id, at) => blobName.marker({ minute: inMinute(at), id })).toSorted();
  beforeAll(async () => {
    await Promise.all(markers.map((name) => together.mark(name)));
  });

  it('the agenda of all shards in order of time', async () => {
    for (const shard of all)
      expect((await namesIn(shard)).filter((name) => markers.includes(name)).length).toBeGreaterThan(3);
    expect(await gathered(together.list('agenda/20260102'))).toEqual(markers);
  });

  it('the sessions of a user with one request', async () => {
    const user = hashOf('user');
    const mine = ids.slice(0, 5).map((id) => blobName.ofUser(user, { minute, id }));
    await Promise.all(mine.map((name) => together.mark(name)));
    for (const { calls } of all) calls.length = 0;
    expect(await gathered(together.list(`users/${user}/`))).toEqual(mine.toSorted());
    expect(all.flatMap(({ calls }) => calls)).toEqual([`list users/${user}/`]);
  });

  it("the others' names where one shard is away, and says so at the end", async () => {
    const [first, second, third] = all;
    const { read, error } = await readUntilError(
      shardedContainer([first, away(second), third]).list('agenda/20260102'),
    );
    const ofSecond = await namesIn(second);
    expect(read).toEqual(markers.filter((name) => !ofSecond.includes(name)));
    expect(error).toMatchObject({ code: 'container_unreachable' });
  });

  it('nothing that lies where it could not be removed', async () => {
    const [first, second] = all;
    const [id = hashOf('')] = idsMadeIn(first, all);
    const stray = blobName.marker({ minute: '202601030000' as typeof minute, id });
    await second.container.mark(stray);
    expect(await gathered(together.list('agenda/20260103'))).toEqual([]);
  });
});

describe('while one shard is away', () => {
  it('the sessions of the others are served, and its own are not taken for gone', async () => {
    const [first, second, third] = all;
    const [[here = hashOf('')], [there = hashOf('')]] = [idsMadeIn(first, all), idsMadeIn(third, all)];
    await together.create(blobName.session(here), 'here');
    await together.create(blobName.session(there), 'there');
    const broken = shardedContainer([first, second, away(third)]);
    expect(await broken.read(blobName.session(here))).toMatchObject({ body: 'here' });
    await expect(broken.read(blobName.session(there))).rejects.toMatchObject({ code: 'container_unreachable' });
    await expect(broken.probe('keyring/000001')).rejects.toMatchObject({ code: 'container_unreachable' });
    await together.probe('keyring/000001');
  });
});

it('removed blobs disappear only if all shards delete', () => {
  const [first, second, third] = all;
  expect(together.deletes).toBe(true);
  const without = { ...second, container: { ...second.container, deletes: false } };
  expect(shardedContainer([first, without, third]).deletes).toBe(false);
});
