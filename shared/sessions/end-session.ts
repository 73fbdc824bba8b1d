import { type RevocationParts, revokeEntries } from '../refresh/revocation.ts';
import type { Session } from '../token-store/session.ts';

/**
 * Ends a session: here first, so that it is over whatever the providers do; then its tokens are revoked, those of a
 * refresh included that came in between.
 */
export async function endSession(session: Session, parts: RevocationParts): Promise<void> {
  const last = await parts.store.end(session);
  await revokeEntries(last ?? session, parts);
}
