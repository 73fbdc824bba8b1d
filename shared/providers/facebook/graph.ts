import { createHmac } from 'node:crypto';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { type Clock, seconds } from '../../platform.ts';
import type { AccessToken, ClientSecret } from '../../telemetry/secret.ts';
import { type IssuedTokens, issuedTokens } from '../oauth/token-endpoint.ts';
import type { Identity, TokenSet } from '../provider.ts';
import { graphAnswer, graphError } from './error.ts';

/** An app's access to the Graph API. Tokens and the app secret go in bodies and headers, never in an address. */
export interface FacebookGraph {
  /** Redeems a code, or exchanges an access token. Throws a GraphError. */
  tokens(parameters: Readonly<Record<string, string>>): Promise<IssuedTokens>;
  /** Who an access token is for, with these fields of theirs as claims, and what they have granted. Throws a GraphError. */
  identify(
    accessToken: AccessToken,
    fields: readonly string[],
  ): Promise<Omit<Identity, 'issuer'> & Required<Pick<TokenSet, 'scopes'>>>;
  /**
   * The id of the user that an access token is for. Throws `client_token_refused` unless it is alive and of this app, and
   * a GraphError: of the kind `parameter` for another app's token, of the kind `token` if the app itself is refused.
   */
  check(accessToken: AccessToken): Promise<string>;
}

export interface FacebookApp {
  /** The origin of Graph and the version, without a slash at the end. */
  readonly graph: string;
  readonly clientId: string;
  readonly secret: ClientSecret;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

export function facebookGraph({ graph, clientId, secret, fetch, clock }: FacebookApp): FacebookGraph {
  /** https://developers.facebook.com/docs/graph-api/guides/secure-requests#appsecret_proof */
  const proofOf = (token: string) => createHmac('sha256', secret.reveal()).update(token).digest('hex');

  async function post(path: string, parameters: Readonly<Record<string, string>>) {
    const body = new URLSearchParams(parameters);
    return graphAnswer(await fetch(`${graph}/${path}`, { method: 'POST', body }), path);
  }

  return {
    /**
     * Facebook's pages show a GET with everything in its address; as with any OAuth token endpoint a form may be posted
     * (RFC 6749 section 3.2): https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow#exchangecode
     */
    async tokens(parameters) {
      const credentials = { client_id: clientId, client_secret: secret.reveal() };
      return issuedTokens(await post('oauth/access_token', { ...credentials, ...parameters }));
    },

    /**
     * Graph takes the token as Bearer (RFC 6750 section 2.1), though its pages rarely show it:
     * https://github.com/restfb/restfb/issues/1107. The proof in the address is worth nothing without the token.
     */
    async identify(accessToken, fields) {
      const url = new URL(`${graph}/me`);
      url.searchParams.set('fields', [...fields, 'permissions'].join(','));
      url.searchParams.set('appsecret_proof', proofOf(accessToken.reveal()));
      const headers = { authorization: `Bearer ${accessToken.reveal()}` };
      const { permissions, ...claims } = await graphAnswer(await fetch(url, { headers }), 'me');
      const { id } = claims;
      if (typeof id !== 'string' || id === '') {
        throw new TokenkeepError('provider_response_invalid', { detail: 'me has no id' });
      }
      return { subject: id, claims, scopes: granted(permissions) };
    },

    /**
     * https://developers.facebook.com/docs/facebook-login/guides/access-tokens/debugging. It is a GET that takes the token
     * as a parameter; `method` in a posted form makes one of it, as Facebook's own SDK did for every call:
     * https://github.com/facebookarchive/facebook-php-sdk/blob/master/src/base_facebook.php
     */
    async check(accessToken) {
      const appToken = `${clientId}|${secret.reveal()}`;
      const { data } = await post('debug_token', {
        method: 'get',
        input_token: accessToken.reveal(),
        access_token: appToken,
        appsecret_proof: proofOf(appToken),
      });
      if (typeof data !== 'object' || data === null) {
        throw new TokenkeepError('provider_response_invalid', { detail: 'debug_token has no data' });
      }
      const { app_id, type, is_valid, user_id, expires_at, error }: TokenFacts = data;
      const isOver = typeof expires_at === 'number' && expires_at !== 0 && expires_at <= seconds(clock);
      if (is_valid !== true || isOver) throw refused(error ? graphError(error).reason : 'it is not valid any more');
      if (String(app_id) !== clientId) throw refused('it is of another app');
      if (type !== 'USER' || typeof user_id !== 'string' || user_id === '') throw refused('it is not of a user');
      return user_id;
    },
  };
}

/**
 * Users may decline some of what is asked for, and the token does not say so:
 * https://developers.facebook.com/docs/graph-api/reference/user/permissions
 */
function granted(permissions: unknown): readonly string[] {
  const { data }: { data?: unknown } = typeof permissions === 'object' && permissions !== null ? permissions : {};
  const list: readonly { permission?: unknown; status?: unknown }[] = Array.isArray(data) ? data : [];
  return list.flatMap(({ permission, status }) =>
    typeof permission === 'string' && status === 'granted' ? [permission] : [],
  );
}

/** What `debug_token` tells. */
interface TokenFacts {
  readonly app_id?: unknown;
  readonly type?: unknown;
  readonly is_valid?: unknown;
  readonly user_id?: unknown;
  /** Seconds since 1970; 0 where it does not expire. */
  readonly expires_at?: unknown;
  readonly error?: Readonly<Record<string, unknown>>;
}

function refused(detail: string): TokenkeepError {
  return new TokenkeepError('client_token_refused', { detail: `access_token: ${detail}` });
}
