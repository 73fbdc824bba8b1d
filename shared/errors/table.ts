/** One row of the error table. `remedy` is the sentence that tells the reader what to do. */
export interface ErrorRow {
  /** HTTP status code of the answer when this error reaches a client. */
  readonly status: number;
  /** What happened, in a few words; the `title` of the problem document (RFC 9457). */
  readonly title: string;
  /** What to do about it, in a sentence. */
  readonly remedy: string;
}

/**
 * Every error Tokenkeep can answer or log, by its stable code. `docs/reference/errors.md` mirrors this table and a
 * test compares the two.
 */
export const errorTable = {
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

  // Sealing
  seal_malformed: {
    status: 500,
    title: 'A sealed document is not in the format this version writes',
    remedy: 'Check what wrote the blob; delete it to make its user sign in again.',
  },
  seal_algorithm_refused: {
    status: 500,
    title: 'A sealed document names an algorithm that is not allowed',
    remedy: 'Check what wrote the blob; delete it to make its user sign in again.',
  },
  seal_epoch_unknown: {
    status: 500,
    title: 'A sealed document names a key-ring epoch that does not exist',
    remedy: 'Restore the missing blob under keyring/, or delete the document to make its user sign in again.',
  },
  seal_broken: {
    status: 500,
    title: 'A sealed document was changed or cut short',
    remedy: 'Check who can write to the container; delete the document to make its user sign in again.',
  },
  seal_signature_invalid: {
    status: 500,
    title: 'A sealed document is not signed by the key ring',
    remedy: 'Check who can read the key ring; delete the document to make its user sign in again.',
  },
  seal_misplaced: {
    status: 500,
    title: 'A sealed document lies under another name than it was sealed for',
    remedy: 'Check who can write to the container; delete the copy to make its user sign in again.',
  },

  // Key ring and Key Vault
  key_ring_damaged: {
    status: 500,
    title: 'A key-ring epoch failed its integrity check',
    remedy: 'Restore the blob under keyring/ from a backup; sessions of other epochs are not touched.',
  },
  vault_unreachable: {
    status: 503,
    title: 'Key Vault does not answer',
    remedy: 'Check TOKENKEEP_VAULT_URL, the network rules of the vault and its service health; it is tried again.',
  },
  vault_key_disabled: {
    status: 503,
    title: 'A Key Vault key is disabled',
    remedy: 'Enable the key version again in Key Vault; until then nothing stored can be opened.',
  },
  vault_key_deleted: {
    status: 503,
    title: 'A Key Vault key does not exist',
    remedy: 'Recover the deleted key in Key Vault, or correct TOKENKEEP_WRAP_KEY and TOKENKEEP_SIGN_KEY.',
  },
  vault_access_refused: {
    status: 503,
    title: 'Key Vault refuses this app',
    remedy: "Give the app's identity the role Key Vault Crypto User on the vault.",
  },

  // Container
  container_unreachable: {
    status: 503,
    title: 'The token container does not answer',
    remedy: 'Check the storage account, its network rules and its service health; it is tried again.',
  },
  container_missing: {
    status: 503,
    title: 'The token container does not exist',
    remedy: 'Create the container that the SAS URL or blobContainerUri names.',
  },
  container_access_expired: {
    status: 503,
    title: 'The SAS of the token container has expired or is not valid',
    remedy: 'Make a new container SAS with read, write, list and delete, and replace the app setting.',
  },
  container_access_refused: {
    status: 503,
    title: 'The SAS or identity may not do this in the token container',
    remedy: 'Give it read, write and list on the container, and delete if you can.',
  },

  // The app
  settings_invalid: {
    status: 500,
    title: 'The settings are wrong',
    remedy: 'Correct every problem in the list and start again.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong inside Tokenkeep',
    remedy: 'Look the time of the request up in the log and report what it says.',
  },
} as const satisfies Record<string, ErrorRow>;

/** The stable code of an error. */
export type ErrorCode = keyof typeof errorTable;
