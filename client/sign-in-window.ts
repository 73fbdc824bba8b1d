import { TokenkeepError } from './tokenkeep-error.ts';

/** In milliseconds. */
const longestSignIn = 600_000;
const glance = 300;

/**
 * Opens a sign-in in a window of its own, and closes it at the end. Gives the session token that it has sent; undefined
 * where it has none to send: it has ended on `login/done`, or was closed. Only a message of that very window, showing a
 * page of `origin`, counts. Throws `popup_blocked`, and `sign_in_failed` with the reason.
 */
export async function signInWindow(url: string, origin: string): Promise<string | undefined> {
  const opened = open(url, '_blank', 'popup,width=500,height=700');
  if (!opened) throw new TokenkeepError('popup_blocked');
  const ending = new AbortController();
  const deadline = Date.now() + longestSignIn;
  let timer: ReturnType<typeof setInterval> | undefined;
  try {
    return await new Promise((resolve, reject) => {
      addEventListener(
        'message',
        ({ data, origin: sender, source }) => {
          if (source !== opened || sender !== origin || data?.type !== 'LoginCompleted') return;
          if (data.oauth) resolve(data.oauth.authenticationToken);
          else reject(new TokenkeepError('sign_in_failed', String(data.error)));
        },
        { signal: ending.signal },
      );
      timer = setInterval(() => {
        if (opened.closed || Date.now() > deadline || isDone(opened)) resolve(undefined);
      }, glance);
    });
  } finally {
    clearInterval(timer);
    ending.abort();
    opened.close();
  }
}

/** Pages of other origins do not tell where they are. */
function isDone(opened: Window): boolean {
  try {
    return opened.location.pathname.endsWith('/login/done');
  } catch {
    return false;
  }
}
