import type { App } from '../../app.ts';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { json, noContent } from '../../http/respond.ts';
import { dotNetTime } from '../../sessions/entry-view.ts';
import type { Session } from '../../token-store/session.ts';
import { single } from '../route.ts';
import { cookieOf } from '../session/session-cookie.ts';
import { endOwnSession, endOwnSessions, ownSessions } from './own-sessions.ts';

/** One of a user's sessions, as `GET {prefix}/sessions` lists them. Times as .NET's round-trip format "o", in UTC. */
interface SessionView {
  readonly id: string;
  /** Whether it is the one that asks. */
  readonly current: boolean;
  /** The provider that signed the user in. */
  readonly provider: string;
  /** In a few words. */
  readonly device?: string;
  readonly signed_in_on: string;
  /** When its session token expires, if it is not renewed. */
  readonly expires_on: string;
  /** When tokens of it were last renewed, by the timer or by request. */
  readonly last_refreshed_on?: string;
  /** Names of the providers that the user has connected. */
  readonly connections: readonly string[];
}

/** `GET {prefix}/sessions`: the sessions of whoever is asking, newest first. */
export async function sessions(request: Request, app: App): Promise<Response> {
  const { session } = await app.authenticate(request);
  const found = await ownSessions(session, app);
  return json(found.map((one) => sessionView(one, one.id === session.id)));
}

/** `DELETE {prefix}/sessions/{id}`: ends one of the user's sessions. */
export async function endOneSession(request: Request, app: App): Promise<Response> {
  const { session } = await app.authenticate(request);
  const id = new URL(request.url).pathname.split('/').at(-1) ?? '';
  if (!(await endOwnSession(session, id, app))) throw new TokenkeepError('session_unknown');
  return noContent(id === session.id ? [cookieOf(app, undefined)] : []);
}

/** `DELETE {prefix}/sessions[?others=1]`: ends all of the user's sessions, or all others. */
export async function endSessions(request: Request, app: App): Promise<Response> {
  const others = single(new URL(request.url).searchParams, 'others');
  if (others !== undefined && others !== '1')
    throw new TokenkeepError('request_malformed', { detail: 'others is not 1' });
  const { session } = await app.authenticate(request);
  await endOwnSessions(session, others ? 'others' : 'all', app);
  return noContent(others ? [] : [cookieOf(app, undefined)]);
}

function sessionView(session: Session, current: boolean): SessionView {
  const { id, provider, device, signedInAt, expiresAt, entries } = session;
  const refreshedAt = lastRefresh(session);
  return {
    id,
    current,
    provider,
    ...(device === undefined ? {} : { device }),
    signed_in_on: dotNetTime(signedInAt),
    expires_on: dotNetTime(expiresAt),
    ...(refreshedAt === undefined ? {} : { last_refreshed_on: dotNetTime(refreshedAt) }),
    connections: Object.keys(entries).filter((name) => name !== provider),
  };
}

function lastRefresh({ entries }: Session): number | undefined {
  const times = Object.values(entries).flatMap(({ history }) => history.at(-1)?.at ?? []);
  return times.length === 0 ? undefined : Math.max(...times);
}
