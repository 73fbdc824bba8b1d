import type { TokenkeepError } from '../../client/index.ts';
import { signInLink } from './auth.ts';
import { element } from './element.ts';
import { illustration } from './illustration.ts';
import { failureText } from './notice.ts';

/** What somebody sees who is not signed in; `reason` where that is a surprise. */
export function signedOutView(reason?: TokenkeepError): HTMLElement {
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
      signInLink('Sign in with the demo provider', { class: 'button primary' }),
      signInLink('Use another account', { prompt: 'select_account' }),
    ),
    element(
      'p',
      { class: 'quiet' },
      'The demo provider runs on this machine. It knows three invented people and asks for no password. Once you are in, this page shows your claims, your tokens, and how they are refreshed while you watch.',
    ),
    illustration(),
  );
}
