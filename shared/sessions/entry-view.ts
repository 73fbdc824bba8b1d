import type { EpochSeconds } from '../platform.ts';
import type { ClaimTypes } from '../providers/provider.ts';
import type { Entry, TargetToken } from '../token-store/session.ts';
import { type ClaimView, claimViews } from './claims.ts';

type TokenName = 'access_token' | 'id_token' | 'refresh_token';

/**
 * One element of `/.auth/me`. The first members are App Service's, in its alphabetical order; absent where there is
 * nothing to show. `refreshable` and `refresh_state` are Tokenkeep's own.
 */
export interface EntryView {
  readonly access_token?: string;
  /** OAuth 1.0a; shown where access tokens are. */
  readonly access_token_secret?: string;
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

/** How an entry is shown. */
export interface ViewRules {
  readonly userId: string;
  readonly claimTypes: ClaimTypes;
  readonly legacyClaims: boolean;
  /** What may be shown of the tokens. */
  readonly exposed: readonly TokenName[];
  /** The access token to show: the entry's own, or one for a further resource. */
  readonly token: Pick<Entry, 'accessToken' | 'expiresAt'> | TargetToken | undefined;
}

/** What a client may see of an entry. */
export function entryView(provider: string, entry: Entry, rules: ViewRules): EntryView {
  const { exposed, token } = rules;
  const shown = (name: TokenName, secret: { reveal(): string } | undefined) =>
    secret && exposed.includes(name) ? { [name]: secret.reveal() } : {};
  const tokenSecret = exposed.includes('access_token') ? entry.accessTokenSecret : undefined;
  return {
    ...shown('access_token', token?.accessToken),
    ...(tokenSecret ? { access_token_secret: tokenSecret.reveal() } : {}),
    ...(token?.expiresAt === undefined ? {} : { expires_on: dotNetTime(token.expiresAt) }),
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
    user_claims: claimViews(entry.claims, rules.claimTypes, rules.legacyClaims),
    user_id: rules.userId,
  };
}

/** .NET's round-trip format "o" in UTC: `2016-10-07T20:24:55.0000000Z`. */
export function dotNetTime(time: EpochSeconds): string {
  return `${new Date(time * 1000).toISOString().slice(0, -'.000Z'.length)}.0000000Z`;
}
