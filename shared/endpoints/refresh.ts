import type { App } from '../app.ts';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { json } from '../http/respond.ts';
import type { RefreshOutcome } from '../refresh/outcome.ts';
import { authenticate } from '../sessions/authenticate.ts';
import type { Session } from '../token-store/session.ts';
import { single } from './route.ts';
import { cookieOf } from './session-cookie.ts';
import { tokenReply } from './token-reply.ts';

/**
 * `GET` or `POST {prefix}/refresh[?provider=]`: renews the provider's tokens now, and the session with them. A session
 * token that has expired is accepted for `tokenRefreshExtensionHours`.
 *
 * Answers 200; 400 without a refresh token; 401 without a session; 403 where the provider has refused for good; 503
 * with Retry-After where it cannot be asked now. The new session token goes back the way the old one came: a cookie
 * to a cookie, in the body to a header.
 */
export async function refresh(request: Request, app: App): Promise<Response> {
  const { settings, sessionTokens, store, platform } = app;
  const extension = settings.session.refreshExtension;
  const {
    session: before,
    key,
    carrier,
  } = await authenticate(request, sessionTokens, store, platform.clock, extension);
  const provider = single(new URL(request.url).searchParams, 'provider')?.toLowerCase();
  const outcome = await app.refresh({
    id: before.id,
    ...(provider === undefined ? {} : { provider }),
    cause: 'request',
  });
  const session = refreshedSession(outcome);

  const token = await sessionTokens.issue(session, key);
  if (carrier !== 'cookie') return json(tokenReply(session, token));
  return json(
    { user: { userId: session.sid }, refreshed: outcome.status === 'refreshed' },
    { cookies: [cookieOf(app, token)] },
  );
}

function refreshedSession(outcome: RefreshOutcome): Session {
  switch (outcome.status) {
    case 'refreshed':
    case 'settled':
      return outcome.session;
    case 'not-refreshable':
      throw new TokenkeepError('refresh_not_possible');
    case 'refused':
      throw new TokenkeepError('refresh_refused', { detail: `the provider says ${outcome.reason}` });
    case 'unavailable':
      throw new TokenkeepError('refresh_unavailable', {
        detail: outcome.reason,
        retryAfterSeconds: outcome.retryAfterSeconds,
      });
    case 'ended':
      throw new TokenkeepError('session_ended');
  }
}
