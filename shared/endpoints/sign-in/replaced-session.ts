import type { App } from '../../app.ts';
import { isTokenkeepError } from '../../errors/tokenkeep-error.ts';
import { carriedToken } from '../../sessions/carrier.ts';

/**
 * A browser has one session: the one whose cookie is replaced ends, even if it has expired and could only be refreshed.
 * Its tokens are not revoked, since that may end the new grant too. A cookie that names its user and no session opens the
 * newest, which is the new one by now: there is nothing to end.
 */
export async function endReplacedSession(request: Request, app: App): Promise<void> {
  if (carriedToken(request)?.carrier !== 'cookie') return;
  const { settings, store, log } = app;
  try {
    const { session, key } = await app.authenticate(request, settings.session.refreshExtension);
    if (key === undefined) return;
    await store.end(session);
    log.event('signed_out', { session: session.id, reason: 'replaced' });
  } catch (error) {
    if (!isTokenkeepError(error)) throw error;
    if (error.row.status !== 401) log.event('request_failed', { reason: 'the old session may not have ended' }, error);
  }
}
