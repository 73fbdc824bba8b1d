import type { EpochSeconds } from '../platform.ts';
import type { Entry } from '../token-store/session.ts';
import { type ClaimView, claimViews } from './claims.ts';

type TokenName = 'access_token' | 'id_token' | 'refresh_token';

/**
 * One element of `/.auth/me`. The first members are App Service's, in its alphabetical order; absent where there is
 * nothing to show. `refreshable` and `refresh_state` are Tokenkeep's own.
 */
export interface EntryView {
  readonly access_token?: string;
  /** ISO 8601 UTC with seven fractional digits, as .NET writes it. */
  readonly expires_on?: string;
  readonly id_token?: string;
  readonly provider_name: string;
  readonly refresh_state: RefreshState;
  readonly refresh_token?: string;
  /** Whether the tokens can be renewed without the user. */
  readonly refreshable: boolean;
  readonly user_claims: readonly ClaimView[];
  readonly user_id: string;
}

/** How the tokens live. All times as `expires_on`. */
export interface RefreshState {
  readonly issued_on: string;
  /** When Tokenkeep renews the tokens by itself, or tries again. */
  readonly due_on?: string;
  /** Failed tries in a row since the last success. */
  readonly failures: number;
  /** Set once the provider refused the refresh token for good: only a new sign-in helps. */
  readonly refused?: { readonly on: string; readonly reason: string };
  /** The newest refreshes, oldest first. */
  readonly history: readonly { readonly on: string; readonly by: string }[];
}

/** What a client may see of an entry. */
export function entryView(provider: string, entry: Entry, userId: string, exposed: readonly TokenName[]): EntryView {
  const shown = (name: TokenName, token: { reveal(): string } | undefined) =>
    token && exposed.includes(name) ? { [name]: token.reveal() } : {};
  return {
    ...shown('access_token', entry.accessToken),
    ...(entry.expiresAt === undefined ? {} : { expires_on: dotNetTime(entry.expiresAt) }),
    ...shown('id_token', entry.idToken),
    provider_name: provider,
    refresh_state: {
      issued_on: dotNetTime(entry.issuedAt),
      ...(entry.refreshAt === undefined ? {} : { due_on: dotNetTime(entry.refreshAt) }),
      failures: entry.failures,
      ...(entry.dead ? { refused: { on: dotNetTime(entry.dead.at), reason: entry.dead.reason } } : {}),
      history: entry.history.map(({ at, by }) => ({ on: dotNetTime(at), by })),
    },
    ...shown('refresh_token', entry.refreshToken),
    refreshable: entry.refreshToken !== undefined && entry.dead === undefined,
    user_claims: claimViews(entry.claims),
    user_id: userId,
  };
}

/** .NET's round-trip format "o" in UTC: `2016-10-07T20:24:55.0000000Z`. */
function dotNetTime(time: EpochSeconds): string {
  return new Date(time * 1000).toISOString().replace(/\.\d{3}Z$/, '.0000000Z');
}
