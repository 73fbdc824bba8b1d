import type { App } from '../app.ts';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { json } from '../http/respond.ts';
import { seconds } from '../platform.ts';
import { isExpiring } from '../refresh/schedule.ts';
import { authenticate } from '../sessions/authenticate.ts';
import { type EntryView, entryView } from '../sessions/entry-view.ts';
import type { Entry, Session } from '../token-store/session.ts';
import { single } from './route.ts';

/**
 * `GET {prefix}/me`: an array of the user's entries; with `?provider=`, that entry alone, or `{}` where there is none.
 * A token about to expire is refreshed first; if that cannot be done now, what is stored is shown.
 */
export async function me(request: Request, app: App): Promise<Response> {
  const authenticated = await authenticate(request, app.sessionTokens, app.store, app.platform.clock);
  const session = await upToDate(authenticated.session, app);
  const wanted = single(new URL(request.url).searchParams, 'provider')?.toLowerCase();
  if (wanted === undefined) return json(Object.entries(session.entries).map(([name, entry]) => view(name, entry, app)));
  const entry = Object.hasOwn(session.entries, wanted) ? session.entries[wanted] : undefined;
  return json(entry ? view(wanted, entry, app) : {});
}

async function upToDate(session: Session, { refresh, platform }: App): Promise<Session> {
  let current = session;
  for (const [provider, entry] of Object.entries(session.entries)) {
    if (!isExpiring(entry, seconds(platform.clock))) continue;
    const outcome = await refresh({ id: session.id, provider, cause: 'read' });
    if (outcome.status === 'ended') throw new TokenkeepError('session_ended');
    current = outcome.session ?? current;
  }
  return current;
}

function view(name: string, entry: Entry, { provider, settings }: App): EntryView {
  const userId = provider(name)?.displayName(entry.claims, entry.subject) ?? entry.subject;
  return entryView(name, entry, userId, settings.exposedTokens);
}
