import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import type { EpochSeconds } from '../platform.ts';
import { type AccessToken, type IdToken, type RefreshToken, Secret, type TokenSecret } from '../telemetry/secret.ts';
import type { Minute, SessionId, UserId } from './names.ts';

/** One sign-in on one device: the document in a session blob. All times are seconds since 1970 UTC. */
export interface Session {
  readonly id: SessionId;
  readonly user: UserId;
  /** Further names under which the user's sessions are found: the id that self-issued tokens name, and old ones. */
  readonly aliases: readonly UserId[];
  /** The names of the accounts that are connected, one for each entry but the one that signed in; they open nothing. */
  readonly connected?: readonly UserId[];
  /** `sid:` and 32 hex digits, the same for every session of the user: what clients know the user by. */
  readonly sid: string;
  /** The provider that signed the user in; its entry is the one that `refresh` renews by default. */
  readonly provider: string;
  readonly signedInAt: EpochSeconds;
  /** What the browser or app has called itself, in a few words. */
  readonly device?: string;
  /** Until when the newest session token is valid. */
  readonly expiresAt: EpochSeconds;
  /** No session token is valid after this, however often it is renewed. */
  readonly endsAt: EpochSeconds;
  /** The minute of the session's one marker in the agenda. */
  readonly visitAt: Minute;
  /** The minute of the marker before that. */
  readonly movedFrom?: Minute;
  /** Hash of the code that a native app is still to exchange for the session token; the exchange removes it. */
  readonly appCode?: string;
  /** By provider name. */
  readonly entries: Readonly<Record<string, Entry>>;
  /** By the name of the backend that may have the user's tokens while the user is away. */
  readonly consents?: Readonly<Record<string, Consent>>;
  /** What backends had tokens for, the newest last; at most `keptUses`. */
  readonly uses?: readonly BackendUse[];
}

export interface Consent {
  readonly at: EpochSeconds;
  /** Tokens that the backend was given in the hour that began at `from`. */
  readonly hour?: { readonly from: EpochSeconds; readonly count: number };
}

/** Tokens of one provider that a backend was given for one purpose. */
export interface BackendUse {
  readonly backend: string;
  readonly provider: string;
  /** As the backend has said. */
  readonly purpose: string;
  readonly firstAt: EpochSeconds;
  readonly lastAt: EpochSeconds;
  readonly count: number;
}

/** A provider's claims and tokens in a session. */
export interface Entry {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Claims;
  /** Absent where a client signed in with nothing but an ID token. */
  readonly accessToken?: AccessToken;
  /** OAuth 1.0a. */
  readonly accessTokenSecret?: TokenSecret;
  readonly idToken?: IdToken;
  readonly refreshToken?: RefreshToken;
  /** When the account was connected; absent where it is the one that signed in. */
  readonly connectedAt?: EpochSeconds;
  /** What the user has granted, as far as the provider has said. */
  readonly scopes?: readonly string[];
  /** The further resources that the sign-in has asked for. */
  readonly resources?: readonly string[];
  /** Access tokens for further resources, by the resource or scope they were asked for; the oldest goes first. */
  readonly targets?: Readonly<Record<string, TargetToken>>;
  /** The one of `targets` that `me` shows, because a refresh asked for it last. */
  readonly shownTarget?: string;
  /** When the provider issued the access token. */
  readonly issuedAt: EpochSeconds;
  /** When the access token expires; absent where the provider did not say. */
  readonly expiresAt?: EpochSeconds;
  /** When the access token is due to be refreshed, or refreshing is to be tried again. */
  readonly refreshAt?: EpochSeconds;
  /** Refreshes that failed in a row for a passing reason. */
  readonly failures: number;
  /** Until when the provider has said not to be asked again (`Retry-After`). */
  readonly notBefore?: EpochSeconds;
  /**
   * When the refresh token was last sent to the provider, and nobody has stored what came of that: it may be spent. Set
   * before each try; taken away by tokens, and by an answer that leaves no doubt.
   */
  readonly attemptedAt?: EpochSeconds;
  /** Whether that try is over, and all that is to be known of it is that no answer came. */
  readonly unanswered?: boolean;
  /** Fingerprint of the refresh token that was redeemed for these tokens: who succeeded whom. */
  readonly redeemed?: string;
  /**
   * Set once the provider has refused the refresh token for good. `lost`: it may have been spent by a try whose answer
   * was lost, so that nobody need have withdrawn it.
   */
  readonly dead?: { readonly at: EpochSeconds; readonly reason: string; readonly lost?: true };
  /** The newest refreshes, oldest first, at most `historyLength`. */
  readonly history: readonly Refreshed[];
}

