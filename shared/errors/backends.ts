import type { ErrorRow } from './row.ts';

/** What keeps a backend from having the token of a user who is away. */
export const backendErrors = {
  // Tokens for absent users
  backend_token_missing: {
    status: 401,
    title: 'The backend has not said who it is',
    remedy: 'Send an access token of its own as Authorization: Bearer.',
  },
  backend_token_refused: {
    status: 401,
    title: 'The token of the backend failed a check',
    remedy: 'Get a token for the application itself, from the issuer and for the audience that auth.json names.',
  },
  backend_not_allowed: {
    status: 403,
    title: 'This application may not have tokens of absent users',
    remedy: 'Add it to backends in auth.json, and give it the role or scope that stands there.',
  },
  backend_provider_refused: {
    status: 403,
    title: 'This backend may not have tokens of this provider',
    remedy: 'Add the provider to providers of the backend in auth.json.',
  },
  backend_scope_refused: {
    status: 403,
    title: 'The token would be good for more than this backend may do',
    remedy: 'Ask for less, or add what the detail names to the scopes of this provider in auth.json.',
  },
  backend_unknown: {
    status: 404,
    title: 'No backend of that name is configured',
    remedy: 'Check the name in the address against backends in auth.json.',
  },
  user_unknown: {
    status: 404,
    title: 'This user has no session here',
    remedy:
      'Name the user as {idp}:{id}, as X-MS-CLIENT-PRINCIPAL-IDP and -ID have it; if it is right, let them sign in.',
  },
  consent_missing: {
    status: 403,
    title: 'The user has not let this backend have tokens',
    remedy: 'Let the user agree: POST consents/{backend} with their session.',
  },
  purpose_missing: {
    status: 400,
    title: 'The request does not say what the token is for',
    remedy: 'Send X-Tokenkeep-Purpose with 1 to 200 visible characters, percent-encoded where they are not ASCII.',
  },
  too_many_requests: {
    status: 429,
    title: 'This backend has had its share of tokens of this user',
    remedy: 'Keep the token until it expires, and ask again after the time in Retry-After.',
  },
} as const satisfies Record<string, ErrorRow>;
