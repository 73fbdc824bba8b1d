import type { EpochSeconds } from '../platform.ts';
import type { Session } from '../token-store/session.ts';

/** How a refresh ended. None of these is an exception: all of them happen in a healthy system. */
export type RefreshOutcome =
  /** New tokens are stored. */
  | { readonly status: 'refreshed'; readonly session: Session }
  /** The stored tokens are fresh: somebody else has just refreshed them, or nothing was due. */
  | { readonly status: 'settled'; readonly session: Session }
  /** There is no entry of that provider, or no refresh token in it. */
  | { readonly status: 'not-refreshable'; readonly session: Session }
  /** The provider has refused the refresh token for good. */
  | { readonly status: 'refused'; readonly session: Session; readonly reason: string }
  /** Not now. The stored tokens are kept. */
  | {
      readonly status: 'unavailable';
      readonly session?: Session;
      readonly reason: string;
      readonly retryAfterSeconds: number;
    }
  /** The session is gone. */
  | { readonly status: 'ended' };

/** What the stored entry says of the newest try, for those who did not make it themselves. */
export function settledOutcome(session: Session, provider: string, now: EpochSeconds): RefreshOutcome {
  const entry = session.entries[provider];
  if (!entry) return { status: 'not-refreshable', session };
  if (entry.dead) return { status: 'refused', session, reason: entry.dead.reason };
  if (entry.failures > 0) {
    const retryAfterSeconds = Math.max((entry.refreshAt ?? now) - now, 1);
    return { status: 'unavailable', session, reason: 'provider_unavailable', retryAfterSeconds };
  }
  return { status: 'settled', session };
}
