import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import type { EpochSeconds } from '../platform.ts';
import type { Entry, Session } from '../token-store/session.ts';

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

/** Whether the provider has said not to be asked before a time that is yet to come. */
export function isHeldBack({ failures, notBefore = 0 }: Entry, now: EpochSeconds): boolean {
  return failures > 0 && now < notBefore;
}

/** The tokens of a try that left no trace may be about to be stored. */
export const recovering = { status: 'unavailable', reason: 'recovering', retryAfterSeconds: 15 } as const;

export function isRecovering(outcome: RefreshOutcome): boolean {
  return outcome.status === recovering.status && outcome.reason === recovering.reason;
}

/** Whether the session of an outcome is what the container holds. */
export function isStored(
  outcome: RefreshOutcome,
): outcome is Extract<RefreshOutcome, { status: 'refreshed' | 'settled' }> {
  return outcome.status === 'refreshed' || outcome.status === 'settled';
}

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

/**
 * The session after a refresh that somebody asked for; `needs` says what this provider needs for one. Throws
 * `refresh_not_possible`, `refresh_refused`, `refresh_unavailable` or `session_ended`.
 */
export function refreshedSession(outcome: RefreshOutcome, needs: string | undefined): Session {
  switch (outcome.status) {
    case 'refreshed':
    case 'settled':
      return outcome.session;
    case 'not-refreshable':
      throw new TokenkeepError('refresh_not_possible', needs === undefined ? {} : { detail: needs });
    case 'refused':
      throw new TokenkeepError('refresh_refused', { detail: `the provider says ${outcome.reason}` });
    case 'unavailable':
      throw new TokenkeepError('refresh_unavailable', {
        detail: outcome.reason,
        retryAfterSeconds: outcome.retryAfterSeconds,
      });
    case 'ended':
      throw new TokenkeepError('session_ended');
  }
}
