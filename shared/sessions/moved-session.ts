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
  const { copied, last } = await endLast(old, id, { amend, store });
  const { connected = [], entries = {} } = last ?? {};
  const nameOf = ([provider, { issuer, subject }]: [string, Entry]) => connectionOf(epoch, provider, issuer, subject);
  const moved = Object.entries(entries).filter((entry) => connected.includes(nameOf(entry)));
  if (Object.keys(copied).length === 0 && moved.length === 0 && !last?.consents) return;
  await amend(id, (session) => {
    const agreed = last && agreedAfterwards(session, copied, last);
    // What had ended before was signed out, and its consents with it.
    const { consents: _consents, uses: _uses, ...signedIn } = session;
    return {
      ...(last ? { ...session, ...agreed } : signedIn),
      entries: { ...Object.fromEntries(moved), ...session.entries },
      connected: moved.map(nameOf),
    };
  });
}

/** What the old session was given, or counted, after it was copied; not what was withdrawn from the new one meanwhile. */
function agreedAfterwards(
  session: Session,
  copied: Pick<Session, 'consents' | 'uses'>,
  { consents, uses }: Session,
): Pick<Session, 'consents' | 'uses'> | undefined {
  if (!consents) return undefined;
  const isWithdrawn = (name: string) => copied.consents?.[name] !== undefined && session.consents?.[name] === undefined;
  const kept = Object.entries(consents).filter(([name]) => !isWithdrawn(name));
  return { consents: { ...session.consents, ...Object.fromEntries(kept) }, ...(uses && { uses }) };
}

/**
 * Ends the old session under its lease: a refresh under way would take it for signed out, and revoke the tokens it
 * brings. One that takes too long is not waited for. Gives the session as it was last, undefined where it had ended, and
 * what of it was copied into the new one before.
 */
async function endLast(old: Session, id: SessionId, { amend, store }: Omit<MoveParts, 'ring'>) {
  let last: Session | undefined;
  let copied: Pick<Session, 'connected' | 'consents' | 'uses'> = {};
  async function end(session: Session): Promise<Session> {
    const { connected, consents, uses } = session;
    // The names go first, lest another user connect one of the accounts on the way over; and the consents, so that one
    // that is withdrawn meanwhile is always found in one of the two.
    copied = { ...(connected?.length ? { connected } : {}), ...(consents && { consents }), ...(uses && { uses }) };
    if (Object.keys(copied).length > 0) await amend(id, (next) => ({ ...next, ...copied }));
    last = await store.end(session);
    return session;
  }
  try {
    await amend(old.id, end);
  } catch (error) {
    if (!isTokenkeepError(error, 'session_busy')) throw error;
    await end(old);
  }
  return { copied, last };
}
