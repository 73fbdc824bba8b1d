import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { boundedFetch } from '../../http/outbound.ts';
import type { RefreshToken } from '../../telemetry/secret.ts';
import { claimNameOf, claimTypeOf, idTokenClaimTypes } from '../claim-types.ts';
import { firstText } from '../claims.ts';
import {
  authorizationAddress,
  authorizationParameters,
  type RequestSettings,
  requestedResources,
} from '../oauth/authorization-request.ts';
import { checkResponseIssuer, codeOf } from '../oauth/authorization-response.ts';
import { type ClientCredential, clientAuthentication } from '../oauth/client-authentication.ts';
import {
  asSignInError,
  refreshFailure,
  requestTokens,
  revokeToken,
  type TokenClient,
} from '../oauth/token-endpoint.ts';
import type {
  AuthorizationResponse,
  ClientTokens,
  Identity,
  Provider,
  ProviderParts,
  RefreshResult,
  SignedIn,
  Target,
  TokenSet,
} from '../provider.ts';
import { asClientTokenError, broughtTokens, withOwnRefreshToken } from './client-tokens.ts';
import { discovered, type Metadata } from './discovery.ts';
import { createIdTokenVerifier, type IssuerRule, statedIssuer } from './id-token.ts';
import { withCheckedIdToken } from './refreshed-id-token.ts';
import { fetchUserinfo } from './userinfo.ts';

/** What is registered with a provider, and how to reach it. */
export interface OpenIdConnectSettings extends RequestSettings {
  readonly name: string;
  readonly credential: ClientCredential;
  readonly endpoints:
    | { readonly wellKnown: string; readonly issuer?: string }
    | (Omit<Metadata, 'issuerInResponse'> & { readonly wellKnown?: never });
  /** Who else the tokens that clients bring may be for. */
  readonly allowedAudiences?: readonly string[];
  /** Whether a refresh token gives access tokens for further resources (RFC 8707) and for fewer scopes. */
  readonly furtherResources?: boolean;
  /** The claim that `user_id` shows: its name in the token, or the type that it has in `me`. */
  readonly nameClaim?: string;
}

/** Where a provider that is built on OpenID Connect goes its own way. */
export interface Variations {
  readonly isIssuer?: IssuerRule;
  /** Made anew for each call to the token endpoint; by default from the credential. */
  readonly authentication?: TokenClient['authentication'];
  readonly responseMode?: 'form_post';
}

/** What the sign-in was for. */
const ownTarget: Target = {};
/** What says that the user, or the provider, does not grant what is asked for (RFC 6749 section 5.2, RFC 8707 section 2). */
const targetRefusals = ['invalid_grant', 'invalid_target', 'invalid_scope'];

