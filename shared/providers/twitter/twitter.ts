import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { boundedFetch } from '../../http/outbound.ts';
import type { AccessToken } from '../../telemetry/secret.ts';
import { apiObject } from '../oauth/api-answer.ts';
import { authorizationAddress, codeParameters, type Registration } from '../oauth/authorization-request.ts';
import { codeOf } from '../oauth/authorization-response.ts';
import type { ClientCredential } from '../oauth/client-authentication.ts';
import { withRateLimit } from '../oauth/rate-limit.ts';
import {
  asSignInError,
  type IssuedTokens,
  refreshFailure,
  requestTokens,
  revokeToken,
  type TokenClient,
  TokenEndpointError,
} from '../oauth/token-endpoint.ts';
import type { Claims, ClientTokens, Identity, Provider, ProviderParts } from '../provider.ts';
import type { twitterEndpoints } from './endpoints.ts';
import { twitterAuthentication, withRefusedGrants } from './grants.ts';
import { twitterRateLimit, twitterTraits, userOfApi2 } from './user.ts';

/** OAuth 2.0, for registrations with a `clientId`. */
export interface TwitterSettings extends Registration<'twitter'> {
  readonly credential: ClientCredential;
  readonly endpoints: typeof twitterEndpoints;
}

/** What `GET /2/users/me` wants: https://docs.x.com/fundamentals/authentication/guides/v2-authentication-mapping */
const profileScopes = ['tweet.read', 'users.read'];
/** https://docs.x.com/x-api/users/lookup/quickstart/authenticated-lookup */
const profileFields = ['description', 'location', 'profile_image_url', 'url', 'verified'];

/**
 * X by OAuth 2.0, authorization code with PKCE. Access tokens live two hours; the scope `offline.access` brings refresh
 * tokens, which are good once: https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code
 */
export function twitterProvider(settings: TwitterSettings, parts: ProviderParts): Provider {
  const { endpoints, clientId, credential } = settings;
  const scopes = [...new Set([...settings.scopes, ...profileScopes])];
  const fetch = withRateLimit(boundedFetch(parts.fetch), twitterRateLimit, parts.clock);
  const client: TokenClient = {
    clientId,
    authentication: twitterAuthentication(credential, parts),
    tokenEndpoint: endpoints.token,
    revocationEndpoint: endpoints.revocation,
    fetch: withRefusedGrants(fetch),
  };

  async function identify(accessToken: AccessToken): Promise<Identity> {
    const url = new URL(endpoints.user);
    const email = scopes.includes('users.email') ? ['confirmed_email'] : [];
    url.searchParams.set('user.fields', [...profileFields, ...email].join(','));
    const response = await fetch(url, { headers: { authorization: `Bearer ${accessToken.reveal()}` } });
    const { data } = await apiObject(response, 'users/me');
    return userOfApi2((data ?? {}) as Claims);
  }

  /**
   * X does not tell an app whether an access token is its own: one that was given to another app, whose owner could
   * then sign in here as its users, looks the same. What X does check is a refresh token, and a token of OAuth 1.0a, for
   * each is exchanged for new tokens by the app it was given to and no other.
   */
  function exchange({ accessToken, accessTokenSecret, refreshToken }: ClientTokens): Promise<IssuedTokens> {
    if (refreshToken) return requestTokens(client, 'refresh_token', { refresh_token: refreshToken.reveal() });
    if (accessToken && accessTokenSecret) {
      return requestTokens(client, 'urn:ietf:params:oauth:grant-type:token-exchange', {
        subject_token: accessToken.reveal(),
        subject_token_type: 'urn:x:params:oauth:token-type:oauth1_token',
        oauth_token_secret: accessTokenSecret.reveal(),
      });
    }
    const detail = 'refresh_token, or access_token and access_token_secret of OAuth 1.0a';
    throw new TokenkeepError('client_token_missing', { detail });
  }

  return {
    ...twitterTraits,
    name: settings.name,
    refreshNeeds: 'X gives a refresh token for the scope offline.access',

    async authorizationUrl(request) {
      const parameters = codeParameters({ ...settings, scopes }, request, profileScopes);
      return { url: authorizationAddress(endpoints.authorization, parameters) };
    },

    async redeem({ parameters, redirectUri, codeVerifier }) {
      const tokens = await requestTokens(client, 'authorization_code', {
        code: codeOf(parameters),
        redirect_uri: redirectUri,
        code_verifier: codeVerifier,
      }).catch(asSignInError);
      return { ...(await identify(tokens.accessToken)), tokens };
    },

    /** https://docs.x.com/fundamentals/authentication/oauth-2-0/oauth-1-0a-token-exchange */
    async signInWith(brought) {
      const tokens = await exchange(brought).catch(asClientTokenError);
      return { ...(await identify(tokens.accessToken)), tokens };
    },

    async refresh(refreshToken) {
      try {
        return {
          ok: true,
          tokens: await requestTokens(client, 'refresh_token', { refresh_token: refreshToken.reveal() }),
        };
      } catch (error) {
        return refreshFailure(error);
      }
    },

    revocationEndsGrant: false,
    async revoke({ refreshToken }) {
      if (!refreshToken) return false;
      await revokeToken(client, refreshToken).catch(asSignInError);
      return true;
    },
  };
}

function asClientTokenError(error: unknown): never {
  if (error instanceof TokenEndpointError && error.reason === 'invalid_grant') {
    const detail = 'X gave no tokens for it: it is not of this app, or has ended';
    throw new TokenkeepError('client_token_refused', { detail, cause: error });
  }
  return asSignInError(error);
}
