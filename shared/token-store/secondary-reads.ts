import { isTokenkeepError } from '../errors/tokenkeep-error.ts';
import type { Clock } from '../platform.ts';
import type { Log } from '../telemetry/log.ts';
import type { Container, Read } from './container.ts';

/** After the primary was out of reach, reads go to the secondary first for this long. In milliseconds. */
const secondaryFirst = 30_000;

export interface SecondaryParts {
  readonly secondary: Pick<Container, 'read'>;
  readonly clock: Clock;
  readonly log: Log;
  /** The address of the primary, for the log. */
  readonly address: string;
}

/**
 * A container whose reads go to its geo-redundant secondary while the primary cannot be reached; everything else goes to
 * the primary alone. The secondary lags behind: what it does not have is not absent, and what it has may be older. So
 * it serves those who only look, never those who read in order to write.
 * https://learn.microsoft.com/azure/storage/common/geo-redundant-design
 */
export function secondaryReads(primary: Container, { secondary, clock, log, address }: SecondaryParts): Container {
  let primaryFirstFrom = 0;
  let isAway = false;

  /** Undefined where the secondary does not have it, or cannot be reached either. */
  async function copyOf(...call: Parameters<Container['read']>): Promise<Read | undefined> {
    const read = await secondary.read(...call).catch(() => undefined);
    return read?.status === 'absent' ? undefined : read;
  }

  return {
    ...primary,
    get deletes() {
      return primary.deletes;
    },
    async read(...call) {
      const wait = primaryFirstFrom - clock.now();
      const isCopyFirst = wait > 0 && wait <= secondaryFirst;
      const copy = isCopyFirst ? await copyOf(...call) : undefined;
      if (copy) return copy;
      // One read finds out whether the primary is back; those that come meanwhile need not wait for it.
      if (isAway && !isCopyFirst) primaryFirstFrom = clock.now() + secondaryFirst;
      try {
        const read = await primary.read(...call);
        primaryFirstFrom = 0;
        if (isAway) log.event('secondary_reads_ended', { container: address });
        isAway = false;
        return read;
      } catch (error) {
        const late = isTokenkeepError(error, 'container_unreachable') && !isCopyFirst && (await copyOf(...call));
        if (!late) throw error;
        primaryFirstFrom = clock.now() + secondaryFirst;
        if (!isAway) log.event('secondary_reads_began', { container: address }, error);
        isAway = true;
        return late;
      }
    },
  };
}

/**
 * The read-access secondary of a blob or container address, where the same SAS and the same identity are good; undefined
 * for a custom domain, which does not tell it. Azurite has the account in the path
 * (https://learn.microsoft.com/azure/storage/common/storage-connect-azurite).
 */
export function secondaryUrl(primary: string): string | undefined {
  const url = new URL(primary);
  if (/^[a-z\d]{3,24}\.([a-z\d]+\.)?blob\./.test(url.hostname)) {
    url.hostname = url.hostname.replace('.', '-secondary.');
    return url.href;
  }
  if (!/^(localhost|[\d.]+|\[.*\])$/.test(url.hostname)) return undefined;
  url.pathname = url.pathname.replace(/^\/[^/]+/, '$&-secondary');
  return url.href;
}
