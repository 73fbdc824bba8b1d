/** What is known of a failure beside its code. */
type Facts = Partial<Pick<TokenkeepError, 'status' | 'detail' | 'remedy' | 'login' | 'retryAfter'>>;

/**
 * Every failure of the client. `code` is the server's, stable and listed on its page Errors, or one of the client's:
 *
 * - `network`: no answer, or none within 30 seconds; to pages of an origin that is not allowed everything looks so
 * - `unexpected_answer`: an answer that is not Tokenkeep's
 * - `no_access_token`: somebody is signed in, but there is no access token, or none of that provider
 * - `popup_blocked`, `popup_closed`: the window of a sign-in was not opened, or is gone without an outcome
 * - `sign_in_failed`: the message says why
 */
export class TokenkeepError extends Error {
  override readonly name = 'TokenkeepError';
  readonly code: string;
  /** HTTP status of the answer; 0 where there was none. */
  declare readonly status: number;
  /** More on what happened, where the server says so. */
  declare readonly detail?: string | undefined;
  /** What to do about it, in a sentence. */
  declare readonly remedy?: string | undefined;
  /** Absolute address where a sign-in begins, where that is the remedy. */
  declare readonly login?: string | undefined;
  /** Seconds after which it may be tried again. */
  declare readonly retryAfter?: number | undefined;

  constructor(code: string, message = code.replaceAll('_', ' '), facts: Facts = {}) {
    super(message);
    this.code = code;
    Object.assign(this, { status: 0 }, facts);
  }
}

/** A problem document of the server (RFC 9457). */
interface Problem {
  readonly code: string;
  readonly title?: string;
  readonly detail?: string;
  readonly remedy?: string;
  /** From the root of the server. */
  readonly login?: string;
}

/** The error of an answer, `body` being its JSON, if it has any. */
export function errorOf({ status, headers }: Response, body: unknown, base: string): TokenkeepError {
  const isProblem = headers.get('content-type')?.startsWith('application/problem+json');
  const { code, title, detail, remedy, login }: Problem = isProblem
    ? (body as Problem)
    : { code: 'unexpected_answer', detail: `status ${status}` };
  return new TokenkeepError(code, title, {
    status,
    detail,
    remedy,
    login: login && new URL(login, base).href,
    retryAfter: Number(headers.get('retry-after')) || undefined,
  });
}
