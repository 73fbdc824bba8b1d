import type { App } from '../../app.ts';
import { isTokenkeepError, TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { crossSiteRefusal } from '../../http/cross-site.ts';
import { plainPath } from '../../http/plain-path.ts';
import { isNavigation } from '../../http/respond.ts';
import type { Authenticated } from '../../sessions/authenticate.ts';
import { carriedToken } from '../../sessions/carrier.ts';
import { redirectTarget } from '../../sign-in/redirect-target.ts';
import type { Session } from '../../token-store/session.ts';
import { loginPath } from '../login-path.ts';
import { upToDate } from '../session/me.ts';
import { isTrustedOrigin } from '../trusted-origin.ts';

/** What a browser or program asked of the site, as the proxy passes it on or as the gateway got it. */
export interface Asked {
  readonly method: string;
  /** Path and query, beginning with `/`. */
  readonly target: string;
}

export type Admission =
  /** `session` is the one of `authenticated`, with tokens that are not about to expire as far as that can be had. */
  | { readonly kind: 'signed-in'; readonly authenticated: Authenticated; readonly session: Session }
  /** Goes on without a user: an excluded path, or `unauthenticatedClientAction` is `AllowAnonymous`. */
  | { readonly kind: 'anonymous' }
  /** `signIn`: the address to sign in at, for a browser that navigates where `RedirectToLoginPage` holds. */
  | { readonly kind: 'refused'; readonly error: TokenkeepError; readonly signIn?: string };

/**
 * Whether a request may go on to the site that this app guards, by `globalValidation` of auth.json. `request` carries
 * the headers of what was asked: session token, fetch metadata, `Origin`. What keeps it from being known who is asking,
 * such as a container that cannot be reached, is thrown, except on an excluded path, which needs nobody.
 */
export async function admit(request: Request, asked: Asked, app: App): Promise<Admission> {
  try {
    checkSource(request, asked, app);
    const authenticated = await app.authenticate(request);
    return { kind: 'signed-in', authenticated, session: await upToDate(authenticated.session, app) };
  } catch (error) {
    if (!isTokenkeepError(error)) throw error;
    return isExcluded(asked, app) ? withoutIdentity(error, app) : unauthenticated(error, request, asked, app);
  }
}

/** A write that the browser has sent with the session cookie must come from a page that is trusted. */
function checkSource(request: Request, { method }: Asked, app: App): void {
  if (method === 'OPTIONS' || carriedToken(request)?.carrier !== 'cookie') return;
  const { headers } = request;
  const detail = crossSiteRefusal({ method, headers }, 'writes', (origin) => isTrustedOrigin(origin, app));
  if (detail !== undefined) throw new TokenkeepError('cross_site_refused', { detail });
}

function unauthenticated(error: TokenkeepError, request: Request, asked: Asked, app: App): Admission {
  const { status } = error.row;
  const action = app.settings.unauthenticatedClientAction;
  if (error.code === 'cross_site_refused') return { kind: 'refused', error };
  if (status !== 401 && status !== 403) throw error;
  if (action === 'allow') return { kind: 'anonymous' };
  if (status === 403) return { kind: 'refused', error };
  if (action === 'status-403') return { kind: 'refused', error: new TokenkeepError('anonymous_refused') };
  if (action === 'status-404') return { kind: 'refused', error: new TokenkeepError('not_found') };
  const isRead = asked.method === 'GET' || asked.method === 'HEAD';
  if (action === 'status-401' || !isRead || !isNavigation(request)) return { kind: 'refused', error };
  return { kind: 'refused', error, signIn: signInAddress(asked, app) };
}

/** Public is what is listed, and read alike by every server on the way. Upper and lower case are told apart. */
function isExcluded({ target }: Asked, { settings }: App): boolean {
  const path = plainPath(target);
  return settings.excludedPaths.some((entry) =>
    entry.endsWith('/*') ? path?.startsWith(entry.slice(0, -1)) : path === entry,
  );
}

/** Public paths are served while the store is not; that somebody may have gone unrecognized is told. */
function withoutIdentity(error: TokenkeepError, { log }: App): Admission {
  if (error.row.status >= 500) log.event('identity_unknown', {}, error);
  return { kind: 'anonymous' };
}

/** Where to sign in and then come back to what was asked for; to the root where that is too long or means elsewhere. */
function signInAddress({ target }: Asked, app: App): string {
  const { publicOrigin } = app.settings;
  const url = new URL(`${publicOrigin}${loginPath(app)}`);
  url.searchParams.set('post_login_redirect_uri', landing(target, publicOrigin));
  return url.href;
}

function landing(target: string, publicOrigin: string): string {
  try {
    const path = redirectTarget(target, publicOrigin, []).slice(publicOrigin.length);
    return path.startsWith('//') ? '/' : path;
  } catch {
    return '/';
  }
}
