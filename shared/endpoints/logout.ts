import type { App } from '../app.ts';
import { isTokenkeepError } from '../errors/tokenkeep-error.ts';
import { page } from '../http/pages.ts';
import { html, redirect } from '../http/respond.ts';
import { authenticate } from '../sessions/authenticate.ts';
import { redirectTarget } from '../sign-in/redirect-target.ts';
import { single } from './route.ts';
import { cookieOf } from './session-cookie.ts';

/**
 * `GET` or `POST {prefix}/logout[?post_logout_redirect_uri=]`: ends the session here first, then revokes its refresh
 * tokens, clears the cookie and lands on the given address or `{prefix}/logout/complete`. Signing out twice is no error.
 */
export async function logout(request: Request, app: App): Promise<Response> {
  const { settings, sessionTokens, store, platform, log } = app;
  const requested = single(new URL(request.url).searchParams, 'post_logout_redirect_uri');
  const target = redirectTarget(
    requested ?? `${settings.apiPrefix}/logout/complete`,
    settings.publicOrigin,
    settings.signIn.allowedExternalRedirectUrls,
  );
  try {
    const extension = settings.session.refreshExtension;
    const { session } = await authenticate(request, sessionTokens, store, platform.clock, extension);
    await app.endSession(session);
    log.event('signed_out', { session: session.id, reason: 'asked' });
  } catch (error) {
    const isSignedOut = isTokenkeepError(error) && error.row.status === 401;
    if (!isSignedOut) throw error;
  }
  return redirect(target, [cookieOf(app, undefined)]);
}

/** `GET {prefix}/logout/complete`: where a sign-out lands that names no other place. */
export async function logoutComplete(): Promise<Response> {
  return html(page('You are signed out', '<p>You can close this page.</p>'));
}
