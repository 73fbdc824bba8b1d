import type { App } from '../../app.ts';
import { isTokenkeepError, TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { crossSiteRefusal } from '../../http/cross-site.ts';
import type { Granted } from '../../providers/provider.ts';
import type { SessionId } from '../../token-store/names.ts';
import type { Session } from '../../token-store/session.ts';
import { isTrustedOrigin } from '../trusted-origin.ts';

/**
 * The session that `?connect=1` is to add an account to: that of the cookie, since the browser has to bring it to the
 * callback again. Throws `request_malformed`, `cross_site_refused`, and what `authenticate` throws.
 */
export async function sessionToConnectIn(connect: string, request: Request, app: App): Promise<Session> {
  if (connect !== '1') throw new TokenkeepError('request_malformed', { detail: 'connect is 1' });
  const reason = crossSiteRefusal(request, 'all', (origin) => isTrustedOrigin(origin, app));
  if (reason !== undefined) throw new TokenkeepError('cross_site_refused', { detail: reason });
  return sessionOfCookie(request, app);
}

/** What the session has been granted by an account of this provider. */
export function grantedBefore({ entries }: Session, provider: string): Granted {
  const { claims = {}, scopes = [], resources = [] } = entries[provider] ?? {};
  return { claims, scopes, resources };
}

/** Throws `connection_session_changed` unless the browser still has the session that the connecting was begun in. */
export async function checkSession(id: SessionId, request: Request, app: App): Promise<void> {
  try {
    if ((await sessionOfCookie(request, app)).id === id) return;
  } catch (error) {
    if (!isTokenkeepError(error) || error.row.status !== 401) throw error;
  }
  throw new TokenkeepError('connection_session_changed');
}

async function sessionOfCookie(request: Request, app: App): Promise<Session> {
  const { session, carrier } = await app.authenticate(request);
  if (carrier !== 'cookie')
    throw new TokenkeepError('not_signed_in', { detail: 'the session has to be in the cookie' });
  return session;
}
