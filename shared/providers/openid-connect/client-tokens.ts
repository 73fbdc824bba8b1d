import type { ErrorCode } from '../../errors/table.ts';
import { isTokenkeepError, TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { type Clock, seconds } from '../../platform.ts';
import type { RefreshToken } from '../../telemetry/secret.ts';
import type { ClientTokens, RefreshFailure, RefreshResult, SignedIn, TokenSet } from '../provider.ts';
import type { VerifiedClaims } from './id-token.ts';

/** What is kept of the access and ID tokens that a client brought. Where it did not say how long they live, `exp` of its proof does. */
export function broughtTokens(
  { accessToken, idToken, expiresIn }: ClientTokens,
  { exp }: Pick<VerifiedClaims, 'exp'>,
  clock: Clock,
): TokenSet {
  const lifetime = expiresIn ?? exp - seconds(clock);
  return {
    ...(accessToken === undefined ? {} : { accessToken }),
    ...(idToken === undefined ? {} : { idToken }),
    ...(lifetime > 0 ? { expiresIn: lifetime } : {}),
  };
}

/**
 * A refresh token that a client brought is redeemed at once, and kept only if an ID token then says that it is the same
 * user's: else somebody who holds another's, which is worth nothing without the client's secret, would have us redeem
 * it for them.
 */
export function withOwnRefreshToken(signedIn: SignedIn, refreshToken: RefreshToken, result: RefreshResult): SignedIn {
  if (!result.ok) {
    const { reason, retryAfterSeconds } = result.failure;
    const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    throw new TokenkeepError(codeOf(result.failure), { detail: `refresh_token: ${reason}`, ...retry });
  }
  if (!result.claims) {
    const detail = 'refresh_token: the provider gives no ID token for it that says whose it is';
    throw new TokenkeepError('client_token_refused', { detail });
  }
  const claims = { ...signedIn.claims, ...result.claims };
  return { ...signedIn, claims, tokens: { ...signedIn.tokens, refreshToken, ...result.tokens } };
}

/** The errors of RFC 6749 section 5.2 that only a change of the settings ends, and our own words for such. */
const misconfigured = [
  ...['invalid_client', 'unauthorized_client', 'invalid_request', 'invalid_scope', 'unsupported_grant_type'],
  ...['provider_misconfigured', 'issuer_changed'],
];
/** Our words for an answer that is none. */
const unusable = ['provider_response_invalid', 'answer_is_not_json', 'answer_is_no_object', 'no_access_token'];

/** What a failed refresh is to a sign-in. */
function codeOf({ kind, reason }: RefreshFailure): ErrorCode {
  if (kind === 'refused') return 'client_token_refused';
  if (misconfigured.includes(reason)) return 'provider_misconfigured';
  return unusable.includes(reason) ? 'provider_response_invalid' : 'provider_unavailable';
}

/**
 * Rethrows an error of the checks as `client_token_refused`: what is wrong with an ID token or a code is the client's
 * affair where the client brought it.
 */
export function asClientTokenError(error: unknown): never {
  if (isTokenkeepError(error, 'id_token_invalid', 'id_token_out_of_time', 'sign_in_code_refused')) {
    const detail = error.detail ?? 'it has expired or is from the future';
    throw new TokenkeepError('client_token_refused', { detail, cause: error });
  }
  throw error;
}
