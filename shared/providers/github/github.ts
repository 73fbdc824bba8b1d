import { ClientSecretPost } from 'oauth4webapi';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { boundedFetch } from '../../http/outbound.ts';
import type { AccessToken, ClientSecret } from '../../telemetry/secret.ts';
import { claimType } from '../claim-types.ts';
import { firstText } from '../claims.ts';
import { authorizationAddress, codeParameters, type Registration } from '../oauth/authorization-request.ts';
import { codeOf } from '../oauth/authorization-response.ts';
import { withRateLimit } from '../oauth/rate-limit.ts';
import {
  asSignInError,
  type IssuedTokens,
  refreshFailure,
  requestTokens,
  type TokenClient,
  TokenEndpointError,
} from '../oauth/token-endpoint.ts';
import type { Provider, ProviderParts } from '../provider.ts';
import { githubApi, githubRateLimit } from './api.ts';
import type { githubEndpoints } from './endpoints.ts';

export interface GitHubSettings extends Registration<'github'> {
  readonly secret: ClientSecret;
  readonly endpoints: typeof githubEndpoints;
}

/** What GitHub calls a refresh token that was used, has expired or was revoked; the second is RFC 6749's word for it. */
const refreshRefusals = ['bad_refresh_token', 'invalid_grant'];

/**
 * GitHub, for OAuth Apps and GitHub Apps: the authorization code flow with PKCE, and no OpenID Connect.
 * https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
 * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
 */
export function githubProvider(settings: GitHubSettings, parts: ProviderParts): Provider {
  const { clientId, secret } = settings;
  const web = withoutSlash(settings.endpoints.web);
  const api = withoutSlash(settings.endpoints.api);
  const fetch = withRateLimit(boundedFetch(parts.fetch), githubRateLimit, parts.clock);
  const github = githubApi({ api, clientId, secret, fetch, clock: parts.clock });
  const client: TokenClient = {
    clientId,
    authentication: ClientSecretPost(secret.reveal()),
    tokenEndpoint: `${web}/login/oauth/access_token`,
    fetch,
  };
  /** Ids are unique at one server: those of an Enterprise Server are not github.com's. */
  const issuer = new URL(web).origin;

  /**
   * A refresh token is good once; with it the old access token ends:
   * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens
   */
  const redeemRefreshToken = (refresh_token: string) => redeem('refresh_token', { refresh_token });

  /** The scopes are divided by commas, and none are an empty text. */
  async function redeem(grantType: string, parameters: Readonly<Record<string, string>>): Promise<IssuedTokens> {
    const { scopes = [], ...tokens } = await requestTokens(client, grantType, parameters);
    return { ...tokens, scopes: scopes.flatMap((one) => one.split(',')) };
  }

  async function endAccessToken(accessToken: AccessToken): Promise<boolean> {
    await github.end(accessToken);
    return true;
  }

  return {
    name: settings.name,
    title: 'GitHub',
    claimTypes: {
      types: { id: claimType.nameIdentifier, name: claimType.name, email: claimType.emailAddress },
      prefix: 'urn:github:',
    },
    refreshNeeds:
      'GitHub gives a refresh token to a GitHub App whose user tokens expire, and to an OAuth App for the scope offline_access',
    hasTargets: false,
    acceptsBearer: false,

    /** `login` suggests an account. */
    async authorizationUrl({ extra, ...request }) {
      const login = request.addsTo && firstText(request.addsTo.claims, 'login');
      const hinted = { ...request, extra: { ...(login === undefined ? {} : { login }), ...extra } };
      return { url: authorizationAddress(`${web}/login/oauth/authorize`, codeParameters(settings, hinted)) };
    },

    async redeem({ parameters, redirectUri, codeVerifier }) {
      const tokens = await redeem('authorization_code', {
        code: codeOf(parameters),
        redirect_uri: redirectUri,
        code_verifier: codeVerifier,
      }).catch(asGitHubSignInError);
      return { issuer, ...(await github.identify(tokens.accessToken)), tokens };
    },

    /** A refresh token beside it would not be known to be the same user's, so it is left alone. */
    async signInWith({ accessToken }) {
      if (!accessToken) throw new TokenkeepError('client_token_missing', { detail: 'access_token' });
      const { expiresIn } = await github.check(accessToken);
      const tokens = { accessToken, ...(expiresIn === undefined ? {} : { expiresIn }) };
      return { issuer, ...(await github.identify(accessToken)), tokens };
    },

    async refresh(refreshToken) {
      try {
        return { ok: true, tokens: await redeemRefreshToken(refreshToken.reveal()) };
      } catch (error) {
        return refreshFailure(error, refreshRefusals);
      }
    },

    /**
     * GitHub deletes access tokens only. Redeeming the refresh token ends it and its access token, and what came instead
     * is deleted in turn: nothing is left that anybody knows.
     */
    async revoke({ refreshToken, accessToken }) {
      if (!refreshToken) return accessToken ? endAccessToken(accessToken) : false;
      const tokens = await redeemRefreshToken(refreshToken.reveal()).catch((error: unknown) =>
        isRefusal(error, refreshRefusals) ? undefined : asSignInError(error),
      );
      return tokens ? endAccessToken(tokens.accessToken) : true;
    },
    revocationEndsGrant: false,

    signOutUrl: async () => undefined,
    issuerOf: () => issuer,
    displayName: (claims, subject) => firstText(claims, 'login') ?? subject,
    principalId: (_claims, subject) => subject,
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}

/**
 * The words of GitHub's token endpoint:
 * https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors
 */
function asGitHubSignInError(error: unknown): never {
  if (isRefusal(error, ['bad_verification_code'])) {
    throw new TokenkeepError('sign_in_code_refused', { detail: `token endpoint: ${error.reason}`, cause: error });
  }
  if (isRefusal(error, ['unverified_user_email'])) {
    throw new TokenkeepError('sign_in_refused', { detail: `the provider says ${error.reason}`, cause: error });
  }
  return asSignInError(error);
}

function isRefusal(error: unknown, reasons: readonly string[]): error is TokenEndpointError {
  return error instanceof TokenEndpointError && reasons.includes(error.reason);
}
