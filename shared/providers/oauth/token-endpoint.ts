import {
  allowInsecureRequests,
  type ClientAuth,
  customFetch,
  genericTokenEndpointRequest,
  revocationRequest,
} from 'oauth4webapi';
import { isTokenkeepError, TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { type RefreshToken, Secret } from '../../telemetry/secret.ts';
import type { RefreshFailure, TokenSet } from '../provider.ts';

/** A client and where it asks for tokens. */
export interface TokenClient {
  readonly clientId: string;
  readonly authentication: ClientAuth;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint?: string | undefined;
  /** Bounded: it allows https and loopback only, follows no redirect, and ends in time. */
  readonly fetch: typeof globalThis.fetch;
}

/** A TokenSet that holds an access token, as every good answer of a token endpoint does. */
export type IssuedTokens = TokenSet & Required<Pick<TokenSet, 'accessToken'>>;

/** Longer lifetimes are taken for mistakes: 400 days in seconds. */
const longestLifetime = 400 * 24 * 3600;

/**
 * Asks a token endpoint (RFC 6749 sections 4.1.3 and 6) and reads its answer (section 5.1). `parameters` are those of
 * the grant. Throws a TokenEndpointError, or what `fetch` throws where there was no answer.
 */
export async function requestTokens(
  client: TokenClient,
  grantType: string,
  parameters: Readonly<Record<string, string>>,
): Promise<IssuedTokens> {
  const { server, options } = oauth(client);
  const response = await genericTokenEndpointRequest(
    server,
    { client_id: client.clientId },
    client.authentication,
    grantType,
    { ...parameters },
    options,
  );
  return issuedTokens(await tokenAnswer(response));
}

/** The members of a good answer; an `error` in it counts whatever the status is, since GitHub sends it with 200. */
export async function tokenAnswer(response: Response): Promise<Record<string, unknown>> {
  const answer: unknown = await response.json().catch(() => undefined);
  const isObject = typeof answer === 'object' && answer !== null;
  const retryAfter = retryAfterSeconds(response.headers);
  if (isObject && 'error' in answer && typeof answer.error === 'string') {
    const status = response.ok ? 400 : response.status;
    throw new TokenEndpointError(answer.error.replace(/[^\w.-]/g, '_').slice(0, 60), status, retryAfter);
  }
  if (!response.ok) throw new TokenEndpointError(`http_${response.status}`, response.status, retryAfter);
  if (answer === undefined || !isJson(response)) throw new TokenEndpointError('answer_is_not_json', 200);
  if (!isObject) throw new TokenEndpointError('answer_is_no_object', 200);
  return answer as Record<string, unknown>;
}

/** RFC 6749 section 5.1 has good answers be `application/json`. What is JSON by its looks alone may be a web page. */
function isJson({ headers }: Response): boolean {
  return /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(headers.get('content-type') ?? '');
}

/**
 * The tokens in an answer, with their scopes where it names them (RFC 6749 section 3.3). Throws a TokenEndpointError
 * where there is no access token.
 */
export function issuedTokens(answer: Readonly<Record<string, unknown>>): IssuedTokens {
  const text = (name: string) => (typeof answer[name] === 'string' && answer[name] !== '' ? answer[name] : undefined);
  const accessToken = text('access_token');
  if (accessToken === undefined) throw new TokenEndpointError('no_access_token', 200);
  const [idToken, refreshToken, expiresIn] = [text('id_token'), text('refresh_token'), lifetime(answer['expires_in'])];
  const scope = text('scope');
  return {
    accessToken: new Secret('access_token', accessToken),
    ...(idToken === undefined ? {} : { idToken: new Secret('id_token', idToken) }),
    ...(refreshToken === undefined ? {} : { refreshToken: new Secret('refresh_token', refreshToken) }),
    ...(expiresIn === undefined ? {} : { expiresIn }),
    ...(scope === undefined ? {} : { scopes: scope.split(' ').filter((one) => one !== '') }),
  };
}

/** Revokes a refresh token (RFC 7009). Throws a TokenEndpointError, or what `fetch` throws. */
export async function revokeToken(client: TokenClient, refreshToken: RefreshToken): Promise<void> {
  const { server, options } = oauth(client);
  const additionalParameters = { token_type_hint: 'refresh_token' };
  const response = await revocationRequest(
    server,
    { client_id: client.clientId },
    client.authentication,
    refreshToken.reveal(),
    { ...options, additionalParameters },
  );
  if (!response.ok) await tokenAnswer(response);
}

/** What oauth4webapi asks for. That plain http goes to loopback addresses only is checked by `fetch`. */
function oauth({ tokenEndpoint, revocationEndpoint, fetch }: TokenClient) {
  return {
    server: {
      issuer: new URL(tokenEndpoint).origin,
      token_endpoint: tokenEndpoint,
      ...(revocationEndpoint === undefined ? {} : { revocation_endpoint: revocationEndpoint }),
    },
    options: { [customFetch]: fetch, [allowInsecureRequests]: true },
  };
}

/** Why a token endpoint gave no tokens. Holds the error code of the answer and nothing else of it. */
export class TokenEndpointError extends Error {
  override readonly name = 'TokenEndpointError';
  /** An OAuth error code, or what was wrong: lower-case words and underscores. */
  readonly reason: string;
  /** HTTP status. */
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
    if (this.status === 429 || this.status >= 500) {
      const retry = this.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: this.retryAfterSeconds };
      return new TokenkeepError('provider_unavailable', { detail, cause: this, ...retry });
    }
    const code = this.status >= 400 ? 'provider_misconfigured' : 'provider_response_invalid';
    return new TokenkeepError(code, { detail, cause: this });
  }
}

