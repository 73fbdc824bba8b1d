import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { type Clock, seconds } from '../../platform.ts';
import type { AccessToken, ClientSecret } from '../../telemetry/secret.ts';
import { apiBody, apiObject, apiRefusal } from '../oauth/api-answer.ts';
import type { RateLimitRule } from '../oauth/rate-limit.ts';
import type { Identity } from '../provider.ts';

/**
 * GitHub answers 403 as well as 429, and of a secondary limit it may tell in the message alone:
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
export const githubRateLimit: RateLimitRule = {
  resetHeader: 'x-ratelimit-reset',
  async isReached(response) {
    const { status, headers } = response;
    if (status !== 403) return status === 429;
    if (headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0') return true;
    return /rate limit/i.test(await response.clone().text());
  },
};

/** An app's access to the REST API. */
export interface GitHubApi {
  /** Who an access token is for, with the claims that App Service has. */
  identify(accessToken: AccessToken): Promise<Omit<Identity, 'issuer'>>;
  /** Throws `client_token_refused` unless the access token is alive and was issued to this app. */
  check(accessToken: AccessToken): Promise<{ readonly expiresIn?: number }>;
  /** Ends an access token; one that has ended already is no error. */
  end(accessToken: AccessToken): Promise<void>;
}

export interface GitHubApp {
  /** The root of the API, without a slash at the end. */
  readonly api: string;
  readonly clientId: string;
  readonly secret: ClientSecret;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

export function githubApi({ api, clientId, secret, fetch, clock }: GitHubApp): GitHubApi {
  /** Requests without a User-Agent are refused: https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api */
  const ask = (path: string, authorization: string, init: RequestInit = {}) =>
    fetch(`${api}${path}`, {
      ...init,
      headers: { accept: 'application/vnd.github+json', authorization, 'user-agent': 'Tokenkeep' },
    });

  /** https://docs.github.com/en/rest/apps/oauth-applications: for tokens of OAuth Apps (`gho_`) and GitHub Apps (`ghu_`) alike. */
  const askAboutToken = (method: 'POST' | 'DELETE', accessToken: AccessToken) =>
    ask(
      `/applications/${encodeURIComponent(clientId)}/token`,
      `Basic ${Buffer.from(`${clientId}:${secret.reveal()}`).toString('base64')}`,
      { method, body: JSON.stringify({ access_token: accessToken.reveal() }) },
    );

  return {
    async identify(accessToken) {
      const bearer = `Bearer ${accessToken.reveal()}`;
      const [answer, emails] = await Promise.all([ask('/user', bearer), ask('/user/emails', bearer)]);
      const user = await apiObject(answer, 'user');
      const { id, login, name, email } = user;
      if (typeof id !== 'number' || !Number.isSafeInteger(id) || typeof login !== 'string') {
        throw new TokenkeepError('provider_response_invalid', { detail: 'user has no id or no login' });
      }
      const claims = { ...user, name: name || login, email: (await primaryEmail(emails)) ?? email };
      return { subject: String(id), claims };
    },

    async check(accessToken) {
      const response = await askAboutToken('POST', accessToken);
      const isUnknown = response.status === 404 || response.status === 422;
      const answer = isUnknown ? {} : await apiObject(response, 'the check of the token');
      const { app, expires_at } = answer as { app?: { client_id?: unknown }; expires_at?: unknown };
      if (app?.client_id !== clientId) {
        throw new TokenkeepError('client_token_refused', { detail: 'GitHub knows no such access token of this app' });
      }
      const expiresAt = typeof expires_at === 'string' ? Date.parse(expires_at) / 1000 : Number.NaN;
      return Number.isNaN(expiresAt) ? {} : { expiresIn: Math.floor(expiresAt - seconds(clock)) };
    },

    async end(accessToken) {
      const response = await askAboutToken('DELETE', accessToken);
      const isGone = response.ok || response.status === 404 || response.status === 422;
      if (!isGone) throw apiRefusal(response, 'the deletion of the token');
    },
  };
}

/**
 * The primary address, if GitHub has verified it: https://docs.github.com/en/rest/users/emails. Without the scope
 * `user:email`, or the permission "Email addresses" of a GitHub App, the list is refused and there is none.
 */
async function primaryEmail(response: Response): Promise<string | undefined> {
  if ([401, 403, 404].includes(response.status)) return undefined;
  const list = await apiBody(response, 'user/emails');
  if (!Array.isArray(list)) {
    throw new TokenkeepError('provider_response_invalid', { detail: 'user/emails is not a list' });
  }
  const primary: { email?: unknown } | undefined = list.find((one) => one?.primary === true && one?.verified === true);
  return typeof primary?.email === 'string' ? primary.email : undefined;
}
