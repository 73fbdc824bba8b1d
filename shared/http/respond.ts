import { errorTable } from '../errors/table.ts';
import { isTokenkeepError, type TokenkeepError } from '../errors/tokenkeep-error.ts';
import { type Cookie, serializeCookie } from './cookies.ts';
import { errorPage } from './pages.ts';

/** Headers of every answer. Pages bring their own, wider Content-Security-Policy. */
const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

export function json(body: unknown, options: { status?: number; cookies?: readonly Cookie[] } = {}): Response {
  return respond(JSON.stringify(body), options.status ?? 200, { 'content-type': 'application/json' }, options.cookies);
}

export function noContent(cookies: readonly Cookie[] = []): Response {
  return respond(null, 204, {}, cookies);
}

/** 303 makes a POST go on as a GET (RFC 9110 section 15.4.4). */
export function redirect(location: string, cookies: readonly Cookie[] = [], status: 302 | 303 = 302): Response {
  return respond(null, status, { location }, cookies);
}

/** A page with one inline script or style, allowed by its hash in `policy`. */
export function html(page: { body: string; policy: string }, status = 200, cookies: readonly Cookie[] = []): Response {
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': page.policy };
  return respond(page.body, status, headers, cookies);
}

/**
 * The answer to an error: a page for a browser that navigates, else a problem document (RFC 9457) whose `code` is
 * stable and whose `login` says where to sign in when that is the remedy.
 */
export function problem(
  error: TokenkeepError,
  request: Request,
  loginPath?: string,
  cookies: readonly Cookie[] = [],
): Response {
  const { status, title, remedy } = error.row;
  const response = isNavigation(request)
    ? html(errorPage(error, loginPath), status, cookies)
    : respond(
        JSON.stringify({
          type: 'about:blank',
          title,
          status,
          code: error.code,
          detail: error.detail,
          remedy,
          login: loginPath,
        }),
        status,
        { 'content-type': 'application/problem+json' },
        cookies,
      );
  // RFC 9110 section 15.5.2 wants a challenge; browsers show nothing for this one (RFC 6750 section 3).
  if (status === 401) response.headers.set('www-authenticate', 'Bearer');
  if (error.retryAfterSeconds !== undefined) response.headers.set('retry-after', String(error.retryAfterSeconds));
  return response;
}

/**
 * Whether a person's browser is going to a page, rather than a script fetching. Fetch metadata decides where the
 * browser sends it (https://www.w3.org/TR/fetch-metadata/), else the Accept header.
 */
export function isNavigation(request: Request): boolean {
  const mode = request.headers.get('sec-fetch-mode');
  if (mode !== null) return mode === 'navigate';
  if (request.headers.get('x-requested-with') !== null) return false;
  return request.headers.get('accept')?.includes('text/html') ?? false;
}

/** The status an unexpected error is answered with, and any other. */
export function statusOf(error: unknown): number {
  return isTokenkeepError(error) ? error.row.status : errorTable.internal.status;
}

function respond(
  body: string | null,
  status: number,
  headers: Record<string, string>,
  cookies: readonly Cookie[] = [],
): Response {
  const response = new Response(body, { status, headers: { ...securityHeaders, ...headers } });
  for (const cookie of cookies) response.headers.append('set-cookie', serializeCookie(cookie));
  return response;
}
