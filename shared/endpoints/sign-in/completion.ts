import { type Page, page } from '../../http/pages.ts';
import type { Ending } from '../../sign-in/ending.ts';
import type { TokenReply } from '../session/token-reply.ts';
import { receiverName } from './iframe-receiver.ts';
import { inertJson } from './inert-json.ts';

/** How a sign-in in a window of its own turned out. */
export type Completion = { readonly oauth: TokenReply } | { readonly error: string };

/**
 * A message whose window is gone by the time it arrives has no source any more, by which clients know it. So the page
 * waits a while for its opener to close it, as Microsoft's client does, before it closes itself.
 */
const script = `
const { origin, receiver, envelope } = JSON.parse(document.querySelector('#completion').textContent);
try {
  if (receiver) opener.frames[receiver].transferLoginResult(envelope);
  else opener.postMessage(envelope, origin);
  setTimeout(close, 2000);
} catch {
  document.querySelector('p').textContent =
    'The page that opened this window cannot be told. Close this window, and sign in again from that page.';
}
`;

/**
 * The page at the end of a sign-in in a window of its own. It tells the opener, if that is of the right origin, the
 * message of the Mobile Apps clients, whose pages cannot be redirected: `{ type: 'LoginCompleted', oauth | error }`.
 */
export function completionPage(ending: Extract<Ending, { origin: string }>, completion: Completion): Page {
  const data = {
    origin: ending.origin,
    receiver: ending.kind === 'frame' ? receiverName : undefined,
    envelope: { type: 'LoginCompleted', ...completion },
  };
  const title = 'error' in completion ? 'The sign-in did not succeed' : 'You are signed in';
  const content = `<p>You can close this window and go back to the app.</p>\n${inertJson('completion', data)}`;
  return page(title, content, { script });
}
