import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { type Platform, seconds } from '../platform.ts';
import { filedAnew } from '../refresh/schedule.ts';
import type { Container } from '../token-store/container.ts';
import { withLease } from '../token-store/lease.ts';
import { blobName, type SessionId } from '../token-store/names.ts';
import type { Session } from '../token-store/session.ts';
import type { SessionStore } from '../token-store/session-store.ts';

export interface AmendParts {
  readonly container: Container;
  readonly store: SessionStore;
  readonly platform: Platform;
  /** Seconds. */
  readonly refreshExtension: number;
}

/**
 * Changes something in a session that no refresh may undo, nor it the refresh: under the lease. `change` is given the
 * session as it is then; where it gives the same back, nothing is written. Resolves to the session as it is stored, or
 * undefined where it has ended. Throws what `change` throws, `session_busy` and `container_*`.
 */
export type Amend = (
  id: SessionId,
  change: (session: Session) => Session | Promise<Session>,
) => Promise<Session | undefined>;

/** How long to wait for a refresh that holds the lease, and how often to look, in milliseconds. */
const longestWait = 20_000;
const pause = 100;

export function createAmend({ container, store, platform, refreshExtension }: AmendParts): Amend {
  return async (id, change) => {
    const deadline = platform.clock.now() + longestWait;
    for (;;) {
      const leased = await withLease(container, blobName.session(id), platform, async ({ leaseId, etag }) => {
        const stored = await store.current(id, etag);
        if (!stored) return { session: undefined };
        const { session } = stored;
        const changed = await change(session);
        if (changed === session) return { session };
        const filed = filedAnew(changed, seconds(platform.clock), refreshExtension);
        return (await store.update(filed, session, { etag: stored.etag, leaseId })) && { session: filed };
      });
      if (leased.status === 'absent') return undefined;
      if (leased.status === 'done' && leased.result) return leased.result.session;
      if (platform.clock.now() >= deadline) throw new TokenkeepError('session_busy');
      await platform.clock.sleep(pause);
    }
  };
}