/** Rethrows what a call to a token endpoint threw as the error of a sign-in. */
export function asSignInError(error: unknown): never {
  throw error instanceof TokenEndpointError ? error.toTokenkeepError() : error;
}

/**
 * A failed refresh. `invalid_grant` is the one answer that says the refresh token is good for nothing (RFC 6749
 * section 5.2); `refusals` are what a provider says instead. An ID token for somebody else must not be believed
 * either. All else may pass: outages, limits, and settings of ours that can be put right.
 */
export function refreshFailure(
  error: unknown,
  refusals: readonly string[] = ['invalid_grant'],
): { readonly ok: false; readonly failure: RefreshFailure } {
  if (error instanceof TokenEndpointError) {
    const kind = refusals.includes(error.reason) ? 'refused' : isDefinite(error) ? 'unavailable' : 'unanswered';
    const retry = error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds };
    return { ok: false, failure: { kind, reason: error.reason, ...retry } };
  }
  if (isTokenkeepError(error, 'id_token_invalid')) {
    return { ok: false, failure: { kind: 'refused', reason: 'id_token_invalid' } };
  }
  if (isTokenkeepError(error)) {
    const kind = error.code === 'provider_misconfigured' ? 'unavailable' : 'unanswered';
    return { ok: false, failure: { kind, reason: error.code } };
  }
  throw error;
}

/** Whether an answer says that the refresh token was not redeemed: a 5xx may come from something in front. */
function isDefinite({ status }: TokenEndpointError): boolean {
  return status >= 400 && status < 500;
}

/** `Retry-After` (RFC 9110 section 10.2.3), seconds or a date by the server's own clock, at most a day. */
function retryAfterSeconds(headers: Headers): number | undefined {
  const header = headers.get('retry-after');
  if (header === null) return undefined;
  const isDate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(header);
  if (!isDate && !/^\d+$/.test(header)) return undefined;
  const value = isDate ? (Date.parse(header) - Date.parse(headers.get('date') ?? '')) / 1000 : Number(header);
  return Number.isFinite(value) ? Math.min(Math.max(Math.ceil(value), 0), 24 * 3600) : undefined;
}

/** `expires_in` in seconds: a number, or one written as text; anything that is no lifetime counts as not said. */
function lifetime(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number <= 0) return undefined;
  return Math.min(Math.floor(number), longestLifetime);
}
