import type { ErrorCode } from '../../errors/table.ts';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { asSignInError } from '../oauth/token-endpoint.ts';

/**
 * What an error of Graph is about: `token`, an access token that is good for nothing any more; `parameter`, such as
 * a code, or the token of another app; `passing`, an outage or a limit; `app`, how this app is registered or configured.
 */
export type GraphErrorKind = 'token' | 'parameter' | 'passing' | 'app';

/** https://developers.facebook.com/docs/graph-api/guides/error-handling#errorcodes */
const tokenCodes = [102, 190];
const parameterCode = 100;
/** The same page, and https://developers.facebook.com/docs/graph-api/overview/rate-limiting#error-codes */
const passingCodes = [1, 2, 4, 17, 32, 341, 368, 613];

/**
 * Why a token is refused: https://developers.facebook.com/docs/graph-api/guides/error-handling#errorsubcodes. Some are put
 * right by the user at Facebook, which is where the next sign-in leads.
 */
const tokenReasons: Readonly<Record<number, string>> = {
  458: 'app_not_installed',
  459: 'user_checkpointed',
  460: 'password_changed',
  463: 'token_expired',
  464: 'user_not_confirmed',
  467: 'token_invalid',
};

/** An error that Graph answered. Its message is not kept, since it may quote the token. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
  readonly kind: GraphErrorKind;
  /** Lower-case words and underscores, such as `token_expired` or `error_100_36009`. */
  readonly reason: string;

  constructor(kind: GraphErrorKind, reason: string) {
    super(`Graph answered ${reason}`);
    this.kind = kind;
    this.reason = reason;
  }
}

/**
 * Rethrows an error of these kinds with this code: what the user or the client brought is wrong. Other errors are not
 * theirs: `provider_unavailable`, `provider_misconfigured`, `provider_response_invalid`.
 */
export function asRefusal(code: ErrorCode, ...kinds: readonly GraphErrorKind[]): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof GraphError)) return asSignInError(error);
    const ours = error.kind === 'passing' ? 'provider_unavailable' : 'provider_misconfigured';
    throw new TokenkeepError(kinds.includes(error.kind) ? code : ours, { detail: error.message, cause: error });
  };
}

/**
 * The members of a good answer. An `error` in it counts whatever the status is.
 * Throws a GraphError, or `provider_response_invalid`.
 */
export async function graphAnswer(response: Response, what: string): Promise<Readonly<Record<string, unknown>>> {
  const answer: unknown = await response.json().catch(() => undefined);
  if (isObject(answer) && isObject(answer['error'])) throw graphError(answer['error'], response.status);
  if (!response.ok) throw new GraphError(isPassing(response.status) ? 'passing' : 'app', `http_${response.status}`);
  if (!isObject(answer)) throw new TokenkeepError('provider_response_invalid', { detail: `${what} is no JSON object` });
  return answer;
}

/** By the members of an `error`; `debug_token` has `subcode` in the place of `error_subcode`. */
export function graphError(error: Readonly<Record<string, unknown>>, status = 400): GraphError {
  const { code, error_subcode, subcode = error_subcode, message, is_transient } = error;
  const reason = ['error', code, subcode].filter((one) => one === 'error' || Number.isInteger(one)).join('_');
  if (tokenCodes.includes(Number(code))) return new GraphError('token', tokenReasons[Number(subcode)] ?? reason);
  // Not documented: the code of unknown errors, for one that does not pass.
  if (code === 1 && /client secret/i.test(String(message))) return new GraphError('app', 'client_secret_refused');
  if (passingCodes.includes(Number(code)) || is_transient === true || isPassing(status)) {
    return new GraphError('passing', reason);
  }
  return new GraphError(code === parameterCode ? 'parameter' : 'app', reason);
}

function isPassing(status: number): boolean {
  return status === 429 || status >= 500;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
