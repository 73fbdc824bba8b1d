import type { App } from '../../app.ts';
import { json } from '../../http/respond.ts';
import { refreshedSession } from '../../refresh/outcome.ts';
import { cookieOf } from './session-cookie.ts';
import { targetIn, wantedProvider } from './target.ts';
import { tokenReply } from './token-reply.ts';

/**
 * `GET` or `POST {prefix}/refresh[?provider=][&resource=|&scope=]`: renews the provider's tokens now, and the session
 * with them. A session token that has expired is accepted for `tokenRefreshExtensionHours`.
 *
 * Answers 200; 400 without a refresh token; 401 without a session; 403 where the provider has refused for good; 503
 * with Retry-After where it cannot be asked now. The new session token goes back the way the old one came: a cookie
 * to a cookie, in the body to a header.
 */
export async function refresh(request: Request, app: App): Promise<Response> {
  const { settings, sessionTokens } = app;
  const parameters = new URL(request.url).searchParams;
  const before = await app.authenticate(request, settings.session.refreshExtension);
  const name = wantedProvider(parameters) ?? before.session.provider;
  const provider = app.provider(name);
  const target = targetIn(parameters, provider);
  const outcome = await app.refresh({
    id: before.session.id,
    provider: name,
    ...(target === undefined ? {} : { target }),
    cause: 'request',
  });
  const session = refreshedSession(outcome, provider?.refreshNeeds);

  const token = before.key === undefined ? before.token : await sessionTokens.issue(session, before.key);
  if (before.carrier !== 'cookie' || before.key === undefined) return json(tokenReply(session, token));
  return json(
    { user: { userId: session.sid }, refreshed: outcome.status === 'refreshed' },
    { cookies: [cookieOf(app, token)] },
  );
}
refresh.guard = 'all' as const;
