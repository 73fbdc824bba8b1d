import { type RevocationParts, revokeEntries } from '../refresh/revocation.ts';
import type { Session } from '../token-store/session.ts';
import type { StoredSession } from '../token-store/session-store.ts';

/**
 * Ends a session: here first, so that it is over whatever the providers do; then its tokens are revoked, those of a
 * refresh included that came in between.
 */
export async function endSession(session: Session, parts: RevocationParts): Promise<void> {
  const last = await parts.store.end(session);
  // Whoever has ended it before has decided about its tokens, which may live on in the session that took its place.
  if (last) await revokeEntries(last, parts);
}

/** Ends a session past its life, unless somebody has extended it since it was read, or is about to. */
export async function expireSession(stored: StoredSession, parts: RevocationParts): Promise<void> {
  if (await parts.store.endUnchanged(stored)) await revokeEntries(stored.session, parts);
}
