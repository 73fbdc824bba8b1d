import { createHash } from 'node:crypto';
import { isTokenkeepError, TokenkeepError } from '../errors/tokenkeep-error.ts';
import { boundedFetch } from '../http/outbound.ts';
import type { Platform } from '../platform.ts';
import type { ClientSecret } from '../telemetry/secret.ts';
import { discovered, type Metadata } from './discovery.ts';
import { createIdTokenVerifier } from './id-token.ts';
import type {
  AuthorizationRequest,
  AuthorizationResponse,
  Identity,
  Provider,
  RefreshResult,
  TokenSet,
} from './provider.ts';
import {
  type ClientAuthentication,
  oauthClient,
  requestTokens,
  revokeToken,
  TokenEndpointError,
} from './token-endpoint.ts';
import { fetchUserinfo } from './userinfo.ts';

/** What auth.json says of a custom OpenID Connect provider, secrets resolved. */
export interface OpenIdConnectSettings {
  readonly name: string;
  readonly clientId: string;
  readonly clientSecret: ClientSecret;
  readonly clientAuthentication: ClientAuthentication;
  readonly endpoints:
    | { readonly wellKnown: string; readonly issuer?: string }
    | (Pick<Metadata, 'issuer' | 'authorizationEndpoint' | 'tokenEndpoint' | 'jwksUri'> & {
        readonly wellKnown?: never;
      });
  readonly scopes: readonly string[];
  /** Sent with every authorization request, before what the app adds. */
  readonly loginParameters: Readonly<Record<string, string>>;
  /** The claim that `user_id` shows. */
  readonly nameClaim?: string;
}

/** Any provider that speaks OpenID Connect (Core 1.0), by authorization code with PKCE (RFC 7636, RFC 9700 section 2.1.1). */
export function openIdConnectProvider(settings: OpenIdConnectSettings, platform: Platform): Provider {
  const fetch = boundedFetch(platform.fetch);
  const { endpoints } = settings;
  const metadata =
    endpoints.wellKnown === undefined
      ? async (): Promise<Metadata> => ({ ...endpoints, issuerInResponse: false })
      : discovered(endpoints.wellKnown, endpoints.issuer, fetch, platform.clock);
  const verifyIdToken = createIdTokenVerifier(settings.clientId, fetch, platform.clock);
  const client = (found: Metadata) =>
    oauthClient(found, {
      id: settings.clientId,
      secret: settings.clientSecret,
      authentication: settings.clientAuthentication,
    });

  async function redeem(response: AuthorizationResponse): Promise<Identity & { tokens: TokenSet }> {
    const found = await metadata();
    checkIssuer(found, response.issuer);
    const tokens = await requestTokens(() =>
      client(found).getToken({
        code: response.code,
        redirect_uri: response.redirectUri,
        code_verifier: response.codeVerifier,
      } as Parameters<ReturnType<typeof client>['getToken']>[0]),
    ).catch(asSignInError);
    if (!tokens.idToken)
      throw new TokenkeepError('provider_response_invalid', { detail: 'no ID token came with the code' });
    const claims = await verifyIdToken(found, tokens.idToken, { nonce: response.nonce });
    const userinfo = found.userinfoEndpoint
      ? await fetchUserinfo(found.userinfoEndpoint, tokens.accessToken, claims.sub, fetch)
      : {};
    return { issuer: found.issuer, subject: claims.sub, claims: { ...userinfo, ...claims }, tokens };
  }

  async function refresh(refreshToken: TokenSet['refreshToken'] & object, identity: Identity): Promise<RefreshResult> {
    try {
      const found = await metadata();
      if (found.issuer !== identity.issuer) return unavailable('issuer_changed');
      const tokens = await requestTokens(() =>
        client(found).createToken({ refresh_token: refreshToken.reveal() }).refresh(),
      );
      return await withClaims(tokens, found, identity);
    } catch (error) {
      return refreshFailure(error);
    }
  }

  /**
   * A new ID token must be for the same user. Where the keys to check it cannot be fetched just now, or clocks
   * disagree, it is left out: the tokens beside it are good, and the refresh token may have replaced the stored one.
   */
  async function withClaims(
    { idToken, ...tokens }: TokenSet,
    found: Metadata,
    identity: Identity,
  ): Promise<RefreshResult> {
    if (!idToken) return { ok: true, tokens };
    try {
      const claims = await verifyIdToken(found, idToken, { subject: identity.subject });
      return { ok: true, tokens: { ...tokens, idToken }, claims };
    } catch (error) {
      const isPassing = isTokenkeepError(
        error,
        'provider_unavailable',
        'provider_response_invalid',
        'id_token_out_of_time',
      );
      if (isPassing) return { ok: true, tokens };
      throw error;
    }
  }

  return {
    name: settings.name,
    redeem,
    refresh,

    async authorizationUrl(request) {
      const found = await metadata();
      return new URL(client(found).authorizeURL(authorizationParameters(settings, request)));
    },

    async revoke(refreshToken) {
      const found = await metadata();
      if (!found.revocationEndpoint) return false;
      await revokeToken(client(found), refreshToken).catch(asSignInError);
      return true;
    },

    displayName(claims, subject) {
      const names = [settings.nameClaim, 'email', 'preferred_username'];
      const named = names.map((name) => (name === undefined ? undefined : claims[name]));
      return named.find((value): value is string => typeof value === 'string' && value !== '') ?? subject;
    },
  };
}

function authorizationParameters(
  settings: OpenIdConnectSettings,
  request: AuthorizationRequest,
): Record<string, string> {
  const { scope, ...extra } = { ...settings.loginParameters, ...request.extra };
  const scopes =
    scope === undefined ? settings.scopes : new Set(['openid', ...scope.split(' ').filter((one) => one !== '')]);
  return {
    ...extra,
    response_type: 'code',
    client_id: settings.clientId,
    scope: [...scopes].join(' '),
    redirect_uri: request.redirectUri,
    state: request.state,
    nonce: request.nonce,
    code_challenge: createHash('sha256').update(request.codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
}

/** RFC 9207 section 2.4: against an answer of one provider being taken for another's. */
function checkIssuer(metadata: Metadata, issuer: string | undefined): void {
  if (issuer === undefined && !metadata.issuerInResponse) return;
  if (issuer !== metadata.issuer) throw new TokenkeepError('sign_in_issuer_mismatch');
}

function asSignInError(error: unknown): never {
  throw error instanceof TokenEndpointError ? error.toTokenkeepError() : error;
}

/**
 * `invalid_grant` is the one answer that says the refresh token is good for nothing (RFC 6749 section 5.2). An ID
 * token for somebody else must not be believed either. All else may pass: outages, limits, and settings of ours that
 * can be put right.
 */
function refreshFailure(error: unknown): RefreshResult {
  if (error instanceof TokenEndpointError) {
    const kind = error.reason === 'invalid_grant' ? 'refused' : 'unavailable';
    const retry = error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds };
    return { ok: false, failure: { kind, reason: error.reason, ...retry } };
  }
  if (isTokenkeepError(error, 'id_token_invalid')) {
    return { ok: false, failure: { kind: 'refused', reason: 'id_token_invalid' } };
  }
  if (isTokenkeepError(error)) return unavailable(error.code);
  throw error;
}

function unavailable(reason: string): RefreshResult {
  return { ok: false, failure: { kind: 'unavailable', reason } };
}
