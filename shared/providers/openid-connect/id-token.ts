import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { outboundTimeout } from '../../http/outbound.ts';
import { type Clock, seconds } from '../../platform.ts';
import type { AccessToken, IdToken } from '../../telemetry/secret.ts';
import { apiRefusal } from '../oauth/api-answer.ts';
import type { Claims } from '../provider.ts';
import type { Metadata } from './discovery.ts';

/** Asymmetric only: with `none` or an HMAC by a public key anybody could make an ID token (RFC 8725 section 3.1). */
const allowedAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
/** Clocks may differ by this much, in seconds. */
const clockTolerance = 300;
/** An unknown `kid` makes the keys be fetched anew, at most this often, in milliseconds. */
const refetchPause = 1_000;
/** Timers may fire this much early, in milliseconds. */
const timerError = 20;

/** What must hold beyond signature, issuer, audience and times. */
export interface Expected {
  /** The nonce of the authorization request; a refreshed ID token carries none or the old one (Core 12.2). */
  readonly nonce?: string;
  /** Who else a token may be for that a client brings; its `azp` is then the client's own. */
  readonly audiences?: readonly string[];
  /** The subject of the session that is refreshed. */
  readonly subject?: string;
}

/** Whether `claims.iss` is the provider's; where it speaks for many tenants, each has an issuer of its own. */
export type IssuerRule = (metadata: Metadata, claims: Claims) => boolean;

/** The one issuer that the provider's metadata state. */
export const statedIssuer: IssuerRule = ({ issuer }, { iss }) => iss === issuer;

/**
 * Checks ID tokens (OpenID Connect Core 1.0 sections 3.1.3.7 and 12.2), and access tokens that are JWTs of the same
 * provider. Throws `id_token_invalid`, or `id_token_out_of_time` where nothing but its times is wrong.
 */
export type IdTokenVerifier = (
  metadata: Metadata,
  idToken: IdToken | AccessToken,
  expected: Expected,
) => Promise<VerifiedClaims>;

export type VerifiedClaims = Claims & { readonly iss: string; readonly sub: string; readonly exp: number };

export function createIdTokenVerifier(
  clientId: string,
  fetch: typeof globalThis.fetch,
  clock: Clock,
  isIssuer: IssuerRule = statedIssuer,
): IdTokenVerifier {
  let keys: { readonly uri: string; readonly get: ReturnType<typeof createRemoteJWKSet> } | undefined;

  const keysAt = (uri: string) => {
    if (keys?.uri !== uri) {
      const options = {
        [customFetch]: answering(fetch),
        timeoutDuration: outboundTimeout,
        cooldownDuration: refetchPause,
      };
      keys = { uri, get: createRemoteJWKSet(new URL(uri), options) };
    }
    return keys.get;
  };

  /** The key of a token. It counts as unknown only if keys that were fetched after the token came lack it. */
  const keyFrom =
    (uri: string): JWTVerifyGetKey =>
    async (header, token) => {
      const get = keysAt(uri);
      const isTooSoon = get.coolingDown;
      try {
        return await get(header, token);
      } catch (error) {
        if (!isTooSoon || !(error instanceof errors.JWKSNoMatchingKey)) throw error;
        await clock.sleep(refetchPause + timerError);
        return get(header, token);
      }
    };

  return async (metadata, idToken, expected) => {
    const token = idToken.reveal();
    const { claims, isOutOfTime } = await verified(async () => {
      // Before the signature: strangers' tokens, which anybody may send as Bearer, are not worth a look at the keys.
      if (!isIssuer(metadata, decodeJwt(token))) throw invalid('its claim iss is missing or wrong');
      return jwtVerify(token, keyFrom(metadata.jwksUri), {
        algorithms: allowedAlgorithms.filter((alg) => metadata.signingAlgorithms?.includes(alg) ?? true),
        audience: [clientId, ...(expected.audiences ?? [])],
        requiredClaims: ['iss', 'sub', 'iat', 'exp'],
        clockTolerance,
        currentDate: new Date(clock.now()),
      });
    });
    const { iss = '', sub, aud, azp, iat = 0, exp = 0, nonce } = claims;
    if (typeof sub !== 'string' || sub === '') throw invalid('it names no subject');
    if (!expected.audiences) {
      if (azp !== undefined && azp !== clientId) throw invalid('it was issued to another client (azp)');
      if (Array.isArray(aud) && aud.length > 1 && azp === undefined)
        throw invalid('it has several audiences and no azp');
    }
    if (expected.nonce !== undefined && nonce !== expected.nonce) throw invalid('its nonce is not the one sent');
    if (expected.subject !== undefined && sub !== expected.subject) throw invalid('it is for another user');
    if (isOutOfTime || iat > seconds(clock) + clockTolerance) throw new TokenkeepError('id_token_out_of_time');
    return { ...claims, iss, sub, exp };
  };
}

/** Keys that cannot be had say nothing about the token. */
function answering(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (...request) => {
    const response = await fetch(...request);
    if (!response.ok) throw apiRefusal(response, 'its keys');
    return response;
  };
}

/** What jose made of the token. It looks at the times last, so that a token out of time has passed all else. */
async function verified(
  verify: () => Promise<{ payload: JWTPayload }>,
): Promise<{ readonly claims: JWTPayload; readonly isOutOfTime: boolean }> {
  try {
    return { claims: (await verify()).payload, isOutOfTime: false };
  } catch (cause) {
    if (cause instanceof TokenkeepError) throw cause;
    if (isOutOfTime(cause)) return { claims: cause.payload, isOutOfTime: true };
    if (cause instanceof errors.JWKSTimeout)
      throw new TokenkeepError('provider_unavailable', { detail: 'its keys', cause });
    if (cause instanceof errors.JWKSInvalid || isGeneric(cause)) {
      throw new TokenkeepError('provider_response_invalid', { detail: 'its keys cannot be read', cause });
    }
    throw invalid(reason(cause), cause);
  }
}

/** What jose throws where the answer is not a JWK set. */
function isGeneric(error: unknown): boolean {
  return error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC';
}

function isOutOfTime(error: unknown): error is errors.JWTExpired | errors.JWTClaimValidationFailed {
  if (error instanceof errors.JWTExpired) return true;
  return error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf' && error.reason === 'check_failed';
}

function reason(error: unknown): string {
  if (error instanceof errors.JOSEAlgNotAllowed) return 'its algorithm is not allowed';
  if (error instanceof errors.JWKSNoMatchingKey) return 'its key (kid) is not among the keys of the provider';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  if (error instanceof errors.JWTClaimValidationFailed) return `its claim ${error.claim} is missing or wrong`;
  return 'it cannot be read';
}

function invalid(detail: string, cause?: unknown): TokenkeepError {
  return new TokenkeepError('id_token_invalid', { detail, cause });
}
