import type { EntryView } from '../../shared/sessions/entry-view.ts';

/** What went wrong, in the words of the problem document (RFC 9457) where there is one. */
export interface Failure {
  /** HTTP status code; absent where nobody answered. */
  readonly status?: number;
  /** Stable code of the error table. */
  readonly code?: string;
  readonly title: string;
  readonly detail?: string;
  readonly remedy?: string;
  /** From `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** `GET /.auth/me`: the user's claims and tokens, an entry a provider. 401 where nobody is signed in. */
export function readEntries(): Promise<Answer<readonly EntryView[]>> {
  return ask('/.auth/me', (body) => Array.isArray(body));
}

/** `GET /.auth/refresh`: `refreshed` is false where somebody had refreshed less than 30 seconds ago. */
export function refreshTokens(): Promise<Answer<{ readonly refreshed: boolean }>> {
  return ask('/.auth/refresh', (body) => typeof body === 'object' && body !== null);
}

/** In milliseconds; longer than the app waits for somebody else's refresh. */
const timeout = 30_000;

async function ask<T>(path: string, isExpected: (body: unknown) => boolean): Promise<Answer<T>> {
  try {
    const response = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(timeout) });
    const body = parsed(await response.text());
    if (response.ok && isExpected(body)) return { ok: true, value: body as T };
    return { ok: false, failure: failureOf(response.status, body, response.headers.get('retry-after')) };
  } catch {
    return { ok: false, failure: noAnswer };
  }
}

const noAnswer: Failure = {
  title: 'The function host does not answer',
  remedy: 'Look whether npm start is still running. This page asks again every few seconds.',
};

/** A failure from an answer; `body` is its JSON, if it had any. */
export function failureOf(status: number, body: unknown, retryAfter: string | null): Failure {
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  const member = (name: 'code' | 'detail' | 'remedy') => {
    const value = memberOf(body, name);
    return value === undefined ? {} : { [name]: value };
  };
  return {
    status,
    title: memberOf(body, 'title') ?? `The function host answered with status ${status} and no explanation`,
    ...member('code'),
    ...member('detail'),
    ...member('remedy'),
    ...(Number.isFinite(seconds) ? { retryAfterSeconds: seconds } : {}),
  };
}

function memberOf(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const value: unknown = Reflect.get(body, name);
  return typeof value === 'string' ? value : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
