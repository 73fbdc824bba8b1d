import { TokenkeepError } from './tokenkeep-error.ts';

/** The session token of a client in token mode. */
export interface SessionToken {
  get(): string | undefined;
  /** Unless it is another one than `old` by now: an answer may come after the user has signed out, or in again. */
  replace(old: string | undefined, token: string | undefined): void;
}

/**
 * Kept in sessionStorage: of this tab alone, there after a reload, and gone with the tab. What scripts of the page can
 * send they can read, wherever it is; in localStorage it would outlive the tab, and serve every other one.
 */
export function storedToken(key: string): SessionToken {
  const get = () => sessionStorage.getItem(key) ?? undefined;
  return {
    get,
    replace(old, token) {
      if (get() !== old) return;
      if (token) sessionStorage.setItem(key, token);
      else sessionStorage.removeItem(key);
    },
  };
}

const mark = (key: string) => `${key} sign-in`;

/** Remembers that this tab leaves for a sign-in. */
export function leaveForSignIn(key: string): void {
  sessionStorage.setItem(mark(key), '1');
}

/**
 * Takes what a sign-in has left in the address: `#token=` and the JSON of a token reply, or `#error=` and a text. Gives
 * how the sign-in ended that this tab comes back from, undefined where it comes from none. A token counts only where
 * the tab has left for a sign-in, else a link could sign its reader in as somebody else.
 */
export function arrive(key: string, token: SessionToken | undefined): { failure?: TokenkeepError } | undefined {
  const isExpected = sessionStorage.getItem(mark(key));
  const left = token ? leftInAddress() : {};
  const isOutcome = left.token || (isExpected && left.error);
  if (isOutcome) history.replaceState(history.state, '', location.href.split('#')[0]);
  // One who has gone back from the provider's page may go there again, and return with a token.
  if (!isExpected || (token && !isOutcome)) return undefined;
  sessionStorage.removeItem(mark(key));
  if (left.error) return { failure: new TokenkeepError('sign_in_failed', left.error) };
  token?.replace(token.get(), left.token);
  return {};
}

function leftInAddress(): { readonly token?: string; readonly error?: string } {
  try {
    const [, name, text = ''] = /^#(token|error)=(.*)/s.exec(decodeURIComponent(location.hash)) ?? [];
    if (name === 'token') return { token: JSON.parse(text).authenticationToken };
    if (name === 'error') return { error: text };
  } catch {
    // The page's own, then.
  }
  return {};
}
