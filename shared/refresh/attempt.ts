import { outboundTimeout } from '../http/outbound.ts';
import { type Platform, seconds } from '../platform.ts';
import type { Provider, RefreshResult, Target } from '../providers/provider.ts';
import type { Lease } from '../token-store/lease.ts';
import type { Entry, RefreshCause } from '../token-store/session.ts';
import type { SessionStore, StoredSession } from '../token-store/session-store.ts';
import type { ProviderGate } from './provider-gate.ts';

interface AttemptParts {
  readonly store: SessionStore;
  readonly gate: ProviderGate;
  readonly platform: Platform;
}

/** One try to redeem a refresh token, under the lease of its session. */
export interface Attempt {
  /** The session as it was read under the lease. */
  readonly stored: StoredSession;
  readonly lease: Lease;
  readonly provider: Provider;
  readonly name: string;
  readonly entry: Entry & Required<Pick<Entry, 'refreshToken'>>;
  readonly cause: RefreshCause;
  readonly target: Target | undefined;
}

/** What came of it, and the session as it is stored now: the one that was read where the provider was not asked. */
export interface Tried {
  readonly result: RefreshResult;
  readonly base: StoredSession;
}

/**
 * Asks the provider, as soon as its gate lets this through. Before that the try is written down (write-ahead): a refresh
 * token is never spent while the container takes no writes, and whoever comes after a crash knows that it may be spent.
 * Undefined where the session is no longer the one that was read: then nobody was asked. Throws `container_*`.
 */
export async function attempt({ store, gate, platform }: AttemptParts, one: Attempt): Promise<Tried | undefined> {
  const { stored, lease, provider, name, entry, cause, target } = one;
  let base: StoredSession | undefined = stored;

  async function writtenDown(): Promise<StoredSession | undefined> {
    const { unanswered: _earlier, ...rest } = entry;
    const begun = { ...rest, attemptedAt: seconds(platform.clock) };
    const session = { ...stored.session, entries: { ...stored.session.entries, [name]: begun } };
    const etag = await store.update(session, stored.session, { etag: stored.etag, leaseId: lease.leaseId });
    return etag && { session, etag };
  }

  const result = await gate.through(name, cause, async (): Promise<RefreshResult> => {
    base = await writtenDown();
    // A machine that stood still meanwhile may hold the lease no more.
    if (!base || !lease.lasts(longestCall)) return notAsked;
    return provider.refresh(entry.refreshToken, entry, target);
  });
  return base && { result, base };
}

/** The longest that a provider may take, discovery included, in milliseconds. */
const longestCall = 2 * outboundTimeout;

const notAsked: RefreshResult = { ok: false, failure: { kind: 'unavailable', reason: 'busy' } };
