import type { SessionToken } from './session-token.ts';
import { errorOf, TokenkeepError } from './tokenkeep-error.ts';

/** Where Tokenkeep is, and what a call of it says of the user: a session token, or else the cookie. */
export interface Server {
  /** Ends in a slash: `https://auth.example.com/.auth/`. */
  readonly base: string;
  readonly token: SessionToken | undefined;
  /** Called where an answer says that nobody is signed in, nor can be without a new sign-in. */
  readonly ended: (reason: TokenkeepError) => void;
}

/** In milliseconds; longer than the server waits for somebody else's refresh. */
const timeout = 30_000;

/**
 * Calls a route, such as `me`, and gives the JSON of its answer; of `logout` the redirect, which is not followed. A new
 * session token that comes along takes the place of the old one. Throws a TokenkeepError.
 */
export async function call({ base, token, ended }: Server, method: 'GET' | 'POST', path: string): Promise<unknown> {
  const sent = token?.get();
  if (token && !sent) throw failed(new TokenkeepError('not_signed_in', undefined, { status: 401 }));
  // The first header makes every answer one for scripts, never a page.
  const headers = { 'x-requested-with': 'fetch', ...(sent ? { 'x-zumo-auth': sent } : {}) };
  const credentials = token ? 'omit' : 'include';
  const signal = AbortSignal.timeout(timeout);
  let response: Response;
  let text: string;
  try {
    response = await fetch(base + path, { method, headers, credentials, signal, redirect: 'manual' });
    text = await response.text();
  } catch {
    throw new TokenkeepError('network');
  }
  if (path === 'logout' && response.type === 'opaqueredirect') return undefined;
  const body = parsed(text);
  if (response.ok && body instanceof Object) {
    const { authenticationToken } = body as { authenticationToken?: string };
    const next = response.headers.get('x-zumo-auth') ?? authenticationToken;
    if (next) token?.replace(sent, next);
    return body;
  }
  throw failed(errorOf(response, body, base));

  function failed(error: TokenkeepError): TokenkeepError {
    if (error.status === 401 && (method === 'POST' || error.code !== 'session_expired')) {
      token?.replace(sent, undefined);
      ended(error);
    }
    return error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Parameters as a query; those without a value are left out. */
export function query(parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return given.length ? `?${new URLSearchParams(given)}` : '';
}
