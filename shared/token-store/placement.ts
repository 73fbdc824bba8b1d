import { hash } from 'node:crypto';
import type { Container } from './container.ts';

/**
 * Stages between which a container comes or goes, one deployment at a time: `closed` takes no new sessions, `half-open`
 * takes its share of them while older ones that hash to it still lie elsewhere. Without a mark it is open.
 */
export type ShardMark = 'closed' | 'half-open';

/** One of several containers that are the token store together. */
export interface Shard {
  /** The container's URL without query and fragment: what is hashed, so that a renewed SAS moves nothing. */
  readonly address: string;
  readonly mark?: ShardMark;
  readonly container: Container;
}

/** Where blobs may be. What has no place of its own is in the first shard, which therefore never bears a mark. */
export interface Placement {
  /**
   * The shard where a blob of this name is made, and after it the one where it may have been made under the other
   * layout: that is the one without the `half-open` shards but with the `closed` ones.
   */
  of(name: string): readonly Shard[];
  /** The shards where names under a prefix may be. */
  under(prefix: string): readonly Shard[];
}

/** The parts of the name space that are spread, by what follows them: the id of a session, or of a user. */
const spread = ['sessions/', 'agenda/', 'users/'];
const keyed = /^(?:sessions|agenda\/\d{12}|users)\/([\da-f]{64})(?:\/|$)/;

export function createPlacement(shards: readonly [Shard, ...Shard[]]): Placement {
  const [home] = shards;
  const isMoving = shards.some(({ mark }) => mark !== undefined);
  const takingNew = shards.filter(({ mark }) => mark !== 'closed');
  const other = shards.filter(({ mark }) => mark !== 'half-open');

  function of(name: string): readonly Shard[] {
    const key = keyed.exec(name)?.[1];
    if (key === undefined) return [home];
    const first = heaviest(takingNew, key);
    const second = isMoving ? heaviest(other, key) : first;
    return first === second ? [first] : [first, second];
  }

  return {
    of,
    under(prefix) {
      if (keyed.test(prefix)) return of(prefix);
      return spread.some((part) => part.startsWith(prefix) || prefix.startsWith(part)) ? shards : [home];
    },
  };
}

/**
 * Rendezvous hashing: of all shards, the one whose address weighs most together with the key. A shard that is added
 * takes its share evenly from all, and moves nothing else (D. G. Thaler and C. V. Ravishankar, "Using name-based mappings
 * to increase hit rates", IEEE/ACM Transactions on Networking 6(1), 1998).
 */
function heaviest(shards: readonly Shard[], key: string): Shard {
  const weighed = shards.map((shard) => ({ shard, weight: hash('sha256', `${shard.address}\n${key}`) }));
  return weighed.reduce((one, other) => (other.weight > one.weight ? other : one)).shard;
}
