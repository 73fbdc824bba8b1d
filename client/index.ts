import { accessTokens, type TokenOptions } from './access-token.ts';
import { call, query, type Server } from './call.ts';
import { createChanges, type Listener } from './changes.ts';
import type { Entry } from './entry.ts';
import { fetchWithToken } from './fetch-with-token.ts';
import { createSession } from './session.ts';
import { arrive, leaveForSignIn, storedToken } from './session-token.ts';
import { signInWindow } from './sign-in-window.ts';
import { TokenkeepError } from './tokenkeep-error.ts';

export type { TokenOptions } from './access-token.ts';
export type { Listener } from './changes.ts';
export type { Entry } from './entry.ts';
export { TokenkeepError } from './tokenkeep-error.ts';

export interface ClientOptions {
  /** Where Tokenkeep is, such as `https://auth.example.com`; the page's own origin unless set. */
  readonly origin?: string;
  /** As `httpSettings.routes.apiPrefix` says; `/.auth` unless set. */
  readonly prefix?: string;
  /** How the session travels: in a cookie that no script can read, unless set, or in a token that this tab keeps. */
  readonly mode?: 'cookie' | 'token';
  /** The provider to sign in with, and whose tokens are meant, where a call names none. */
  readonly provider?: string;
}

export interface SignInOptions {
  /** Where to land, absolute or from here; here unless set. Listed in `allowedExternalRedirectUrls` on other origins. */
  readonly redirectTo?: string;
  /** In a window of its own: call it from a click. Not to be landed from. */
  readonly popup?: boolean;
  /** For the server and the provider: `scope`, `prompt`, `login_hint`, … */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Every promise here is rejected with a TokenkeepError, and with nothing else but what `fetch` throws for an API. */
export interface Client {
  /**
   * Leaves for the sign-in: of this provider, else of the client's, else of one that the user picks. With `popup` it
   * resolves once the user is signed in; in cookie mode on another origin that is when the user has closed the window.
   * Throws `popup_blocked`, `popup_closed`, `sign_in_failed`.
   */
  signIn(provider?: string, options?: SignInOptions): Promise<void>;
  /**
   * Ends the session. In cookie mode it leaves the page, for `redirectTo` or the server's own page, at the provider's
   * sign-out where that is set. In token mode it leaves the page only for `redirectTo`, and the user stays signed in at
   * the provider.
   */
  signOut(options?: { readonly redirectTo?: string }): Promise<void>;
  /** Who is signed in; undefined where nobody is. After a sign-in that failed, once, `sign_in_failed`. */
  me(): Promise<readonly Entry[] | undefined>;
  /**
   * An access token that is good for five minutes, or a third of its life, as far as it can be had: one that could not
   * be renewed just now is given until it expires. Throws `refresh_refused` and whatever has status 401 where the user
   * must sign in again.
   */
  getAccessToken(options?: TokenOptions): Promise<string>;
  /** Renews tokens and session now. They stay as they are where somebody has done so within 30 seconds. */
  refresh(options?: { readonly provider?: string }): Promise<readonly Entry[]>;
  /**
   * `fetch` with the access token as Bearer: only for APIs that are to have it. One that answers 401 is asked once more
   * with a renewed token; not where `init.body` is a stream.
   */
  fetchWithToken(input: RequestInfo | URL, init?: RequestInit, options?: TokenOptions): Promise<Response>;
  /**
   * Calls the listener with the first that is known of the user, and with each change since: sign-in, sign-out and
   * renewal, in this tab or another one. Gives the function that ends it.
   */
  onChange(listener: Listener): () => void;
}

/** A client for one Tokenkeep. Make it when the page loads: it takes what a sign-in has left in the address. */
export function createClient(options: ClientOptions = {}): Client {
  const { origin = location.origin, prefix = '/.auth', mode = 'cookie', provider: main } = options;
  const { href: base, origin: server } = new URL(`${prefix}/`, origin);
  const key = `tokenkeep ${base}`;
  const token = mode === 'token' ? storedToken(key) : undefined;
  // What cannot be had now, the next call asks for.
  const changes = createChanges(key, () => session.read().catch(() => undefined));
  const api: Server = { base, token, ended: (reason) => changes.take(undefined, reason) };
  const session = createSession(api, key, changes);
  const { getAccessToken, forget } = accessTokens(session, main);
  changes.listeners.add(forget);
  const arrival = arrive(key, token);
  if (arrival) changes.tell();
  let failure = arrival?.failure;

  async function me(): Promise<readonly Entry[] | undefined> {
    const failed = failure;
    failure = undefined;
    if (failed) throw failed;
    return session.read().catch((error) => {
      if (error.status !== 401) throw error;
      return undefined;
    });
  }

  return {
    me,
    getAccessToken,
    fetchWithToken: (...parameters) => fetchWithToken(getAccessToken, ...parameters),
    refresh: ({ provider = main } = {}) => session.renew(() => false, provider),
    async signIn(provider = main, { redirectTo = location.href, popup, parameters } = {}) {
      const login = `${base}login${provider ? `/${encodeURIComponent(provider)}` : ''}`;
      const mark =
        token &&
        (popup ? { completion_type: 'postMessage', completion_origin: location.origin } : { session_mode: 'token' });
      const landing = popup ? undefined : absolute(redirectTo);
      const url = login + query({ ...parameters, ...mark, post_login_redirect_uri: landing });
      if (!popup) {
        leaveForSignIn(key);
        location.assign(url);
        return;
      }
      const received = await signInWindow(url, server);
      if (received) token?.replace(token.get(), received);
      changes.tell();
      if ((token && !received) || !(await me())) {
        throw new TokenkeepError('popup_closed');
      }
    },
    async signOut({ redirectTo } = {}) {
      const landing = redirectTo === undefined ? undefined : absolute(redirectTo);
      const signedOut = () => {
        changes.take(undefined);
        changes.tell();
      };
      if (!token) {
        // The page goes when the answer is there, so the other tabs look when the session has ended.
        addEventListener('pagehide', signedOut, { once: true });
        location.assign(`${base}logout${query({ post_logout_redirect_uri: landing })}`);
        return;
      }
      if (token.get()) await call(api, 'POST', 'logout');
      token.replace(token.get(), undefined);
      signedOut();
      if (landing) location.assign(landing);
    },
    onChange(listener) {
      changes.listeners.add(listener);
      return () => changes.listeners.delete(listener);
    },
  };
}

/** Throws where a script would run in place of the way to a page: the address may be a parameter of the page's own. */
function absolute(address: string): string {
  const { href, protocol } = new URL(address, location.href);
  if (protocol === 'javascript:') throw new TokenkeepError('redirect_not_allowed');
  return href;
}
