import type { ErrorRow } from './row.ts';
import { type ErrorCode, errorTable } from './table.ts';

/** What may be said about an error beyond its row in the table. None of it may hold a secret or a token. */
export interface ErrorDetails {
  /** What exactly was wrong this time, safe to show to the client. */
  readonly detail?: string;
  /** When a retry makes sense, in seconds from now. */
  readonly retryAfterSeconds?: number;
  /** The error underneath, for the log only. */
  readonly cause?: unknown;
}

/** The one error class: a code of the table, and what is special this time. */
export class TokenkeepError extends Error {
  override readonly name = 'TokenkeepError';
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(details.detail ? `${errorTable[code].title}: ${details.detail}` : errorTable[code].title, {
      cause: details.cause,
    });
    this.code = code;
    this.detail = details.detail;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  /** The row of the table: HTTP status, title, remedy. */
  get row(): ErrorRow {
    return errorTable[this.code];
  }
}

/** True where `error` is a TokenkeepError, with one of the codes if any are given. */
export function isTokenkeepError(error: unknown, ...codes: ErrorCode[]): error is TokenkeepError {
  return error instanceof TokenkeepError && (codes.length === 0 || codes.includes(error.code));
}

/** True where a sealed document could not be trusted, for whichever reason. */
export function isSealError(error: unknown): error is TokenkeepError {
  return isTokenkeepError(error) && error.code.startsWith('seal_');
}
