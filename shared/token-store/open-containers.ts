import type { Clock } from '../platform.ts';
import type { Log } from '../telemetry/log.ts';
import { azureContainer, type ContainerAccess } from './azure-container.ts';
import type { Container } from './container.ts';
import type { Shard } from './placement.ts';
import { retryingContainer } from './retrying-container.ts';
import { secondaryReads, secondaryUrl } from './secondary-reads.ts';
import { shardedContainer } from './sharded-container.ts';

/** A container of the token store, and how it is reached. */
export interface ShardAccess extends Pick<Shard, 'address' | 'mark'> {
  readonly access: ContainerAccess;
}

/** The containers of the token store. */
export interface Containers {
  /** Each by itself. */
  readonly shards: readonly Shard[];
  /** All as one. */
  readonly container: Container;
  /** The same for those who only look: its reads may be answered by the secondaries. */
  readonly readable: Container;
}

export function openContainers(
  [home, ...others]: readonly [ShardAccess, ...ShardAccess[]],
  readSecondary: boolean,
  clock: Clock,
  log: Log,
): Containers {
  const open = ({ access, ...place }: ShardAccess): Opened => {
    const container = retryingContainer(azureContainer(access), clock);
    const url = readSecondary ? secondaryUrl(access.url) : undefined;
    if (url === undefined) return { ...place, container, readable: container };
    const secondary = azureContainer({ ...access, url });
    const readable = secondaryReads(container, { secondary, clock, log, address: place.address });
    return { ...place, container, readable };
  };
  const shards: readonly [Opened, ...Opened[]] = [open(home), ...others.map(open)];
  const container = shardedContainer(shards);
  if (!readSecondary) return { shards, container, readable: container };
  const forReaders = (one: Opened): Shard => ({ ...one, container: one.readable });
  const [first, ...further] = shards;
  return { shards, container, readable: shardedContainer([forReaders(first), ...further.map(forReaders)]) };
}

interface Opened extends Shard {
  readonly readable: Container;
}
