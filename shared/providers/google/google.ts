import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { boundedFetch } from '../../http/outbound.ts';
import type { AuthorizationCode } from '../../telemetry/secret.ts';
import type { Registration } from '../oauth/authorization-request.ts';
import { type ClientCredential, clientAuthentication } from '../oauth/client-authentication.ts';
import {
  asSignInError,
  refreshFailure,
  requestTokens,
  type TokenClient,
  TokenEndpointError,
  tokenAnswer,
} from '../oauth/token-endpoint.ts';
import { asClientTokenError } from '../openid-connect/client-tokens.ts';
import type { Metadata } from '../openid-connect/discovery.ts';
import { createIdTokenVerifier, type IssuerRule } from '../openid-connect/id-token.ts';
import { openIdConnectProvider } from '../openid-connect/openid-connect.ts';
import { withCheckedIdToken } from '../openid-connect/refreshed-id-token.ts';
import type { Provider, ProviderParts, SignedIn } from '../provider.ts';
import type { googleEndpoints } from './endpoints.ts';
import { checkHostedDomain } from './hosted-domain.ts';

/** The login parameter `access_type=offline` gets a refresh token; `hd` is checked in the ID token, too. */
export interface GoogleSettings extends Registration<'google'> {
  readonly credential: ClientCredential;
  readonly allowedAudiences: readonly string[];
  readonly endpoints: typeof googleEndpoints;
}

/**
 * The one issuer that is kept. ID tokens name it with or without `https://`:
 * https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
 */
const issuer = 'https://accounts.google.com';
const isIssuer: IssuerRule = (_metadata, { iss }) => iss === issuer || iss === 'accounts.google.com';

/**
 * Google, by OpenID Connect: https://developers.google.com/identity/openid-connect/openid-connect. Refresh tokens are as
 * in https://developers.google.com/identity/protocols/oauth2/web-server#offline and stay the same when they are redeemed.
 */
export function googleProvider(settings: GoogleSettings, parts: ProviderParts): Provider {
  const { clientId, endpoints, loginParameters } = settings;
  const fetch = boundedFetch(parts.fetch);
  const metadata: Metadata = {
    issuer,
    authorizationEndpoint: endpoints.authorization,
    tokenEndpoint: endpoints.token,
    userinfoEndpoint: endpoints.userinfo,
    jwksUri: endpoints.keys,
    issuerInResponse: false,
  };
  const client: TokenClient = {
    clientId,
    authentication: clientAuthentication(settings.credential, parts),
    tokenEndpoint: endpoints.token,
    fetch,
  };
  const base = openIdConnectProvider({ ...settings, endpoints: metadata }, parts, { isIssuer });
  const verify = createIdTokenVerifier(clientId, fetch, parts.clock, isIssuer);

  function accepted(signedIn: SignedIn): SignedIn {
    checkHostedDomain(loginParameters['hd'], signedIn.claims);
    return { ...signedIn, issuer, claims: { ...signedIn.claims, iss: issuer } };
  }

  /**
   * The tokens for the code that a client got for this server. Pages of the web name `postmessage` as its redirect
   * address, Android and iOS an empty one: https://developers.google.com/identity/sign-in/android/offline-access
   */
  async function redeemServerCode(code: AuthorizationCode, redirectUri = ''): Promise<SignedIn> {
    const parameters = { code: code.reveal(), redirect_uri: redirectUri };
    const tokens = await requestTokens(client, 'authorization_code', parameters)
      .catch(asRedirectError)
      .catch(asSignInError)
      .catch(asClientTokenError);
    if (!tokens.idToken) {
      throw new TokenkeepError('client_token_refused', {
        detail: 'its authorization_code is not for the scope openid',
      });
    }
    return { ...(await base.signInWith({ idToken: tokens.idToken })), tokens };
  }

  return {
    ...base,
    title: 'Google',
    refreshNeeds:
      'Google gives a refresh token for access_type=offline, at the first consent of a user or, with prompt=consent, at each',
    acceptsBearer: false,
    issuerOf: () => issuer,

    /** https://developers.google.com/identity/protocols/oauth2/web-server#incrementalAuth */
    authorizationUrl: ({ extra, ...request }) =>
      base.authorizationUrl({
        ...request,
        extra: { ...(request.addsTo ? { include_granted_scopes: 'true' } : {}), ...extra },
      }),

    redeem: async (response) => accepted(await base.redeem(response)),

    /** Access and refresh tokens that a client brings are not known to be the same user's, so they are left alone. */
    async signInWith({ idToken, authorizationCode, redirectUri }) {
      if (!idToken) throw new TokenkeepError('client_token_missing', { detail: 'id_token' });
      const signedIn = accepted(await base.signInWith({ idToken }));
      if (!authorizationCode) return signedIn;
      const redeemed = await redeemServerCode(authorizationCode, redirectUri);
      if (redeemed.subject !== signedIn.subject) {
        throw new TokenkeepError('client_token_refused', { detail: 'its authorization_code is of another user' });
      }
      return accepted({ ...redeemed, claims: { ...signedIn.claims, ...redeemed.claims } });
    },

    /** `azp` is not looked at: the code may have come from another client of the project. */
    async refresh(refreshToken, identity) {
      try {
        const tokens = await requestTokens(client, 'refresh_token', { refresh_token: refreshToken.reveal() });
        return await withCheckedIdToken(tokens, { ...identity, issuer }, async (idToken) => ({
          ...(await verify(metadata, idToken, { subject: identity.subject, audiences: [] })),
          iss: issuer,
        }));
      } catch (error) {
        return refreshFailure(error);
      }
    },

    /** Google may end the whole consent with one of its tokens, and asks for it anew at the next sign-in. */
    revocationEndsGrant: true,

    /**
     * The endpoint takes `token` and nothing else, and answers 400 for one that has ended:
     * https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke
     */
    async revoke({ refreshToken }) {
      if (!refreshToken) return false;
      const body = new URLSearchParams({ token: refreshToken.reveal() });
      const response = await fetch(endpoints.revocation, { method: 'POST', body });
      if (!response.ok) await tokenAnswer(response).catch(unlessEnded).catch(asSignInError);
      return true;
    },
  };
}

function asRedirectError(error: unknown): never {
  if (error instanceof TokenEndpointError && error.reason === 'redirect_uri_mismatch') {
    const detail = 'its authorization_code was issued for another redirect_uri';
    throw new TokenkeepError('client_token_refused', { detail, cause: error });
  }
  throw error;
}

function unlessEnded(error: unknown): void {
  if (!(error instanceof TokenEndpointError) || error.reason !== 'invalid_token') throw error;
}
