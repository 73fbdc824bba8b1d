import type { Failure } from './api.ts';
import { element } from './element.ts';
import { illustration } from './illustration.ts';
import { failureText } from './notice.ts';

/** Where signing in starts; the browser comes back to this page. */
export const signInAddress = '/.auth/login/demo?post_login_redirect_uri=/';

/** The reason to show for a 401: none where nobody was signed in before, nor expected to be. */
export function whySignedOut(failure: Failure, wasSignedIn: boolean): Failure | undefined {
  if (failure.code !== 'not_signed_in') return failure;
  if (!wasSignedIn) return undefined;
  return {
    code: failure.code,
    title: 'You are no longer signed in',
    detail: 'This browser has no session any more; it may have been ended in another tab',
    remedy: 'Sign in again.',
  };
}

/** What somebody sees who is not signed in; `reason` where that is a surprise. */
export function signedOutView(reason?: Failure): HTMLElement {
  return element(
    'section',
    { class: 'welcome', 'aria-labelledby': 'title' },
    ...(reason ? [element('div', { class: 'notice', role: 'alert' }, failureText(reason))] : []),
    element('h1', { id: 'title', tabindex: -1 }, 'Tokens that stay fresh'),
    element(
      'p',
      { class: 'lead' },
      'Tokenkeep signs users in through an identity provider, keeps their OAuth tokens sealed in a blob container, and refreshes them before they expire, so that a serverless app always has a good one.',
    ),
    element(
      'p',
      { class: 'actions' },
      element('a', { class: 'button primary', href: signInAddress }, 'Sign in with the demo provider'),
      element('a', { href: `${signInAddress}&prompt=select_account` }, 'Use another account'),
    ),
    element(
      'p',
      { class: 'quiet' },
      'The demo provider runs on this machine. It knows three invented people and asks for no password. Once you are in, this page shows your claims, your tokens, and how they are refreshed while you watch.',
    ),
    illustration(),
  );
}
