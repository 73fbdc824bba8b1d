import { isSealError, TokenkeepError } from '../errors/tokenkeep-error.ts';
import { type Clock, seconds } from '../platform.ts';
import { sessionIdOf } from '../token-store/names.ts';
import type { SessionStore, StoredSession } from '../token-store/session-store.ts';
import { type Carrier, carriedToken } from './carrier.ts';
import type { SessionKey, SessionTokens } from './session-token.ts';

/** A request whose session token is good, and the session it opens. */
export interface Authenticated extends StoredSession {
  readonly key: SessionKey;
  readonly carrier: Carrier;
}

/**
 * Who sends this request. `extension` is how many seconds past its end a session token is still accepted.
 * Throws `not_signed_in`, `session_token_invalid`, `session_expired`, `session_ended` or `session_unreadable`.
 */
export async function authenticate(
  request: Request,
  tokens: SessionTokens,
  store: SessionStore,
  clock: Clock,
  extension = 0,
): Promise<Authenticated> {
  const carried = carriedToken(request);
  if (!carried) throw new TokenkeepError('not_signed_in');
  const { key, sid } = await tokens.verify(carried.token, extension);
  const stored = await readChecked(store, key);
  if (!stored || stored.session.sid !== sid) throw new TokenkeepError('session_ended');
  if (stored.session.endsAt <= seconds(clock)) throw new TokenkeepError('session_ended');
  return { ...stored, key, carrier: carried.carrier };
}

/** A blob that cannot be trusted is the store's trouble in the log, and a reason to sign in again for the client. */
async function readChecked(store: SessionStore, key: SessionKey): Promise<StoredSession | undefined> {
  try {
    return await store.read(sessionIdOf(key));
  } catch (cause) {
    if (isSealError(cause)) {
      throw new TokenkeepError('session_unreadable', { detail: cause.code, cause });
    }
    throw cause;
  }
}
