import { connectionOf } from '../token-store/epoch.ts';
import type { KeyRing } from '../token-store/key-ring.ts';
import type { SessionId } from '../token-store/names.ts';
import type { Session } from '../token-store/session.ts';
import type { SessionStore } from '../token-store/session-store.ts';
import type { Amend } from './amend.ts';

interface MoveParts {
  readonly amend: Amend;
  readonly store: SessionStore;
  readonly ring: KeyRing;
}

/**
 * Ends a session and puts what it had beside its sign-in into a new one of the same user, which nobody knows of yet:
 * connected accounts, consents for backends and what these had tokens for. Two sessions with one refresh token would
 * spend it twice, so the old one ends first: after a crash in between, the accounts have to be connected again.
 */
export async function moveSession(old: Session, id: SessionId, { amend, store, ring }: MoveParts): Promise<void> {
  const { connected = [] } = old;
  // The names go first, lest another user connect one of the accounts on the way over.
  if (connected.length > 0) await amend(id, (session) => ({ ...session, connected }));
  const last = await store.end(old);
  if (connected.length === 0 && !last?.consents && !last?.uses) return;
  const epoch = await ring.newest();
  const nameOf = ([provider, { issuer, subject }]: [string, Session['entries'][string]]) =>
    connectionOf(epoch, provider, issuer, subject);
  const moved = Object.entries(last?.entries ?? {}).filter((entry) => connected.includes(nameOf(entry)));
  await amend(id, (session) => ({
    ...session,
    entries: { ...Object.fromEntries(moved), ...session.entries },
    connected: moved.map(nameOf),
    ...(last?.consents ? { consents: last.consents } : {}),
    ...(last?.uses ? { uses: last.uses } : {}),
  }));
}
