import type { App } from '../../app.ts';
import { isTokenkeepError } from '../../errors/tokenkeep-error.ts';
import { carriedToken } from '../../sessions/carrier.ts';
import { moveSession } from '../../sessions/moved-session.ts';
import type { Session } from '../../token-store/session.ts';

/**
 * A browser has one session: the one whose cookie is replaced ends, even if it has expired and could only be refreshed.
 * Its tokens are not revoked, since that may end the new grant too. Where it is the same user's, what it had beside the
 * sign-in goes over into the new one. A cookie that names its user and no session opens the newest, which is the new one
 * by now: there is nothing to end.
 */
export async function replaceSession(request: Request, session: Session, app: App): Promise<void> {
  if (carriedToken(request)?.carrier !== 'cookie') return;
  const { settings, store, log } = app;
  try {
    const { session: old, key } = await app.authenticate(request, settings.session.refreshExtension);
    if (key === undefined) return;
    if (old.user === session.user) await moveSession(old, session.id, app);
    else await store.end(old);
    log.event('signed_out', { session: old.id, reason: 'replaced' });
  } catch (error) {
    if (!isTokenkeepError(error)) throw error;
    if (error.row.status !== 401) log.event('request_failed', { reason: 'the old session may not have ended' }, error);
  }
}
