import { isTokenkeepError } from '../errors/tokenkeep-error.ts';
import { connectionOf } from '../token-store/epoch.ts';
import type { KeyRing } from '../token-store/key-ring.ts';
import type { SessionId } from '../token-store/names.ts';
import type { Entry, Session } from '../token-store/session.ts';
import type { SessionStore } from '../token-store/session-store.ts';
import type { Amend } from './amend.ts';

interface MoveParts {
  readonly amend: Amend;
  readonly store: SessionStore;
  readonly ring: Pick<KeyRing, 'newest'>;
}

/**
 * Ends a session and puts what it had beside its sign-in into a new one of the same user, which nobody knows of yet:
 * connected accounts, consents for backends and what these had tokens for. Two sessions with one refresh token would
 * spend it twice, so the old one ends first: after a crash or an outage in between, the accounts have to be connected
 * again. Throws `session_busy` and `container_*`.
 */
export async function moveSession(old: Session, id: SessionId, { amend, store, ring }: MoveParts): Promise<void> {
  const epoch = await ring.newest();
  const last = await endLast(old, id, { amend, store });
  const { connected = [], entries = {}, consents, uses } = last ?? {};
  const nameOf = ([provider, { issuer, subject }]: [string, Entry]) => connectionOf(epoch, provider, issuer, subject);
  const moved = Object.entries(entries).filter((entry) => connected.includes(nameOf(entry)));
  await amend(id, (session) => {
    if (!session.connected && moved.length === 0 && !consents && !uses) return session;
    return {
      ...session,
      entries: { ...Object.fromEntries(moved), ...session.entries },
      connected: moved.map(nameOf),
      ...(consents ? { consents } : {}),
      ...(uses ? { uses } : {}),
    };
  });
}

/**
 * Ends the old session under its lease: a refresh under way would take it for signed out, and revoke the tokens it
 * brings. One that takes too long is not waited for. Gives the session as it was last, undefined where it had ended.
 */
async function endLast(old: Session, id: SessionId, { amend, store }: Omit<MoveParts, 'ring'>) {
  let last: Session | undefined;
  async function end(session: Session): Promise<Session> {
    const { connected } = session;
    // The names go first, lest another user connect one of the accounts on the way over.
    if (connected?.length) await amend(id, (next) => ({ ...next, connected }));
    last = await store.end(session);
    return session;
  }
  try {
    await amend(old.id, end);
  } catch (error) {
    if (!isTokenkeepError(error, 'session_busy')) throw error;
    await end(old);
  }
  return last;
}
