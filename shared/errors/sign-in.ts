import type { ErrorRow } from './row.ts';

/** What keeps a user from being signed in. */
export const signInErrors = {
  // Sign-in
  provider_unknown: {
    status: 404,
    title: 'No identity provider of that name is configured',
    remedy: 'Check the provider name in the address against identityProviders in auth.json.',
  },
  provider_unavailable: {
    status: 503,
    title: 'The identity provider does not answer',
    remedy: 'Try again in a moment; nothing stored was changed.',
  },
  provider_misconfigured: {
    status: 502,
    title: 'The identity provider refuses this app as it is configured',
    remedy: 'Check the client id, the client secret, the redirect address and the issuer of this provider.',
  },
  provider_response_invalid: {
    status: 502,
    title: 'The identity provider sent an answer that cannot be used',
    remedy: 'Check that the configured endpoints belong to the provider; the log says what was wrong.',
  },
  sign_in_refused: {
    status: 401,
    title: 'The identity provider did not sign the user in',
    remedy: 'Start the sign-in again; the detail carries the error code of the provider.',
  },
  sign_in_state_invalid: {
    status: 400,
    title: 'This sign-in was not started in this browser, or was finished before',
    remedy: 'Start the sign-in again from the app, in the same browser, with cookies allowed.',
  },
  sign_in_expired: {
    status: 400,
    title: 'The sign-in took too long',
    remedy: 'Start the sign-in again; login.nonce.nonceExpirationInterval in auth.json sets how long it may take.',
  },
  sign_in_issuer_mismatch: {
    status: 401,
    title: 'The answer came from another identity provider than the one asked',
    remedy: 'Start the sign-in again; if it happens again, someone may be mixing up providers on purpose.',
  },
  sign_in_code_refused: {
    status: 401,
    title: 'The identity provider refused the authorization code',
    remedy: 'Start the sign-in again; a code is good once, and only for a short time.',
  },
  id_token_invalid: {
    status: 401,
    title: 'The ID token of the identity provider failed a check',
    remedy: 'Start the sign-in again; if it happens again, compare issuer and client id with the provider settings.',
  },
  id_token_out_of_time: {
    status: 401,
    title: 'The ID token of the identity provider has expired or is from the future',
    remedy: 'Start the sign-in again; if it happens again, compare the clock of this machine with the provider.',
  },
  client_token_missing: {
    status: 400,
    title: 'The sign-in lacks a token that this provider needs',
    remedy: 'Send the token that the detail names, as a member of a JSON object.',
  },
  client_token_refused: {
    status: 401,
    title: 'The token of the client failed a check',
    remedy: 'Get a new token from the provider, for the client id or an allowed audience of this app.',
  },
  app_code_refused: {
    status: 400,
    title: 'The authorization code of the app is not good',
    remedy: 'Start the sign-in again; a code is good once, for five minutes, with the verifier it was asked for with.',
  },
  user_not_allowed: {
    status: 403,
    title: 'This user or client application is not on the allow-list',
    remedy: 'Add the user, group or application under validation of this provider in auth.json.',
  },
  userinfo_subject_mismatch: {
    status: 401,
    title: 'The userinfo answer belongs to another user than the ID token',
    remedy: 'Start the sign-in again; if it happens again, report it to the identity provider.',
  },
} as const satisfies Record<string, ErrorRow>;
