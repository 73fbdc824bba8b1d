/** What a page of an allowed origin may send: the headers of Microsoft's client SDKs, and the usual ones. */
const requestHeaders = [
  'accept',
  'authorization',
  'content-type',
  'x-requested-with',
  'x-zumo-auth',
  'x-zumo-features',
  'x-zumo-installation-id',
  'x-zumo-version',
  'zumo-api-version',
].join(', ');

/** What it may read beside the headers that any page may. */
const responseHeaders = 'retry-after, x-zumo-auth';

/** How long a browser may remember a preflight, in seconds. */
const preflightAge = 3600;

/**
 * Lets pages of `allowedOrigins` read this answer, with credentials (CORS: https://fetch.spec.whatwg.org/#http-cors-protocol).
 * The origin is compared as a text and given back as it came, never as `*`. An answer that is open to everybody already
 * stays as it is.
 */
export function allowOrigin(headers: Headers, request: Request, allowedOrigins: readonly string[]): void {
  if (allowedOrigins.length === 0 || headers.has('access-control-allow-origin')) return;
  headers.append('vary', 'Origin');
  const origin = request.headers.get('origin');
  if (origin === null || !allowedOrigins.includes(origin)) return;
  headers.set('access-control-allow-origin', origin);
  headers.set('access-control-allow-credentials', 'true');
  headers.set('access-control-expose-headers', responseHeaders);
  if (request.method !== 'OPTIONS') return;
  headers.set('access-control-allow-methods', 'GET, POST, DELETE');
  headers.set('access-control-allow-headers', requestHeaders);
  headers.set('access-control-max-age', String(preflightAge));
}
