import { AuthorizationCode } from 'simple-oauth2';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { outboundLimit, outboundTimeout } from '../http/outbound.ts';
import { type ClientSecret, type RefreshToken, Secret } from '../telemetry/secret.ts';
import type { Metadata } from './discovery.ts';
import type { TokenSet } from './provider.ts';

/** How the client proves who it is (OpenID Connect Core section 9). */
export type ClientAuthentication = 'client_secret_post' | 'client_secret_basic';

export interface Client {
  readonly id: string;
  readonly secret: ClientSecret;
  readonly authentication: ClientAuthentication;
}

/** Longer lifetimes are taken for mistakes: 400 days in seconds. */
const longestLifetime = 400 * 24 * 3600;

/**
 * The OAuth 2.0 client: simple-oauth2 with a timeout, a size cap and no redirects. One is made a call, because it
 * holds nothing but settings and the endpoints may change with discovery.
 */
export function oauthClient(metadata: Metadata, client: Client): AuthorizationCode {
  return new AuthorizationCode({
    client: { id: client.id, secret: client.secret.reveal() },
    auth: {
      tokenHost: new URL(metadata.tokenEndpoint).origin,
      tokenPath: metadata.tokenEndpoint,
      revokePath: metadata.revocationEndpoint ?? metadata.tokenEndpoint,
      authorizeHost: new URL(metadata.authorizationEndpoint).origin,
      authorizePath: metadata.authorizationEndpoint,
    },
    options: { authorizationMethod: client.authentication === 'client_secret_basic' ? 'header' : 'body' },
    http: { timeout: outboundTimeout, maxBytes: outboundLimit, redirects: 0, json: 'strict' },
  });
}

/** Calls a token endpoint and reads its answer (RFC 6749 section 5.1). Throws a TokenEndpointError. */
export async function requestTokens(call: () => Promise<{ token: Record<string, unknown> }>): Promise<TokenSet> {
  const { token } = await call().catch((error: unknown) => {
    throw endpointError(error);
  });
  const text = (name: string) => (typeof token[name] === 'string' && token[name] !== '' ? token[name] : undefined);
  const accessToken = text('access_token');
  if (accessToken === undefined) throw new TokenEndpointError('no_access_token', 200);
  const [idToken, refreshToken, expiresIn] = [text('id_token'), text('refresh_token'), lifetime(token['expires_in'])];
  return {
    accessToken: new Secret('access_token', accessToken),
    ...(idToken === undefined ? {} : { idToken: new Secret('id_token', idToken) }),
    ...(refreshToken === undefined ? {} : { refreshToken: new Secret('refresh_token', refreshToken) }),
    ...(expiresIn === undefined ? {} : { expiresIn }),
  };
}

/** Revokes a refresh token (RFC 7009). Throws a TokenEndpointError. */
export async function revokeToken(client: AuthorizationCode, refreshToken: RefreshToken): Promise<void> {
  const token = client.createToken({ refresh_token: refreshToken.reveal() });
  await token.revoke('refresh_token', { json: false }).catch((error: unknown) => {
    throw endpointError(error);
  });
}

/** Why a token endpoint gave no tokens. Holds the error code of the answer and nothing else of it. */
export class TokenEndpointError extends Error {
  override readonly name = 'TokenEndpointError';
  /** An OAuth error code, or what was wrong: lower-case words and underscores. */
  readonly reason: string;
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;

  constructor(reason: string, status: number, retryAfterSeconds?: number) {
    super(`the token endpoint answered ${status}: ${reason}`);
    this.reason = reason;
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** As the error of a sign-in or a revocation. */
  toTokenkeepError(): TokenkeepError {
    const detail = `token endpoint: ${this.reason}`;
    if (this.reason === 'invalid_grant') return new TokenkeepError('sign_in_code_refused', { detail, cause: this });
    if (this.status === 0 || this.status === 429 || this.status >= 500) {
      const retry = this.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: this.retryAfterSeconds };
      return new TokenkeepError('provider_unavailable', { detail, cause: this, ...retry });
    }
    const code = this.status >= 400 ? 'provider_misconfigured' : 'provider_response_invalid';
    return new TokenkeepError(code, { detail, cause: this });
  }
}

/** What simple-oauth2 rejects with: a Boom error of @hapi/wreck, unless it stumbled over the answer itself. */
interface WreckError {
  readonly data?: {
    readonly payload?: unknown;
    readonly res?: { readonly statusCode?: number; readonly headers?: Record<string, unknown> };
  };
  readonly output?: { readonly statusCode?: number };
}

function endpointError(error: unknown): TokenEndpointError {
  const { data, output } = error as WreckError;
  const status = data?.res?.statusCode ?? 0;
  const retryAfter = retryAfterSeconds(data?.res?.headers ?? {});
  const payload = data?.payload;
  if (typeof payload === 'object' && payload !== null && 'error' in payload && typeof payload.error === 'string') {
    return new TokenEndpointError(payload.error.replace(/[^\w.-]/g, '_').slice(0, 60), status, retryAfter);
  }
  if (output === undefined) return new TokenEndpointError('answer_is_no_object', 200);
  // The data of a refused redirect is the trace of the requests made.
  if (Array.isArray(data)) return new TokenEndpointError('redirect', 302);
  if (status === 0) return new TokenEndpointError('no_answer', 0);
  return new TokenEndpointError(status < 400 ? 'answer_is_not_json' : `http_${status}`, status, retryAfter);
}

/** `Retry-After` (RFC 9110 section 10.2.3), seconds or a date by the server's own clock, at most a day. */
function retryAfterSeconds({ 'retry-after': header, date }: Record<string, unknown>): number | undefined {
  if (typeof header !== 'string') return undefined;
  const isDate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(header);
  if (!isDate && !/^\d+$/.test(header)) return undefined;
  const value = isDate ? (Date.parse(header) - Date.parse(String(date))) / 1000 : Number(header);
  return Number.isFinite(value) ? Math.min(Math.max(Math.ceil(value), 0), 24 * 3600) : undefined;
}

/** `expires_in` in seconds: a number, or one written as text; anything that is no lifetime counts as not said. */
function lifetime(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number <= 0) return undefined;
  return Math.min(Math.floor(number), longestLifetime);
}
