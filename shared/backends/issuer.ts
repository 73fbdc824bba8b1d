import { isTokenkeepError } from '../errors/tokenkeep-error.ts';
import type { Clock } from '../platform.ts';
import { entraAuthorities, tenantOf } from '../providers/entra-id/authority.ts';
import { createProofCheck } from '../providers/entra-id/tokens.ts';
import { asClientTokenError } from '../providers/openid-connect/client-tokens.ts';
import { discovered, type Metadata } from '../providers/openid-connect/discovery.ts';
import { createIdTokenVerifier } from '../providers/openid-connect/id-token.ts';
import type { Claims } from '../providers/provider.ts';
import type { BackendSettings } from '../settings/settings.ts';
import type { AccessToken } from '../telemetry/secret.ts';
import { type ApplicationRules, entraRules, oauthRules } from './application-token.ts';

type Fetch = typeof globalThis.fetch;

/** Where a backend gets its own tokens. */
export interface Issuer {
  /** Whether a token says that it is of this issuer. */
  issued(iss: unknown): boolean;
  /** Checks signature, issuer, audience and times. Throws `client_token_refused` and `provider_*`. */
  verify(token: AccessToken): Promise<Claims>;
  readonly rules: ApplicationRules;
}

/** `fetch` is bounded. */
export function issuerOf(backend: BackendSettings, fetch: Fetch, clock: Clock): Issuer {
  return backend.role === undefined ? oauthIssuer(backend, fetch, clock) : entraIssuer(backend, fetch, clock);
}

/** A tenant of Entra ID, whose tokens are of v1 or v2 as the registration of the API says. */
function entraIssuer({ issuer, audiences }: BackendSettings, fetch: Fetch, clock: Clock): Issuer {
  const [audience = '', ...others] = audiences;
  const { own, other } = entraAuthorities(issuer);
  const known = [own, other].map((authority) => ({
    authority,
    metadata: discovered(authority.wellKnown, authority.issuer, fetch, clock),
  }));
  const check = createProofCheck(audience, others, known, fetch, clock);
  return {
    issued: (iss) => [own, other].some((authority) => tenantOf(authority, iss) !== undefined),
    verify: async (token) => (await check(token)).claims,
    rules: entraRules,
  };
}

function oauthIssuer({ issuer, audiences }: BackendSettings, fetch: Fetch, clock: Clock): Issuer {
  const [audience = '', ...others] = audiences;
  const metadata = issuerMetadata(issuer, fetch, clock);
  const verify = createIdTokenVerifier(audience, fetch, clock);
  return {
    issued: (iss) => iss === issuer,
    async verify(token) {
      // What an issuer signs ID tokens with says nothing about its access tokens.
      const { signingAlgorithms: _ofIdTokens, ...stated } = await metadata();
      return verify(stated, token, { audiences: others }).catch(asClientTokenError);
    },
    rules: oauthRules,
  };
}

/** Where an issuer describes itself: OpenID Connect Discovery 1.0 section 4, else RFC 8414 section 3.1. */
function issuerMetadata(issuer: string, fetch: Fetch, clock: Clock): () => Promise<Metadata> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const openid = discovered(`${origin}${path}/.well-known/openid-configuration`, issuer, fetch, clock);
  const oauth = discovered(`${origin}/.well-known/oauth-authorization-server${path}`, issuer, fetch, clock);
  let found = openid;
  return async () => {
    try {
      return await found();
    } catch (error) {
      if (found === oauth || !isTokenkeepError(error, 'provider_misconfigured')) throw error;
      const metadata = await oauth();
      found = oauth;
      return metadata;
    }
  };
}
