import type { App } from '../../app.ts';
import { serializeCookie } from '../../http/cookies.ts';
import { seconds } from '../../platform.ts';
import type { Authenticated } from '../../sessions/authenticate.ts';
import { sessionExpiry, slides } from '../../sessions/expiry.ts';
import { notNow } from './not-now.ts';
import { cookieOf } from './session-cookie.ts';

/**
 * A session that slides is extended by being used: the new token goes back the way the old one came. Where that cannot
 * be written now, because of a refresh or of the store, the next use extends it.
 */
export async function slid(
  response: Response,
  { session, etag, key, carrier }: Authenticated,
  app: App,
): Promise<Response> {
  const { settings, store, platform, sessionTokens } = app;
  const now = seconds(platform.clock);
  if (key === undefined || !slides(session, settings.session, now)) return response;
  const extended = { ...session, expiresAt: sessionExpiry(session, settings.session, now) };
  if (!(await store.update(extended, session, { etag }).catch(notNow))) return response;
  const token = await sessionTokens.issue(extended, key);
  if (carrier === 'cookie') response.headers.append('set-cookie', serializeCookie(cookieOf(app, token)));
  else response.headers.set('x-zumo-auth', token.reveal());
  return response;
}
