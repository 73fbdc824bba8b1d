import type { EpochSeconds, Random } from '../platform.ts';
import type { RefreshResult, TokenSet } from '../providers/provider.ts';
import { type Entry, historyLength, type RefreshCause } from '../token-store/session.ts';
import { refreshDue } from './schedule.ts';

/** The times of an access token: when it was issued, when it expires and when it is due to be refreshed. */
export function tokenTimes(
  { expiresIn, refreshToken }: TokenSet,
  now: EpochSeconds,
  random: Random,
  hasRefreshToken = refreshToken !== undefined,
): Pick<Entry, 'issuedAt' | 'expiresAt' | 'refreshAt'> {
  if (expiresIn === undefined) return { issuedAt: now };
  const expiresAt = now + expiresIn;
  return { issuedAt: now, expiresAt, ...(hasRefreshToken ? { refreshAt: refreshDue(now, expiresAt, random) } : {}) };
}

/** The entry after a refresh: what the provider did not send anew stays (RFC 6749 section 6). */
export function refreshedEntry(
  entry: Entry,
  { tokens, claims }: Extract<RefreshResult, { ok: true }>,
  now: EpochSeconds,
  by: RefreshCause,
  random: Random,
): Entry {
  const { issuer, subject } = entry;
  const idToken = tokens.idToken ?? entry.idToken;
  const refreshToken = tokens.refreshToken ?? entry.refreshToken;
  return {
    issuer,
    subject,
    claims: { ...entry.claims, ...claims },
    accessToken: tokens.accessToken,
    ...(idToken === undefined ? {} : { idToken }),
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...tokenTimes(tokens, now, random, refreshToken !== undefined),
    failures: 0,
    history: [...entry.history, { at: now, by }].slice(-historyLength),
  };
}
