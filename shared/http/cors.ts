/** What a page of an allowed origin may do. Lists, separated by commas. */
export interface Grant {
  readonly methods: string;
  readonly requestHeaders: string;
  /** What it may read beside the headers that any page may. */
  readonly responseHeaders: string;
}

/** The headers of Microsoft's client SDKs, and the usual ones. */
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

const ownRoutes: Grant = { methods: 'GET, POST, DELETE', requestHeaders, responseHeaders: 'retry-after, x-zumo-auth' };

/** How long a browser may remember a preflight, in seconds. */
const preflightAge = 3600;

/**
 * Lets pages of `allowedOrigins` read this answer, with credentials (CORS: https://fetch.spec.whatwg.org/#http-cors-protocol).
 * The origin is compared as a text and given back as it came, never as `*`. An answer that is open to everybody already
 * stays as it is.
 */
export function allowOrigin(
  headers: Headers,
  request: Request,
  allowedOrigins: readonly string[],
  grant: Grant = ownRoutes,
): void {
  if (allowedOrigins.length === 0 || headers.has('access-control-allow-origin')) return;
  headers.append('vary', 'Origin');
  const origin = request.headers.get('origin');
  if (origin === null || !allowedOrigins.includes(origin)) return;
  headers.set('access-control-allow-origin', origin);
  headers.set('access-control-allow-credentials', 'true');
  headers.set('access-control-expose-headers', grant.responseHeaders);
  if (request.method !== 'OPTIONS') return;
  headers.set('access-control-allow-methods', grant.methods);
  headers.set('access-control-allow-headers', grant.requestHeaders);
  headers.set('access-control-max-age', String(preflightAge));
}
