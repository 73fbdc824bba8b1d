import type { App } from '../../app.ts';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { json } from '../../http/respond.ts';
import { seconds } from '../../platform.ts';
import type { Target } from '../../providers/provider.ts';
import { refreshedSession } from '../../refresh/outcome.ts';
import { targetToken } from '../../refresh/refreshed-entry.ts';
import { isAtItsEnd, isExpiring } from '../../refresh/schedule.ts';
import { type EntryView, entryView } from '../../sessions/entry-view.ts';
import type { Entry, Session, TargetToken } from '../../token-store/session.ts';
import { notNow } from './not-now.ts';
import { slid } from './sliding.ts';
import { targetIn, wantedProvider } from './target.ts';

/**
 * `GET {prefix}/me`: an array of the user's entries; with `?provider=`, that entry alone, or `{}` where there is none.
 * With `?resource=` or `?scope=` (and a provider that has that) the access token is the one for that resource. A token
 * about to expire is refreshed first; if that cannot be done now, what is stored is shown.
 */
export async function me(request: Request, app: App): Promise<Response> {
  const authenticated = await app.authenticate(request);
  const parameters = new URL(request.url).searchParams;
  const wanted = wantedProvider(parameters);
  const main = wanted ?? authenticated.session.provider;
  const target = targetIn(parameters, app.provider(main));
  const current = await upToDate(authenticated.session, app);
  const session = target ? await withTarget(current, main, target, app) : current;
  const view = (name: string, entry: Entry) =>
    viewOf(name, entry, name === main && target ? targetToken(entry, target) : shownToken(entry), app);
  const entry = wanted !== undefined && Object.hasOwn(session.entries, wanted) ? session.entries[wanted] : undefined;
  const body =
    wanted === undefined
      ? Object.entries(session.entries).map(([name, one]) => view(name, one))
      : entry
        ? view(wanted, entry)
        : {};
  return slid(json(body), authenticated, app);
}

/** The session, the tokens refreshed that are shown and about to expire, as far as that can be done now. */
export async function upToDate(session: Session, { refresh, platform }: App): Promise<Session> {
  let current = session;
  const now = seconds(platform.clock);
  for (const [provider, entry] of Object.entries(session.entries)) {
    const shown = shownToken(entry);
    const target = 'target' in shown && isAtItsEnd(shown, now) ? { target: shown.target } : {};
    if (!isExpiring(entry, now) && !target.target) continue;
    // A container that takes no writes is no reason to show nothing.
    const outcome = await refresh({ id: session.id, provider, cause: 'read', ...target }).catch(notNow);
    if (outcome?.status === 'ended') throw new TokenkeepError('session_ended');
    current = outcome?.session ?? current;
  }
  return current;
}

/** The access token that a client is shown which names no resource: the one it refreshed last. */
function shownToken(entry: Entry): Entry | TargetToken {
  return (entry.shownTarget === undefined ? undefined : entry.targets?.[entry.shownTarget]) ?? entry;
}

/** The session with a token for this resource, fetched where there is none that is good for a while. */
async function withTarget(
  session: Session,
  name: string,
  target: Target,
  { refresh, platform, provider }: App,
): Promise<Session> {
  const entry = session.entries[name];
  const token = entry && targetToken(entry, target);
  if (token && !isAtItsEnd(token, seconds(platform.clock))) return session;
  const outcome = await refresh({ id: session.id, provider: name, target, cause: 'read' });
  return refreshedSession(outcome, provider(name)?.refreshNeeds);
}

/** An entry as the settings show it, with this access token. */
function viewOf(
  name: string,
  entry: Entry,
  token: Entry | TargetToken | undefined,
  { provider, settings }: App,
): EntryView {
  return entryView(name, entry, {
    userId: provider(name)?.displayName(entry.claims, entry.subject) ?? entry.subject,
    claimTypes: provider(name)?.claimTypes ?? { types: {} },
    legacyClaims: settings.claims.legacy,
    exposed: settings.exposedTokens,
    token,
  });
}
