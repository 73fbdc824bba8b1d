import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { boundedFetch } from '../../http/outbound.ts';
import { type ClientSecret, Secret } from '../../telemetry/secret.ts';
import { apiObject, apiRefusal } from '../oauth/api-answer.ts';
import { authorizationAddress } from '../oauth/authorization-request.ts';
import { withRateLimit } from '../oauth/rate-limit.ts';
import type { Identity, Provider, ProviderParts, TokenSet } from '../provider.ts';
import type { twitterOAuth1Endpoints } from './endpoints.ts';
import { type Credentials, oauth1Signer } from './oauth1-signature.ts';
import { twitterRateLimit, twitterTraits, userOfApi1 } from './user.ts';

/** OAuth 1.0a, for registrations with a `consumerKey`. */
export interface TwitterOAuth1Settings {
  readonly kind: 'twitter-oauth1';
  readonly name: string;
  readonly consumerKey: string;
  readonly consumerSecret: ClientSecret;
  readonly endpoints: typeof twitterOAuth1Endpoints;
}

/** The error code of an app whose access level leaves most of API v1.1 out. */
const lacksAccessLevel = '453';

/**
 * X by OAuth 1.0a (RFC 5849), as App Service has it: https://docs.x.com/fundamentals/authentication/guides/log-in-with-x
 * Its access tokens do not expire, and there are no refresh tokens:
 * https://docs.x.com/fundamentals/authentication/oauth-1-0a/obtaining-user-access-tokens
 */
export function twitterOAuth1Provider(settings: TwitterOAuth1Settings, parts: ProviderParts): Provider {
  const { endpoints, consumerKey, consumerSecret } = settings;
  const fetch = withRateLimit(boundedFetch(parts.fetch), twitterRateLimit, parts.clock);
  const sign = oauth1Signer({ key: consumerKey, secret: consumerSecret.reveal() }, parts);

  function ask(method: 'GET' | 'POST', url: URL, parameters: Readonly<Record<string, string>>, token?: Credentials) {
    return fetch(url, { method, headers: { authorization: sign(method, url, parameters, token) } });
  }

  /**
   * Whose token this is; X knows no token of another consumer. The email address comes where the app may ask for it:
   * https://developer.x.com/en/docs/twitter-api/v1/accounts-and-users/manage-account-settings/api-reference/get-account-verify_credentials
   */
  function verifyCredentials(token: Credentials): Promise<Response> {
    const url = new URL(endpoints.verifyCredentials);
    const query = { include_entities: 'false', skip_status: 'true', include_email: 'true' };
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return ask('GET', url, {}, token);
  }

  /** The user that came with the access token, and their profile where the access level of the app has it. */
  async function identify(token: Credentials, issued: URLSearchParams): Promise<Identity> {
    const known = userOfApi1({ id_str: issued.get('user_id'), screen_name: issued.get('screen_name') });
    const response = await verifyCredentials(token);
    if (response.status === 403 && (await errorCode(response.clone())) === lacksAccessLevel) return known;
    if (!response.ok) throw apiRefusal(response, 'verify_credentials', await errorCode(response));
    const user = userOfApi1(await apiObject(response, 'verify_credentials'));
    if (user.subject !== known.subject) {
      throw new TokenkeepError('provider_response_invalid', { detail: 'verify_credentials is about another user' });
    }
    return user;
  }

  return {
    ...twitterTraits,
    name: settings.name,
    refreshNeeds:
      'X gives refresh tokens by OAuth 2.0 only: register a clientId in place of the consumerKey, with the scope offline.access',

    async authorizationUrl({ redirectUri, extra }) {
      const response = await ask('POST', new URL(endpoints.requestToken), { oauth_callback: redirectUri });
      if (!response.ok) throw apiRefusal(response, 'request_token', await errorCode(response));
      const answer = new URLSearchParams(await response.text());
      const { key, secret } = credentials(answer, 'request_token');
      if (answer.get('oauth_callback_confirmed') !== 'true') {
        throw new TokenkeepError('provider_response_invalid', { detail: 'oauth_callback_confirmed is not true' });
      }
      const url = authorizationAddress(endpoints.authorization, { ...extra, oauth_token: key });
      return { url, requestToken: { token: key, secret: new Secret('request_token_secret', secret) } };
    },

    async redeem({ parameters, requestToken }) {
      const { oauth_token, oauth_verifier } = parameters;
      if (!requestToken || oauth_token !== requestToken.token) throw new TokenkeepError('sign_in_state_invalid');
      if (!oauth_verifier) throw new TokenkeepError('request_malformed', { detail: 'there is no oauth_verifier' });
      const temporary = { key: requestToken.token, secret: requestToken.secret.reveal() };
      const response = await ask('POST', new URL(endpoints.accessToken), { oauth_verifier }, temporary);
      if (!response.ok) throw codeRefusal(apiRefusal(response, 'access_token', await errorCode(response)));
      const answer = new URLSearchParams(await response.text());
      const token = credentials(answer, 'access_token');
      return { ...(await identify(token, answer)), tokens: tokenSet(token) };
    },

    async signInWith({ accessToken, accessTokenSecret }) {
      if (!accessToken) throw new TokenkeepError('client_token_missing', { detail: 'access_token' });
      if (!accessTokenSecret) throw new TokenkeepError('client_token_missing', { detail: 'access_token_secret' });
      const response = await verifyCredentials({ key: accessToken.reveal(), secret: accessTokenSecret.reveal() });
      const reason = response.ok ? '' : await errorCode(response);
      if (response.status === 400 || response.status === 401) {
        throw new TokenkeepError('client_token_refused', { detail: `X answered ${response.status} (${reason})` });
      }
      if (!response.ok) throw apiRefusal(response, 'verify_credentials', reason);
      const user = userOfApi1(await apiObject(response, 'verify_credentials'));
      return { ...user, tokens: { accessToken, accessTokenSecret } };
    },

    /** Only a session that an OAuth 2.0 registration began has a refresh token, and it is of no use to this one. */
    refresh: async () => ({ ok: false, failure: { kind: 'refused', reason: 'no_refresh_in_oauth1' } }),
    revocationEndsGrant: false,
    revoke: async () => false,
  };
}

function tokenSet({ key, secret }: Credentials): TokenSet {
  return { accessToken: new Secret('access_token', key), accessTokenSecret: new Secret('access_token_secret', secret) };
}

/** The token in a form-encoded answer (RFC 5849 sections 2.1 and 2.3). */
function credentials(answer: URLSearchParams, what: string): Credentials {
  const [key, secret] = [answer.get('oauth_token'), answer.get('oauth_token_secret')];
  if (!key || !secret) throw new TokenkeepError('provider_response_invalid', { detail: `${what} has no token` });
  return { key, secret };
}

/** The number that X gives its errors, in JSON or XML: https://docs.x.com/x-api/fundamentals/response-codes-and-errors */
async function errorCode(response: Response): Promise<string> {
  return /\bcode"?\s*[:=]\s*"?(\d{1,5})\b/.exec(await response.text())?.[1] ?? '';
}

/** A verifier that X does not take was used before, is too old, or was never given for this request token. */
function codeRefusal(refusal: TokenkeepError): TokenkeepError {
  if (refusal.code !== 'provider_misconfigured') return refusal;
  return new TokenkeepError('sign_in_code_refused', { detail: refusal.detail ?? '', cause: refusal });
}
