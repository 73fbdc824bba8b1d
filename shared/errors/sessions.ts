import type { ErrorRow } from './row.ts';

/** What is wrong with a session, the accounts connected in it, or its tokens. */
export const sessionErrors = {
  // Sessions
  not_signed_in: {
    status: 401,
    title: 'Nobody is signed in',
    remedy: 'Sign in first, or send the session token as cookie, X-ZUMO-AUTH or Bearer.',
  },
  session_token_invalid: {
    status: 401,
    title: 'The session token is not one of ours',
    remedy: 'Sign in again; if the token came from elsewhere, check which signing key made it.',
  },
  session_expired: {
    status: 401,
    title: 'The session has expired',
    remedy: 'Call refresh while tokenRefreshExtensionHours allows it, or sign in again.',
  },
  session_ended: {
    status: 401,
    title: 'The session has ended',
    remedy: 'Sign in again.',
  },
  session_busy: {
    status: 503,
    title: 'The session is being refreshed',
    remedy: 'Try again in some seconds; nothing was changed.',
  },
  session_unreadable: {
    status: 401,
    title: 'The stored session failed its integrity check and was not served',
    remedy: 'Sign in again, and read the log: someone or something has changed the stored blob.',
  },
  session_unknown: {
    status: 404,
    title: 'The user has no such session',
    remedy: 'List the sessions again; this one may have ended.',
  },

  // Connected accounts
  connection_unknown: {
    status: 404,
    title: 'The user has connected no account of this provider',
    remedy: 'Send the browser to login/{provider}?connect=1, so that the user can connect one.',
  },
  connection_is_sign_in: {
    status: 409,
    title: 'The user is signed in with this account',
    remedy: 'Sign out to end it here; only connected accounts can be disconnected.',
  },
  connection_other_account: {
    status: 409,
    title: 'Another account of this provider is connected already',
    remedy: 'Disconnect that one first, or choose it at the provider.',
  },
  connection_taken: {
    status: 409,
    title: 'The account is connected to another user',
    remedy: 'Sign in as that user and disconnect it there first, or choose another account at the provider.',
  },
  connection_session_changed: {
    status: 409,
    title: 'The session is not the one that the connecting was begun in',
    remedy: 'Start again from the app; nothing was connected.',
  },
  scopes_not_granted: {
    status: 403,
    title: 'The user has not granted this',
    remedy: 'Send the browser to login/{provider} with connect=1 and, as scope, what the detail names.',
  },

  // Refresh
  refresh_not_possible: {
    status: 400,
    title: 'There is no refresh token to refresh with',
    remedy: 'Ask for offline access at sign-in (most providers: scope offline_access), then sign in again.',
  },
  refresh_refused: {
    status: 403,
    title: 'The identity provider has refused the refresh token for good',
    remedy: 'Sign in again: consent was withdrawn, the token expired, or it was used elsewhere.',
  },
  refresh_unavailable: {
    status: 503,
    title: 'The tokens could not be refreshed just now',
    remedy: 'Try again after the time in Retry-After; the stored tokens are kept as they were.',
  },
} as const satisfies Record<string, ErrorRow>;
