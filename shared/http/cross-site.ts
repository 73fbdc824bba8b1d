/**
 * Which requests of a route must come from a page that is trusted, where the session cookie speaks for the user:
 * all but GET (`writes`); GET as well (`all`); GET too, except when somebody goes there (`all-but-visits`); none (`none`).
 */
export type Guard = 'writes' | 'all' | 'all-but-visits' | 'none';

/**
 * Why a request that the browser has sent with the session cookie may not count as the user's own; undefined where it
 * may. A request that tells nothing of where it comes from is no browser's, or an old one's: it passes, except for a
 * write by something that calls itself a browser.
 *
 * Rests on fetch metadata (https://www.w3.org/TR/fetch-metadata/) where it is sent, then on `Origin` and `Referer`,
 * which is App Service's rule for POST: https://learn.microsoft.com/azure/app-service/overview-authentication-authorization
 */
export function crossSiteRefusal(
  request: Pick<Request, 'method' | 'headers'>,
  guard: Guard,
  trusts: (origin: string) => boolean,
): string | undefined {
  const { method, headers } = request;
  const isRead = method === 'GET' || method === 'HEAD';
  if (guard === 'none' || (isRead && guard === 'writes')) return undefined;
  const site = headers.get('sec-fetch-site');
  if (isRead) {
    if (site === null) return undefined;
    if (headers.get('sec-purpose')?.startsWith('prefetch')) return 'a browser loaded it ahead of a click';
    const destination = headers.get('sec-fetch-dest') ?? 'empty';
    if (destination !== 'document' && destination !== 'empty') return 'it was loaded as a part of a page';
    if (destination === 'document' && guard === 'all-but-visits') return undefined;
  }
  if (site === 'same-origin' || site === 'none') return undefined;
  const source = sourceOf(headers);
  if (source !== undefined) return trusts(source) ? undefined : `it comes from a page ${described(source)}`;
  return site !== null || isBrowser(headers) ? 'it does not say which page it comes from' : undefined;
}

/** The origin of the page that made the request, as far as the browser tells. */
function sourceOf(headers: Headers): string | undefined {
  const origin = headers.get('origin');
  if (origin !== null) return origin;
  const referrer = headers.get('referer');
  return referrer === null ? undefined : (URL.parse(referrer)?.origin ?? 'null');
}

/** As it may stand in an answer: parsed, or not at all. */
function described(origin: string): string {
  const url = URL.parse(origin);
  return url ? `of ${url.protocol}//${url.host}` : 'without an origin';
}

/** Every browser says so since the first ones, for compatibility's sake; curl, SDKs and HTTP libraries do not. */
function isBrowser(headers: Headers): boolean {
  return /^(Mozilla|Opera)\//.test(headers.get('user-agent') ?? '');
}
