import type { App } from '../../app.ts';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { json } from '../../http/respond.ts';
import { seconds } from '../../platform.ts';
import type { Target } from '../../providers/provider.ts';
import { targetName } from '../../refresh/engine.ts';
import { refreshedSession } from '../../refresh/outcome.ts';
import { isAtItsEnd, isExpiring } from '../../refresh/schedule.ts';
import { type EntryView, entryView } from '../../sessions/entry-view.ts';
import type { Entry, Session } from '../../token-store/session.ts';
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
    viewOf(name, entry, name === main && target ? targetName(target) : entry.shownTarget, app);
  const entry = wanted !== undefined && Object.hasOwn(session.entries, wanted) ? session.entries[wanted] : undefined;
  const body =
    wanted === undefined
      ? Object.entries(session.entries).map(([name, one]) => view(name, one))
      : entry
        ? view(wanted, entry)
        : {};
  return slid(json(body), { ...authenticated, session }, app);
}

/** The session, its tokens refreshed that are about to expire, as far as that can be done now. */
export async function upToDate(session: Session, { refresh, platform }: App): Promise<Session> {
  let current = session;
  for (const [provider, entry] of Object.entries(session.entries)) {
    if (!isExpiring(entry, seconds(platform.clock))) continue;
    const outcome = await refresh({ id: session.id, provider, cause: 'read' });
    if (outcome.status === 'ended') throw new TokenkeepError('session_ended');
    current = outcome.session ?? current;
  }
  return current;
}

/** The session with a token for this resource, fetched where there is none that is good for a while. */
async function withTarget(
  session: Session,
  name: string,
  target: Target,
  { refresh, platform, provider }: App,
): Promise<Session> {
  const token = session.entries[name]?.targets?.[targetName(target) ?? ''];
  if (token && !isAtItsEnd(token, seconds(platform.clock))) return session;
  const outcome = await refresh({ id: session.id, provider: name, target, cause: 'read' });
  return refreshedSession(outcome, provider(name)?.refreshNeeds);
}

/** An entry as the settings show it; with the token for a further resource where one is named. */
export function viewOf(name: string, entry: Entry, target: string | undefined, { provider, settings }: App): EntryView {
  return entryView(name, entry, {
    userId: provider(name)?.displayName(entry.claims, entry.subject) ?? entry.subject,
    claimTypes: provider(name)?.claimTypes ?? { types: {} },
    legacyClaims: settings.claims.legacy,
    exposed: settings.exposedTokens,
    token: target === undefined ? entry : entry.targets?.[target],
  });
}
