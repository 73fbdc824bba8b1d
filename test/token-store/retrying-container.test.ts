import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import type { Container, ETag, LeaseId } from '../../shared/token-store/container.ts';
import { retryingContainer } from '../../shared/token-store/retrying-container.ts';
import { faultyContainer } from '../fixtures/faulty-container.ts';
import { type LocalApp, localApp } from '../fixtures/local-app.ts';
import { gathered, localContainer } from './local-store.ts';

let local: LocalApp;
let real: Container;
let faults: { before: number; after: number };
let now: number;
let calls: number;
let container: Container;
beforeAll(async () => {
  local = await localApp();
  real = (await localContainer()).container;
});
afterAll(() => local.close());
beforeEach(() => {
  faults = { before: 0, after: 0 };
  now = 0;
  calls = 0;
  const fail = (when: 'before' | 'after') => () => {
    if (when === 'before') calls += 1;
    if (faults[when]-- > 0) throw new TokenkeepError('container_unreachable');
  };
  const clock = {
    now: () => now,
    sleep: async (milliseconds: number) => {
      now += milliseconds;
    },
  };
  container = retryingContainer(faultyContainer(real, { before: fail('before'), after: fail('after') }), clock);
});

const created = async (name: string, body = 'old') => (await real.create(name, body)) as ETag;
const lease = 'a0000000-0000-4000-8000-000000000001' as LeaseId;

it('tries twice again, with a pause that grows', async () => {
  faults.before = 2;
  expect(await container.read('nothing')).toEqual({ status: 'absent' });
  expect({ calls, now }).toEqual({ calls: 3, now: 500 });
});

it('gives up after the third try', async () => {
  faults.before = 3;
  await expect(container.read('nothing')).rejects.toMatchObject({ code: 'container_unreachable' });
  expect(calls).toBe(3);
});

it('does not try again what has taken long', async () => {
  const slow = faultyContainer(real, {
    before: () => {
      now += 6_000;
      calls += 1;
      throw new TokenkeepError('container_unreachable');
    },
  });
  const clock = { now: () => now, sleep: async () => undefined };
  await expect(retryingContainer(slow, clock).read('x')).rejects.toMatchObject({ code: 'container_unreachable' });
  expect(calls).toBe(1);
});

it('does not try again what will not pass', async () => {
  const refused = faultyContainer(real, {
    before: () => {
      calls += 1;
      throw new TokenkeepError('container_access_refused');
    },
  });
  const clock = { now: () => now, sleep: async () => undefined };
  await expect(retryingContainer(refused, clock).read('x')).rejects.toMatchObject({ code: 'container_access_refused' });
  expect(calls).toBe(1);
});

describe('when the write took effect and only its answer was lost', () => {
  beforeEach(() => {
    faults.after = 1;
  });

  it('create gives the tag of what it has created', async () => {
    const etag = await container.create('lost/create', 'mine');
    expect(await real.read('lost/create')).toEqual({ status: 'found', etag, body: 'mine' });
  });

  it('replace gives the tag of what it has written', async () => {
    const before = await created('lost/replace');
    const etag = await container.replace('lost/replace', 'mine', { etag: before });
    expect(etag).not.toBe(before);
    expect(await real.read('lost/replace')).toEqual({ status: 'found', etag, body: 'mine' });
  });

  it('remove says that it has removed', async () => {
    const etag = await created('lost/remove');
    expect(await container.remove('lost/remove', { etag })).toBe(true);
  });

  it('a lease is ours', async () => {
    await created('lost/lease');
    expect(await container.acquireLease('lost/lease', lease, 15)).toMatchObject({ status: 'acquired' });
  });
});

describe('when a repeated write meets somebody else’s', () => {
  beforeEach(() => {
    faults.before = 1;
  });

  it('create tells that it came too late', async () => {
    await created('theirs/create', 'theirs');
    expect(await container.create('theirs/create', 'mine')).toBeUndefined();
    expect(await real.read('theirs/create')).toMatchObject({ body: 'theirs' });
  });

  it('replace tells that the content has changed', async () => {
    const etag = await created('theirs/replace');
    await real.replace('theirs/replace', 'theirs', { etag });
    expect(await container.replace('theirs/replace', 'mine', { etag })).toBeUndefined();
    expect(await real.read('theirs/replace')).toMatchObject({ body: 'theirs' });
  });

  it('remove tells that it has not removed', async () => {
    const etag = await created('theirs/remove');
    await real.replace('theirs/remove', 'theirs', { etag });
    expect(await container.remove('theirs/remove', { etag })).toBe(false);
  });
});

it('a first try that meets somebody else’s is not taken for its own, even with the same content', async () => {
  await created('same', 'same');
  expect(await container.create('same', 'same')).toBeUndefined();
  expect(calls).toBe(1);
});

it('lists again from the start where the first page failed', async () => {
  await created('list/a');
  await created('list/b');
  let failures = 1;
  const flaky: Container = {
    ...real,
    deletes: true,
    list: (prefix) =>
      (async function* () {
        if (failures-- > 0) throw new TokenkeepError('container_unreachable');
        yield* real.list(prefix);
      })(),
  };
  const clock = { now: () => now, sleep: async () => undefined };
  expect(await gathered(retryingContainer(flaky, clock).list('list/'))).toEqual(['list/a', 'list/b']);
});