/** Any provider that speaks OpenID Connect (Core 1.0), by authorization code with PKCE (RFC 7636, RFC 9700 section 2.1.1). */
export function openIdConnectProvider(
  settings: OpenIdConnectSettings,
  parts: ProviderParts,
  variations: Variations = {},
): Provider {
  const fetch = boundedFetch(parts.fetch);
  const { endpoints, furtherResources = false } = settings;
  const isIssuer = variations.isIssuer ?? statedIssuer;
  const nameClaim = settings.nameClaim === undefined ? undefined : claimNameOf(settings.nameClaim);
  const metadata =
    endpoints.wellKnown === undefined
      ? async (): Promise<Metadata> => ({ ...endpoints, issuerInResponse: false })
      : discovered(endpoints.wellKnown, endpoints.issuer, fetch, parts.clock);
  const verify = createIdTokenVerifier(settings.clientId, fetch, parts.clock, isIssuer);
  const authentication = variations.authentication ?? clientAuthentication(settings.credential, parts);
  const client = ({ tokenEndpoint, revocationEndpoint }: Metadata): TokenClient => ({
    clientId: settings.clientId,
    authentication,
    tokenEndpoint,
    revocationEndpoint,
    fetch,
  });

  async function redeem({ parameters, ...attempt }: AuthorizationResponse): Promise<SignedIn> {
    const found = await metadata();
    checkResponseIssuer(parameters, found);
    const tokens = await requestTokens(client(found), 'authorization_code', {
      code: codeOf(parameters),
      redirect_uri: attempt.redirectUri,
      code_verifier: attempt.codeVerifier,
    }).catch(asSignInError);
    if (!tokens.idToken)
      throw new TokenkeepError('provider_response_invalid', { detail: 'no ID token came with the code' });
    const claims = await verify(found, tokens.idToken, { nonce: attempt.nonce });
    const userinfo = found.userinfoEndpoint
      ? await fetchUserinfo(found.userinfoEndpoint, tokens.accessToken, claims.sub, fetch)
      : {};
    return { issuer: claims.iss, subject: claims.sub, claims: { ...userinfo, ...claims }, tokens };
  }

  /** An ID token, or an access token that is a JWT for this app. */
  async function signInWith(tokens: ClientTokens): Promise<SignedIn> {
    const proof = tokens.idToken ?? tokens.accessToken;
    if (!proof) throw new TokenkeepError('client_token_missing', { detail: 'id_token or access_token' });
    const found = await metadata();
    const claims = await verify(found, proof, { audiences: settings.allowedAudiences ?? [] }).catch(asClientTokenError);
    const signedIn = {
      issuer: claims.iss,
      subject: claims.sub,
      claims,
      tokens: broughtTokens(tokens, claims, parts.clock),
    };
    if (!tokens.refreshToken) return signedIn;
    return withOwnRefreshToken(signedIn, tokens.refreshToken, await refresh(tokens.refreshToken, signedIn));
  }

  async function refresh(
    refreshToken: RefreshToken,
    identity: Identity & Pick<TokenSet, 'resources'>,
    target: Target = ownTarget,
  ): Promise<RefreshResult> {
    const { resource } = target;
    // node-oidc-provider for one spends the refresh token before it refuses the resource, and gives none instead.
    if (furtherResources && resource !== undefined && !identity.resources?.includes(resource)) {
      return { ok: false, failure: { kind: 'refused', reason: 'invalid_target' } };
    }
    try {
      const found = await metadata();
      if (!isIssuer(found, { ...identity.claims, iss: identity.issuer })) {
        return { ok: false, failure: { kind: 'unavailable', reason: 'issuer_changed' } };
      }
      const parameters = { refresh_token: refreshToken.reveal(), ...target };
      const tokens = await requestTokens(client(found), 'refresh_token', parameters);
      return await withCheckedIdToken(tokens, identity, (idToken) =>
        verify(found, idToken, { subject: identity.subject }),
      );
    } catch (error) {
      return refreshFailure(error, target === ownTarget ? undefined : targetRefusals);
    }
  }

  return {
    name: settings.name,
    title: settings.name,
    claimTypes: { types: idTokenClaimTypes, ...(nameClaim === undefined ? {} : { nameType: claimTypeOf(nameClaim) }) },
    refreshNeeds: 'Most OpenID Connect providers give a refresh token for the scope offline_access',
    hasTargets: furtherResources,
    acceptsBearer: true,
    redeem,
    signInWith,
    refresh,

    async authorizationUrl(request) {
      const parameters = authorizationParameters(settings, request, variations.responseMode);
      const url = authorizationAddress((await metadata()).authorizationEndpoint, parameters);
      if (!furtherResources) return { url };
      url.searchParams.delete('resource');
      for (const resource of requestedResources(settings, request)) url.searchParams.append('resource', resource);
      return { url };
    },

    revocationEndsGrant: false,

    async revoke({ refreshToken }) {
      const found = await metadata();
      if (!found.revocationEndpoint || !refreshToken) return false;
      await revokeToken(client(found), refreshToken).catch(asSignInError);
      return true;
    },

    async signOutUrl(returnTo) {
      const { endSessionEndpoint } = await metadata();
      if (endSessionEndpoint === undefined) return undefined;
      const url = new URL(endSessionEndpoint);
      url.searchParams.set('client_id', settings.clientId);
      url.searchParams.set('post_logout_redirect_uri', returnTo);
      return url;
    },

    issuerOf: (stated) => stated,
    displayName: (claims, subject) => firstText(claims, nameClaim, 'email', 'preferred_username') ?? subject,
    principalId: (_claims, subject) => subject,
  };
}
