import type { App } from '../app.ts';
import { isNavigation } from '../http/respond.ts';

/** Where to sign in: at the provider to go to without being asked, or the only one; else the page that offers them. */
export function loginPath({ settings }: App): string {
  const [only, ...others] = settings.providers;
  const name = settings.redirectToProvider ?? (others.length === 0 ? only?.name : undefined);
  return name === undefined ? `${settings.apiPrefix}/login` : `${settings.apiPrefix}/login/${name}`;
}

/** Longer ones would not be landed at, escaped as they are then. In characters. */
const longestReturn = 500;

/** The same for who has asked for this: a browser that went to a page comes back to it. */
export function loginPathFrom(request: Request, app: App): string {
  const { pathname, search } = new URL(request.url);
  const place = pathname + search;
  const isPage = request.method === 'GET' && isNavigation(request);
  const isOfSignIn = pathname.toLowerCase().startsWith(`${app.settings.apiPrefix}/login`.toLowerCase());
  if (!isPage || isOfSignIn || place.startsWith('//') || place.length > longestReturn) return loginPath(app);
  return `${loginPath(app)}?${new URLSearchParams({ post_login_redirect_uri: place })}`;
}
