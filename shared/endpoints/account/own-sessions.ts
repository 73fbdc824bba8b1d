import type { App } from '../../app.ts';
import { isSealError } from '../../errors/tokenkeep-error.ts';
import { isSessionId } from '../../token-store/names.ts';
import type { Session } from '../../token-store/session.ts';

/** Which of a user's sessions to end. */
export type Which = 'all' | 'others';

/**
 * The sessions of whoever has this one, newest first. Those that the user's account is merely connected in are
 * another's.
 */
export async function ownSessions({ user }: Session, { store }: App): Promise<Session[]> {
  const found = (await store.sessionsOf(user)).map(({ session }) => session);
  return found.filter((one) => one.user === user);
}

/**
 * Ends one session of the user, for good and at once. Undefined where there is none of that id, which looks the same
 * for another user's. Throws `container_*` and `vault_*`.
 */
export async function endOwnSession({ user }: Session, id: string, app: App): Promise<Session | undefined> {
  const session = isSessionId(id) ? await readable(id) : undefined;
  if (session?.user !== user) return undefined;
  await ended(session, app);
  return session;

  async function readable(known: Session['id']): Promise<Session | undefined> {
    try {
      return (await app.store.read(known))?.session;
    } catch (error) {
      // Nobody can say whose it is.
      if (isSealError(error)) return undefined;
      throw error;
    }
  }
}

/** More sessions than the store lists at once take several turns; whoever signs in as fast as that is not waited for. */
const mostTurns = 20;

/**
 * Ends all sessions of the user, this one last, so that it can try again where that fails; or all but this one. Throws
 * `container_*` and `vault_*` after having tried all that it has seen.
 */
export async function endOwnSessions(current: Session, which: Which, app: App): Promise<void> {
  for (let turn = 0; turn < mostTurns; turn++) {
    const others = (await ownSessions(current, app)).filter(({ id }) => id !== current.id);
    if (others.length === 0) break;
    const results = await Promise.allSettled(others.map((one) => ended(one, app)));
    const failed = results.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  }
  if (which === 'all') await ended(current, app);
}

async function ended(session: Session, app: App): Promise<void> {
  await app.endSession(session);
  app.log.event('signed_out', { session: session.id, reason: 'asked' });
}
