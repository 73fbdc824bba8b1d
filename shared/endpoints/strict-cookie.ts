import type { App } from '../app.ts';
import { escapeHtml, page } from '../http/pages.ts';
import { html } from '../http/respond.ts';

/** Whether the browser has come from another site, as from a provider, and so left a `SameSite=Strict` cookie out. */
export function lacksStrictCookie({ headers }: Request, { settings }: App): boolean {
  return settings.browser.sameSite === 'Strict' && headers.get('sec-fetch-site') === 'cross-site';
}

/** A page that opens the same address again, this time from here. */
export function againFromHere(request: Request, { settings }: App): Response {
  const { pathname, search } = new URL(request.url);
  const address = settings.publicOrigin + pathname + search;
  const response = html(page('One moment', `<p><a href="${escapeHtml(address)}">Go on</a></p>`));
  response.headers.set('refresh', `0;url=${address}`);
  return response;
}
