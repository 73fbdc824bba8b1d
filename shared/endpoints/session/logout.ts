import type { App } from '../../app.ts';
import { isTokenkeepError } from '../../errors/tokenkeep-error.ts';
import type { Cookie } from '../../http/cookies.ts';
import { page } from '../../http/pages.ts';
import { html, isNavigation, redirect } from '../../http/respond.ts';
import { redirectTarget } from '../../sign-in/redirect-target.ts';
import type { Session } from '../../token-store/session.ts';
import { single } from '../route.ts';
import { landingCookie, rememberedLanding, rememberLanding } from './logout-landing.ts';
import { cookieOf } from './session-cookie.ts';

/**
 * `GET` or `POST {prefix}/logout[?post_logout_redirect_uri=]`: ends the session here first, then revokes its refresh
 * tokens, clears the cookie, signs out at the provider where that is set, and lands on the given address or
 * `{prefix}/logout/complete`. Signing out twice is no error.
 */
export async function logout(request: Request, app: App): Promise<Response> {
  const { settings } = app;
  const requested = single(new URL(request.url).searchParams, 'post_logout_redirect_uri');
  const complete = `${settings.publicOrigin}${settings.apiPrefix}/logout/complete`;
  const { allowedExternalRedirectUrls } = settings.signIn;
  const target =
    requested === undefined ? complete : redirectTarget(requested, settings.publicOrigin, allowedExternalRedirectUrls);
  const session = await ended(request, app);
  const cleared = cookieOf(app, undefined);
  const away = session && isNavigation(request) ? await signOutAtProvider(session, complete, app) : undefined;
  if (!away) return redirect(target, [cleared]);
  const cookies: Cookie[] = target === complete ? [cleared] : [cleared, await rememberLanding(target, app)];
  return redirect(away.href, cookies);
}
logout.guard = 'all-but-visits' as const;

/**
 * `GET {prefix}/logout/complete`: where a sign-out lands that names no other place, and where providers send the
 * browser back to, for the place that was named.
 */
export async function logoutComplete(request: Request, app: App): Promise<Response> {
  const target = await rememberedLanding(request, app);
  if (target !== undefined) return redirect(target, [landingCookie(app, '')]);
  return html(page('You are signed out', '<p>You can close this page.</p>'));
}

/** Ends the session of this request; undefined where there is none. */
async function ended(request: Request, app: App): Promise<Session | undefined> {
  try {
    const { session } = await app.authenticate(request, app.settings.session.refreshExtension);
    await app.endSession(session);
    app.log.event('signed_out', { session: session.id, reason: 'asked' });
    return session;
  } catch (error) {
    const isSignedOut = isTokenkeepError(error) && error.row.status === 401;
    if (!isSignedOut) throw error;
    return undefined;
  }
}

/** App Service signs out at Entra ID; the owner may want it everywhere, or nowhere. */
async function signOutAtProvider({ provider: name }: Session, returnTo: string, app: App): Promise<URL | undefined> {
  if (!(app.settings.signOutAtProvider ?? name === 'aad')) return undefined;
  try {
    return await app.provider(name)?.signOutUrl(returnTo);
  } catch (error) {
    if (!isTokenkeepError(error)) throw error;
    app.log.event('provider_sign_out_failed', { provider: name }, error);
    return undefined;
  }
}