export interface Refreshed {
  readonly at: EpochSeconds;
  readonly by: RefreshCause;
  /** Where the refresh was for one of `targets`. */
  readonly target?: string;
}

export interface TargetToken {
  /** What it was asked for, so that it can be asked for again. */
  readonly target: { readonly resource?: string; readonly scope?: string };
  readonly accessToken: AccessToken;
  /** What it is good for, where the provider has said: it may be more than was asked for. */
  readonly scopes?: readonly string[];
  readonly issuedAt: EpochSeconds;
  readonly expiresAt?: EpochSeconds;
}

/** Who asked: the timer, a client by `refresh`, or a client that read an entry about to expire. */
export type RefreshCause = 'sweep' | 'request' | 'read';

export type Claims = Readonly<Record<string, unknown>>;

export const historyLength = 20;
export const keptUses = 20;

/** The version of the format below; what opens with another is refused. */
const formatVersion = 1;

/** The session as JSON, tokens included: only to be sealed. */
export function encodeSession(session: Session): string {
  return JSON.stringify({ v: formatVersion, ...session, entries: eachValue(session.entries, encodeEntry) });
}

/** Reads what `encodeSession` wrote. The text has passed its signature check, so only its version is in doubt. */
export function decodeSession(json: string): Session {
  const { v, ...document } = JSON.parse(json) as { v: number } & Omit<Session, 'entries'> & {
      entries: Record<string, StoredEntry>;
    };
  if (v !== formatVersion) throw new TokenkeepError('seal_malformed', { detail: `format version ${v}` });
  return { ...document, entries: eachValue(document.entries, decodeEntry) };
}

const tokens = {
  accessToken: 'access_token',
  accessTokenSecret: 'access_token_secret',
  idToken: 'id_token',
  refreshToken: 'refresh_token',
} as const;

type TokenName = keyof typeof tokens;

type StoredEntry = Omit<Entry, TokenName | 'targets'> & {
  readonly [Name in TokenName]?: string;
} & { readonly targets?: Readonly<Record<string, StoredTarget>> };

type StoredTarget = Omit<TargetToken, 'accessToken'> & { readonly accessToken: string };

function encodeEntry({ targets, ...entry }: Entry): object {
  const revealed = Object.keys(tokens).map((name) => [name, entry[name as TokenName]?.reveal()]);
  return {
    ...entry,
    ...Object.fromEntries(revealed),
    targets: targets && eachValue(targets, (one) => ({ ...one, accessToken: one.accessToken.reveal() })),
  };
}

function decodeEntry({ targets, ...entry }: StoredEntry): Entry {
  const secrets = Object.entries(tokens).flatMap(([name, kind]) => {
    const value = entry[name as TokenName];
    return value === undefined ? [] : [[name, new Secret(kind, value)]];
  });
  const decoded = { ...entry, ...Object.fromEntries(secrets) } as Entry;
  if (!targets) return decoded;
  const secret = (one: StoredTarget) => ({ ...one, accessToken: new Secret('access_token', one.accessToken) });
  return { ...decoded, targets: eachValue(targets, secret) };
}

function eachValue<From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
