import type { ClientAuth } from 'oauth4webapi';
import { type ClientCredential, clientAuthentication } from '../oauth/client-authentication.ts';
import type { ProviderParts } from '../provider.ts';

/**
 * X writes Basic credentials as RFC 7617 has them, id and secret unencoded, not as RFC 6749 section 2.3.1 does; its
 * secrets hold `-` and `_`, which the latter would percent-encode. `client_id` is in the body too, as some answers of X
 * want it: https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token#working-with-confidential-clients
 */
export function twitterAuthentication(credential: ClientCredential, parts: ProviderParts): ClientAuth {
  if (credential.kind !== 'secret') return clientAuthentication(credential, parts);
  const secret = credential.secret.reveal();
  return (_server, client, body, headers) => {
    body.set('client_id', client.client_id);
    headers.set('authorization', `Basic ${Buffer.from(`${client.client_id}:${secret}`).toString('base64')}`);
  };
}

/** What X says of a code or refresh token that was used, has expired or was revoked. */
const refusedGrant = /^Value passed for the (token|authorization code) was invalid/;

/**
 * X says `invalid_request` both of a wrong request and of a grant it refuses; the description tells them apart. The
 * latter becomes `invalid_grant` (RFC 6749 section 5.2), which is what newer answers of X call it too.
 */
export function withRefusedGrants(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (response.status !== 400) return response;
    const answer: unknown = await response
      .clone()
      .json()
      .catch(() => undefined);
    const { error, error_description } = (answer ?? {}) as { error?: unknown; error_description?: unknown };
    const isRefused = error === 'invalid_request' && refusedGrant.test(String(error_description));
    return isRefused ? Response.json({ error: 'invalid_grant' }, { status: 400 }) : response;
  };
}
