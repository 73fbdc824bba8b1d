import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Container } from '../../shared/token-store/container.ts';
import { createPlacement, type Placement, type Shard, type ShardMark } from '../../shared/token-store/placement.ts';

/** Placement asks no container. */
const container = {} as Container;
const address = (of: string) => `https://${of}.blob.core.windows.net/tokens`;
const shard = (of: string, mark?: ShardMark): Shard => ({
  address: address(of),
  ...(mark === undefined ? {} : { mark }),
  container,
});
type Shards = readonly [Shard, ...Shard[]];
const open = (...names: readonly [string, ...string[]]): Shards => [
  shard(names[0]),
  ...names.slice(1).map((one) => shard(one)),
];
const addresses = (shards: readonly Shard[]) => shards.map((one) => one.address);
const placesOf = (placement: Placement, name: string) => addresses(placement.of(name));

const idOf = (at: number) => createHash('sha256').update(String(at)).digest('hex');
const ids = fc.stringMatching(/^[\da-f]{64}$/);
const names = fc.uniqueArray(fc.stringMatching(/^[a-z\d]{3,24}$/), { minLength: 2, maxLength: 6 });
const shards = names.map(([first = '', ...others]) => open(first, ...others));

describe('without marks', () => {
  it('every name has one place', () => {
    fc.assert(
      fc.property(shards, ids, (some, id) => {
        const placement = createPlacement(some);
        for (const name of [`sessions/${id}`, `agenda/202601010000/${id}`, `users/${id}/202601010000/${idOf(0)}`])
          expect(placement.of(name)).toHaveLength(1);
      }),
    );
  });

  it('a container that is added takes sessions over, and none moves between those that were there', () => {
    fc.assert(
      fc.property(
        shards,
        fc.stringMatching(/^new[a-z]{3,9}$/),
        fc.array(ids, { minLength: 20, maxLength: 20 }),
        (some, added, all) => {
          const [before, after] = [createPlacement(some), createPlacement([...some, shard(added)])];
          for (const id of all) {
            const [now] = placesOf(after, `sessions/${id}`);
            if (now !== address(added)) expect([now]).toEqual(placesOf(before, `sessions/${id}`));
          }
        },
      ),
    );
  });

  it('the order of the containers moves no session', () => {
    fc.assert(
      fc.property(shards, ids, (some, id) => {
        const [last = some[0], ...others] = some.toReversed();
        expect(placesOf(createPlacement([last, ...others]), `sessions/${id}`)).toEqual(
          placesOf(createPlacement(some), `sessions/${id}`),
        );
      }),
    );
  });

  it.each([2, 3, 5])('1,000 ids are spread over %i containers as evenly as chance has it', (count) => {
    const all = Array.from({ length: count }, (_, at) => `account${at}`);
    const placement = createPlacement(open('account0', ...all.slice(1)));
    const counts = new Map<string, number>();
    for (let at = 0; at < 1_000; at++) {
      const [place = ''] = placesOf(placement, `sessions/${idOf(at)}`);
      counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    const fair = 1_000 / count;
    const chiSquare = all.reduce((sum, one) => sum + ((counts.get(address(one)) ?? 0) - fair) ** 2 / fair, 0);
    // Exceeded by a fair spread once in a hundred thousand times, for one to four degrees of freedom.
    expect(chiSquare).toBeLessThan(28.5);
  });
});

it("a session's marker lies with it, a user's with the user, and what is not spread in the first container", () => {
  const all = open('one', 'two', 'three', 'four');
  const placement = createPlacement(all);
  for (let at = 0; at < 50; at++) {
    const [id, user] = [idOf(at), idOf(-at)];
    expect(placement.of(`agenda/202601010000/${id}`)).toEqual(placement.of(`sessions/${id}`));
    expect(placement.of(`users/${user}/202601010000/${id}`)).toEqual(placement.under(`users/${user}/`));
    expect(placement.of(`users/${user}/202601010000/${id}`)).toHaveLength(1);
  }
  for (const name of ['keyring/000001', 'agenda/watermark', `imports/${idOf(1)}`])
    expect(addresses(placement.of(name))).toEqual([address('one')]);
});

it('a prefix is looked for wherever names below it may be, and nowhere else', () => {
  const all = open('one', 'two', 'three');
  const placement = createPlacement(all);
  for (const prefix of ['', 'agenda/', 'agenda/2026010100', 'sessions/', 'users/', 'use', `users/${idOf(1).slice(1)}`])
    expect(placement.under(prefix)).toEqual(all);
  for (const prefix of ['keyring/', 'imports/']) expect(addresses(placement.under(prefix))).toEqual([address('one')]);
  expect(placement.under(`users/${idOf(1)}/`)).toHaveLength(1);
});

describe('with marks', () => {
  /** The stages of the guide, by which the last container comes; it goes the same way back. */
  const stages = (others: Shards, last: string) =>
    [
      others,
      [...others, shard(last, 'closed')],
      [...others, shard(last, 'half-open')],
      [...others, shard(last)],
    ] satisfies Shards[];

  it('a session that is made in one stage is found in the one before and in the one after', () => {
    fc.assert(
      fc.property(shards, fc.stringMatching(/^new[a-z]{3,9}$/), ids, (others, last, id) => {
        const name = `sessions/${id}`;
        const placements = stages(others, last).map(createPlacement);
        for (const [at, placement] of placements.entries()) {
          const [made] = placesOf(placement, name);
          for (const neighbour of [placements[at - 1], placement, placements[at + 1]])
            if (neighbour) expect(placesOf(neighbour, name)).toContain(made);
        }
      }),
    );
  });

  it('a container takes no new sessions while it is closed, and all of its share while it is half open', () => {
    const [, closed, halfOpen, opened] = stages(open('one', 'two'), 'new').map(createPlacement);
    let taken = 0;
    for (let at = 0; at < 100; at++) {
      const of = (placement?: Placement) => placement?.of(`sessions/${idOf(at)}`)[0]?.address;
      expect(of(closed)).not.toBe(address('new'));
      expect(of(halfOpen)).toBe(of(opened));
      if (of(opened) === address('new')) taken += 1;
    }
    expect(taken).toBeGreaterThan(10);
  });

  it('a name is looked for twice only where both layouts disagree', () => {
    const before = createPlacement(open('one', 'two'));
    const during = createPlacement([shard('one'), shard('two'), shard('new', 'half-open')]);
    for (let at = 0; at < 100; at++) {
      const places = placesOf(during, `sessions/${idOf(at)}`);
      const [former] = placesOf(before, `sessions/${idOf(at)}`);
      expect(places).toEqual(places[0] === address('new') ? [address('new'), former] : [former]);
    }
    expect(during.of('keyring/000001')).toHaveLength(1);
  });
});
