import type { Container, Read } from './container.ts';
import { mergedNames } from './merged-names.ts';
import { createPlacement, type Shard } from './placement.ts';
import { keepRecent } from './recently-used.ts';

/** Of how many blobs with two places it is kept where they were found last. */
const keptFinds = 10_000;

/**
 * Several containers as one. A session lies where its id hashes to when it is made, and never moves: while shards come
 * or go, what is not in one place is looked for in the other. Without marks every call but a listing is one request to
 * one shard, as with a single container.
 */
export function shardedContainer(shards: readonly [Shard, ...Shard[]]): Container {
  if (shards.length === 1) return shards[0].container;
  const placement = createPlacement(shards);
  const found = new Map<string, Shard>();

  const placeOfNew = (name: string): Container => (placement.of(name)[0] ?? shards[0]).container;

  /** Asks in one place, and where the answer is not that the blob is there, in the other if there is one. */
  async function ask<T>(
    name: string,
    isThere: (answer: T) => boolean,
    call: (container: Container) => Promise<T>,
  ): Promise<T> {
    const [first = shards[0], second] = placement.of(name);
    if (!second) return call(first.container);
    const [likely, other] = found.get(name) === second ? [second, first] : [first, second];
    const answer = await call(likely.container);
    if (isThere(answer)) {
      keepRecent(found, name, likely, keptFinds);
      return answer;
    }
    const otherAnswer = await call(other.container);
    if (isThere(otherAnswer)) keepRecent(found, name, other, keptFinds);
    return otherAnswer;
  }

  const read: Container['read'] = (name, ifNoneMatch) =>
    ask<Read>(
      name,
      ({ status }) => status !== 'absent',
      (one) => one.read(name, ifNoneMatch),
    );

  async function everywhere(name: string, call: (container: Container) => Promise<void>): Promise<void> {
    await Promise.all(placement.of(name).map(({ container }) => call(container)));
  }

  /** For a blob that was read or leased before: where that was, there alone, since the other shard may be away. */
  async function whereFound(name: string, call: (container: Container) => Promise<void>): Promise<void> {
    const shard = found.get(name);
    await (shard ? call(shard.container) : everywhere(name, call));
  }

  /** What lies where it could be neither read nor removed is left out. */
  async function* listed(shard: Shard, prefix: string): AsyncIterable<string> {
    for await (const name of shard.container.list(prefix)) if (placement.of(name).includes(shard)) yield name;
  }

  return {
    get deletes() {
      return shards.every(({ container }) => container.deletes);
    },
    read,
    create: (name, body) => placeOfNew(name).create(name, body),
    replace: (name, body, condition) => ask(name, isDefined, (one) => one.replace(name, body, condition)),
    // Only asked where the blob is: elsewhere, a removal that is tried again after a fault finds it gone, as if by itself.
    async remove(name, condition) {
      const [first = shards[0], second] = placement.of(name);
      if (second && !found.has(name) && (await read(name)).status === 'absent') return false;
      return (found.get(name) ?? first).container.remove(name, condition);
    },
    mark: (name) => placeOfNew(name).mark(name),
    unmark: (name) => everywhere(name, (one) => one.unmark(name)),
    list: (prefix) => mergedNames(placement.under(prefix).map((shard) => listed(shard, prefix))),
    acquireLease: (name, leaseId, seconds) =>
      ask(
        name,
        ({ status }) => status !== 'absent',
        (one) => one.acquireLease(name, leaseId, seconds),
      ),
    renewLease: (name, leaseId) => ask(name, Boolean, (one) => one.renewLease(name, leaseId)),
    releaseLease: (name, leaseId) => whereFound(name, (one) => one.releaseLease(name, leaseId)),
    breakLease: (name) => whereFound(name, (one) => one.breakLease(name)),
    probe: async (name) => {
      await Promise.all(shards.map(({ container }) => container.probe(name)));
    },
  };
}

function isDefined(answer: unknown): boolean {
  return answer !== undefined;
}
