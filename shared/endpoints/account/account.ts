import type { App } from '../../app.ts';
import { giveConsent, withdrawConsent } from '../../backends/consent.ts';
import { consentsOf } from '../../backends/consent-view.ts';
import { isTokenkeepError, TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { html, redirect } from '../../http/respond.ts';
import { carriedToken } from '../../sessions/carrier.ts';
import { disconnect } from '../../sessions/connections.ts';
import type { Session } from '../../token-store/session.ts';
import { callbackParameters, single } from '../route.ts';
import { cookieOf } from '../session/session-cookie.ts';
import { accountPage } from './account-page.ts';
import { endOwnSession, endOwnSessions, ownSessions } from './own-sessions.ts';
import type { AccountAction } from './page-parts.ts';

/** What the page says after an action. Its address names one of these, so nobody can have it say anything else. */
const messages: ReadonlyMap<string, string> = new Map<AccountAction, string>([
  ['end-session', 'That session has ended.'],
  ['disconnect', 'The account is no longer connected.'],
  ['consent-give', 'From now on the program may have your tokens while you are away.'],
  ['consent-withdraw', 'From now on the program gets none of your tokens.'],
]);

/** `GET {prefix}/account`: the user's sessions, connected accounts and consents, with a button for each. */
export async function account(request: Request, app: App): Promise<Response> {
  const session = await inBrowser(request, app);
  const message = messages.get(new URL(request.url).searchParams.get('done') ?? '');
  const sessions = await ownSessions(session, app);
  const backends = app.settings.backends.length === 0 ? [] : await consentsOf(session, app);
  const response = html(accountPage({ session, sessions, backends, message }, app));
  // With `no-referrer` browsers say `Origin: null` of its forms (https://fetch.spec.whatwg.org/#append-a-request-origin-header).
  response.headers.set('referrer-policy', 'same-origin');
  return response;
}

/** `POST {prefix}/account`: what a button of the page asks for, by the field `action`. */
export async function accountAction(request: Request, app: App): Promise<Response> {
  const session = await inBrowser(request, app);
  if (request.headers.get('origin') !== app.settings.publicOrigin) {
    throw new TokenkeepError('cross_site_refused', { detail: 'it does not come from the account page' });
  }
  const fields = await callbackParameters(request);
  const action = single(fields, 'action');
  const required = (name: string): string => {
    const value = single(fields, name);
    if (value === undefined) throw new TokenkeepError('request_malformed', { detail: `field ${name} is missing` });
    return value;
  };
  switch (action) {
    case 'end-session': {
      const id = required('id');
      // One that has ended before, perhaps by a second click, is what was wanted.
      await endOwnSession(session, id, app);
      if (id === session.id) return signedOut(app);
      break;
    }
    case 'end-all':
      await endOwnSessions(session, 'all', app);
      return signedOut(app);
    case 'disconnect':
      await disconnect(session, required('provider'), app).catch(ignoreUnknown);
      break;
    case 'consent-give':
      await giveConsent(session, required('backend'), app);
      break;
    case 'consent-withdraw':
      await withdrawConsent(session, required('backend'), app);
      break;
    default:
      throw new TokenkeepError('request_malformed', { detail: 'field action is none of the page' });
  }
  return redirect(`${app.settings.publicOrigin}${app.settings.apiPrefix}/account?done=${action}`, [], 303);
}

/** The session of a browser: the page is for people, so a token in a header opens it to nobody. */
async function inBrowser(request: Request, app: App): Promise<Session> {
  if (carriedToken(request)?.carrier !== 'cookie') throw new TokenkeepError('not_signed_in');
  return (await app.authenticate(request)).session;
}

/** What is not connected needs no disconnecting: a second click comes to the same. */
function ignoreUnknown(error: unknown): void {
  if (!isTokenkeepError(error, 'connection_unknown')) throw error;
}

function signedOut(app: App): Response {
  const { publicOrigin, apiPrefix } = app.settings;
  return redirect(`${publicOrigin}${apiPrefix}/logout/complete`, [cookieOf(app, undefined)], 303);
}
