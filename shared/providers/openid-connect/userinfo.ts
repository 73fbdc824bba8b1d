import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import type { AccessToken } from '../../telemetry/secret.ts';
import { apiRefusal } from '../oauth/api-answer.ts';
import type { Claims } from '../provider.ts';

/**
 * The claims of the userinfo endpoint (OpenID Connect Core section 5.3), whose `sub` must be the ID token's.
 *
 * An answer of 4xx other than 429 means that this access token is not meant for userinfo, as where it was asked for
 * another API: there is nothing to merge then. Throws `provider_unavailable`, `provider_response_invalid`,
 * `userinfo_subject_mismatch`.
 */
export async function fetchUserinfo(
  endpoint: string,
  accessToken: AccessToken,
  subject: string,
  fetch: typeof globalThis.fetch,
): Promise<Claims> {
  const response = await fetch(endpoint, {
    headers: { accept: 'application/json', authorization: `Bearer ${accessToken.reveal()}` },
  });
  if (response.status === 429 || response.status >= 500) throw apiRefusal(response, 'userinfo');
  const isJson = response.headers.get('content-type')?.includes('application/json') ?? false;
  if (!response.ok || !isJson) return {};
  const claims: unknown = await response.json().catch(() => undefined);
  if (typeof claims !== 'object' || claims === null) {
    throw new TokenkeepError('provider_response_invalid', { detail: 'userinfo is not a JSON object' });
  }
  if (!('sub' in claims) || claims.sub !== subject) throw new TokenkeepError('userinfo_subject_mismatch');
  return claims as Claims;
}
