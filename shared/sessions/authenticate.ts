import { isSealError, isTokenkeepError, TokenkeepError } from '../errors/tokenkeep-error.ts';
import { type Clock, seconds } from '../platform.ts';
import type { Provider } from '../providers/provider.ts';
import type { SessionToken } from '../telemetry/secret.ts';
import { Secret } from '../telemetry/secret.ts';
import { aliasOf, userNames } from '../token-store/epoch.ts';
import type { KeyRing } from '../token-store/key-ring.ts';
import { sessionIdOf, type UserId } from '../token-store/names.ts';
import type { SessionStore, StoredSession } from '../token-store/session-store.ts';
import { type CarriedToken, type Carrier, carriedToken } from './carrier.ts';
import { importedKeyOf } from './imported-key.ts';
import type { SessionKey, SessionTokens } from './session-token.ts';

/** A request whose token is good, and the session it opens. */
export interface Authenticated extends StoredSession {
  readonly carrier: Carrier;
  readonly token: SessionToken;
  /** Absent where the token is not one of ours, but names its user: no new one can be issued for it then. */
  readonly key?: SessionKey;
}

/**
 * Who sends this request. `extension` is how many seconds past its end a session token is still accepted.
 * Throws `not_signed_in`, `session_token_invalid`, `session_expired`, `session_ended` or `session_unreadable`.
 */
export type Authenticate = (request: Request, extension?: number) => Promise<Authenticated>;

export interface AuthenticateParts {
  readonly tokens: SessionTokens;
  readonly store: SessionStore;
  readonly ring: KeyRing;
  readonly clock: Clock;
  /** The providers whose own JWTs are accepted as Bearer. */
  readonly bearerProviders: readonly Provider[];
}

/**
 * Three kinds of token open a session: ours; one that a server has made with the shared key, and one that a provider
 * has issued for this app (Bearer). The last two name a user, and open the user's newest session.
 */
export function createAuthenticate({ tokens, store, ring, clock, bearerProviders }: AuthenticateParts): Authenticate {
  async function sessionOf(carried: CarriedToken, extension: number): Promise<StoredSession & { key?: SessionKey }> {
    const issued = await issuedByProvider(carried);
    if (issued) return newest([issued]);
    const claims = await tokens.verify(carried.token, extension);
    if (claims.key === undefined) {
      const epoch = await ring.newest();
      const stored = await newest(claims.userNames.map((name) => aliasOf(epoch, claims.provider, name)));
      const key = claims.isOldSession ? importedKeyOf(epoch, stored.session) : undefined;
      return { ...stored, ...(key === undefined ? {} : { key }) };
    }
    const stored = await store.read(sessionIdOf(claims.key));
    if (!stored || stored.session.sid !== claims.sid) throw new TokenkeepError('session_ended');
    return { ...stored, key: claims.key };
  }

  async function newest(users: readonly UserId[]): Promise<StoredSession> {
    for (const user of users) {
      const stored = await store.newestOf(user);
      if (stored) return stored;
    }
    throw new TokenkeepError('session_ended', { detail: 'this user has no session here' });
  }

  /** The user of a provider's own token; undefined where it cannot be one. */
  async function issuedByProvider({ carrier, token }: CarriedToken): Promise<UserId | undefined> {
    if (carrier !== 'bearer' || bearerProviders.length === 0 || tokens.isOurs(token)) return undefined;
    let trouble: unknown;
    for (const provider of bearerProviders) {
      try {
        const { issuer, subject } = await provider.signInWith({
          accessToken: new Secret('access_token', token.reveal()),
        });
        return userNames(await ring.newest(), provider.name, issuer, subject).user;
      } catch (error) {
        if (!isTokenkeepError(error)) throw error;
        // That one provider does not know it says less than that another cannot be asked.
        if (!isTokenkeepError(error, 'client_token_refused')) trouble ??= error;
      }
    }
    throw trouble ?? new TokenkeepError('session_token_invalid');
  }

  return async (request, extension = 0) => {
    const carried = carriedToken(request);
    if (!carried) throw new TokenkeepError('not_signed_in');
    const found = await sessionOf(carried, extension).catch(unreadable);
    if (found.session.endsAt <= seconds(clock)) throw new TokenkeepError('session_ended');
    return { ...found, ...carried };
  };
}

/** A blob that cannot be trusted is the store's trouble in the log, and a reason to sign in again for the client. */
function unreadable(cause: unknown): never {
  if (isSealError(cause)) throw new TokenkeepError('session_unreadable', { detail: cause.code, cause });
  throw cause;
}
