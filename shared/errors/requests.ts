import type { ErrorRow } from './row.ts';

/** What is wrong with a request, or with the app behind the gateway. */
export const requestErrors = {
  // The request
  request_too_large: {
    status: 413,
    title: 'The request is larger than Tokenkeep accepts',
    remedy: 'Send a body under 64 KiB, an address under 8 KiB and headers under 16 KiB.',
  },
  request_malformed: {
    status: 400,
    title: 'The request cannot be read',
    remedy: 'Compare the request with the HTTP reference; the detail names the part that is wrong.',
  },
  redirect_not_allowed: {
    status: 400,
    title: 'The requested landing address is not allowed',
    remedy:
      'Use a path of this app, or add the address to login.allowedExternalRedirectUrls in auth.json; for completion_origin TOKENKEEP_ALLOWED_ORIGINS will do.',
  },
  cross_site_refused: {
    status: 403,
    title: 'The request did not come from a page of this app',
    remedy:
      'Add the origin of the page to TOKENKEEP_ALLOWED_ORIGINS, or send the session token in a header, not as cookie.',
  },

  route_unknown: {
    status: 404,
    title: 'Tokenkeep has no such route',
    remedy: 'Compare path and method with the HTTP reference; nothing below this prefix reaches the app behind.',
  },
  anonymous_refused: {
    status: 403,
    title: 'This is for signed-in users only',
    remedy: 'Sign in first; globalValidation.unauthenticatedClientAction in auth.json decides on this answer.',
  },
  not_found: {
    status: 404,
    title: 'There is nothing here',
    remedy: 'Check the address, and sign in if you have not.',
  },
  identity_headers_spoofed: {
    status: 403,
    title: 'The request carries an identity that it may not claim',
    remedy:
      'Leave out headers named X-MS-CLIENT-PRINCIPAL or X-MS-TOKEN: they are set behind the sign-in, never before.',
  },
  proxy_key_refused: {
    status: 403,
    title: 'The key of the proxy is not the one in TOKENKEEP_PROXY_KEY',
    remedy: 'Give the proxy the value of the app setting TOKENKEEP_PROXY_KEY for the header X-Tokenkeep-Proxy-Key.',
  },

  // Gateway
  upgrade_unsupported: {
    status: 501,
    title: 'WebSockets do not pass through the gateway',
    remedy: 'Use server-sent events or requests, or let WebSocket clients connect to the app at an address of its own.',
  },
  upstream_unavailable: {
    status: 502,
    title: 'The app behind the gateway does not answer',
    remedy:
      'Check TOKENKEEP_UPSTREAM, the certificate of the app and whether it lets Tokenkeep in; the log has the cause.',
  },
  upstream_timeout: {
    status: 504,
    title: 'The app behind the gateway takes too long',
    remedy: 'Look why it is slow; work that takes minutes is better begun by one request and asked about by others.',
  },
} as const satisfies Record<string, ErrorRow>;
