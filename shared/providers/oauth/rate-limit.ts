import { type Clock, seconds } from '../../platform.ts';

/** How an API says that it was asked too often. */
export interface RateLimitRule {
  /** Whether this answer says so. It may read a clone of it. */
  isReached(response: Response): boolean | Promise<boolean>;
  /** The header with the time when the limit ends, in seconds since 1970. */
  readonly resetHeader: string;
}

/** Seconds to wait where an answer does not say. */
const usualWait = 60;
/** A clock that is wrong must not stop retries for longer, in seconds. */
const longestWait = 3600;

/**
 * Makes 429 with `Retry-After` (RFC 6585 section 4) of the answers by which an API says it otherwise: in a header of its
 * own, or with another status.
 */
export function withRateLimit(
  fetch: typeof globalThis.fetch,
  { isReached, resetHeader }: RateLimitRule,
  clock: Clock,
): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (response.ok || !(await isReached(response))) return response;
    const headers = new Headers(response.headers);
    if (!headers.has('retry-after')) {
      const reset = Number(headers.get(resetHeader) ?? Number.NaN);
      const wait = Number.isFinite(reset) ? Math.max(Math.ceil(reset - seconds(clock)), 1) : usualWait;
      headers.set('retry-after', String(Math.min(wait, longestWait)));
    }
    return new Response(response.body, { status: 429, headers });
  };
}
