import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import type { EpochSeconds } from '../platform.ts';
import { type AccessToken, type IdToken, type RefreshToken, Secret } from '../telemetry/secret.ts';
import type { Minute, SessionId, UserId } from './names.ts';

/** One sign-in on one device: the document in a session blob. All times are seconds since 1970 UTC. */
export interface Session {
  readonly id: SessionId;
  readonly user: UserId;
  /** `sid:` and 32 hex digits, the same for every session of the user: what clients know the user by. */
  readonly sid: string;
  /** The provider that signed the user in; its entry is the one that `refresh` renews by default. */
  readonly provider: string;
  readonly signedInAt: EpochSeconds;
  /** Until when the newest session token is valid. */
  readonly expiresAt: EpochSeconds;
  /** No session token is valid after this, however often it is renewed. */
  readonly endsAt: EpochSeconds;
  /** The minute of the session's one marker in the agenda. */
  readonly visitAt: Minute;
  /** By provider name. */
  readonly entries: Readonly<Record<string, Entry>>;
}

/** A provider's claims and tokens in a session. */
export interface Entry {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Claims;
  readonly accessToken: AccessToken;
  readonly idToken?: IdToken;
  readonly refreshToken?: RefreshToken;
  /** When the provider issued the access token. */
  readonly issuedAt: EpochSeconds;
  /** When the access token expires; absent where the provider did not say. */
  readonly expiresAt?: EpochSeconds;
  /** When the access token is due to be refreshed, or refreshing is to be tried again. */
  readonly refreshAt?: EpochSeconds;
  /** Refreshes that failed in a row for a passing reason. */
  readonly failures: number;
  /** Set once the provider has refused the refresh token for good. */
  readonly dead?: { readonly at: EpochSeconds; readonly reason: string };
  /** The newest refreshes, oldest first, at most `historyLength`. */
  readonly history: readonly Refreshed[];
}

export interface Refreshed {
  readonly at: EpochSeconds;
  readonly by: RefreshCause;
}

/** Who asked: the timer, a client by `refresh`, or a client that read an entry about to expire. */
export type RefreshCause = 'sweep' | 'request' | 'read';

export type Claims = Readonly<Record<string, unknown>>;

export const historyLength = 20;

/** The version of the format below; what opens with another is refused. */
const formatVersion = 1;

/** The session as JSON, tokens included: only to be sealed. */
export function encodeSession(session: Session): string {
  const entries = Object.fromEntries(
    Object.entries(session.entries).map(([provider, entry]) => [
      provider,
      {
        ...entry,
        accessToken: entry.accessToken.reveal(),
        idToken: entry.idToken?.reveal(),
        refreshToken: entry.refreshToken?.reveal(),
      },
    ]),
  );
  return JSON.stringify({ v: formatVersion, ...session, entries });
}

/** Reads what `encodeSession` wrote. The text has passed its signature check, so only its version is in doubt. */
export function decodeSession(json: string): Session {
  const { v, ...document } = JSON.parse(json) as { v: number } & Omit<Session, 'entries'> & {
      entries: Record<string, StoredEntry>;
    };
  if (v !== formatVersion) throw new TokenkeepError('seal_malformed', { detail: `format version ${v}` });
  const entries = Object.fromEntries(
    Object.entries(document.entries).map(([provider, { accessToken, idToken, refreshToken, ...rest }]) => [
      provider,
      {
        ...rest,
        accessToken: new Secret('access_token', accessToken),
        ...(idToken === undefined ? {} : { idToken: new Secret('id_token', idToken) }),
        ...(refreshToken === undefined ? {} : { refreshToken: new Secret('refresh_token', refreshToken) }),
      },
    ]),
  );
  return { ...document, entries };
}

type StoredEntry = Omit<Entry, 'accessToken' | 'idToken' | 'refreshToken'> & {
  accessToken: string;
  idToken?: string;
  refreshToken?: string;
};
