import { decodeJwt, type JWTPayload } from 'jose';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import type { Clock } from '../../platform.ts';
import type { AccessToken, IdToken } from '../../telemetry/secret.ts';
import { asClientTokenError } from '../openid-connect/client-tokens.ts';
import type { Metadata } from '../openid-connect/discovery.ts';
import { createIdTokenVerifier, type IdTokenVerifier, type VerifiedClaims } from '../openid-connect/id-token.ts';
import { type EntraAuthority, personalTenant, tenantOf, tenantRule } from './authority.ts';

type Fetch = typeof globalThis.fetch;

/** An authority, and what it says of itself. */
export interface KnownAuthority {
  readonly authority: EntraAuthority;
  readonly metadata: () => Promise<Metadata>;
}

/** A token that says who the user is, and its claims. */
export interface Proof {
  readonly token: IdToken | AccessToken;
  readonly claims: VerifiedClaims;
}

/**
 * Checks what clients bring: of an ID token and an access token the one that is for this app. It must be a JWT, since
 * nothing else says whom it is for. Throws `client_token_missing`, `client_token_refused`, `provider_*`.
 */
export function createProofCheck(
  clientId: string,
  audiences: readonly string[],
  authorities: readonly KnownAuthority[],
  fetch: Fetch,
  clock: Clock,
): (...tokens: (IdToken | AccessToken | undefined)[]) => Promise<Proof> {
  const verifiers = new Map<string, IdTokenVerifier>();

  /** Keys are kept apart by the tenant that they are good for: the one, the personal one, and all others. */
  function verifierFor(authority: EntraAuthority, tenant: string): IdTokenVerifier {
    const keysOf = tenant === authority.tenant || tenant === personalTenant ? tenant : undefined;
    const name = `${authority.issuer} ${keysOf}`;
    const verifier =
      verifiers.get(name) ?? createIdTokenVerifier(clientId, withKeysOf(keysOf, fetch), clock, tenantRule(authority));
    verifiers.set(name, verifier);
    return verifier;
  }

  return async (...brought) => {
    const tokens = brought.filter((token) => token !== undefined);
    const isOurs = (token: IdToken | AccessToken) =>
      [unverified(token).aud].flat().some((one) => one === clientId || audiences.includes(one ?? ''));
    const token = tokens.find(isOurs) ?? tokens[0];
    if (!token) throw new TokenkeepError('client_token_missing', { detail: 'access_token or id_token' });
    const { iss } = unverified(token);
    const known = authorities.find(({ authority }) => tenantOf(authority, iss) !== undefined);
    if (iss === undefined || !known) throw new TokenkeepError('client_token_refused', { detail: wrongIssuer(iss) });
    const verify = verifierFor(known.authority, tenantOf(known.authority, iss) ?? '');
    const claims = await verify(await known.metadata(), token, { audiences }).catch(asClientTokenError);
    return { token, claims };
  };
}

function wrongIssuer(iss: string | undefined): string {
  return iss === undefined
    ? 'it is no JWT, which alone says whom it is for: send an ID token'
    : 'its claim iss is missing or wrong';
}

/** The claims before any check, to find out what to check by; none where it is no JWT. */
function unverified(token: IdToken | AccessToken): JWTPayload {
  try {
    return decodeJwt(token.reveal());
  } catch {
    return {};
  }
}

/**
 * Fetches key sets, without the keys that are another tenant's. Each key says whose issuer it signs for, and those of
 * personal accounts stand beside all tenants' in one document
 * (https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-signing-key-issuer).
 */
function withKeysOf(tenant: string | undefined, fetch: Fetch): Fetch {
  return async (...request) => {
    const response = await fetch(...request);
    const set: unknown = response.ok
      ? await response
          .clone()
          .json()
          .catch(() => undefined)
      : undefined;
    if (typeof set !== 'object' || set === null || !('keys' in set) || !Array.isArray(set.keys)) return response;
    return Response.json({ ...set, keys: set.keys.filter((key: unknown) => isFor(tenant, key)) });
  };
}

/** A key without an issuer, as v1 has them, or with the placeholder in it is for every tenant of its document. */
function isFor(tenant: string | undefined, key: unknown): boolean {
  if (typeof key !== 'object' || key === null || !('issuer' in key) || typeof key.issuer !== 'string') return true;
  return key.issuer.includes('{tenantid}') || (tenant !== undefined && key.issuer.includes(`/${tenant}/`));
}
