import type { App } from '../../app.ts';
import { json, noContent } from '../../http/respond.ts';
import { type EpochSeconds, seconds } from '../../platform.ts';
import { providerName } from '../../providers/provider-name.ts';
import { canRefresh } from '../../refresh/schedule.ts';
import { disconnect } from '../../sessions/connections.ts';
import { dotNetTime } from '../../sessions/entry-view.ts';
import type { Entry, Session } from '../../token-store/session.ts';

/** An account of the user's, as `GET {prefix}/connections` lists it. Times as .NET's round-trip format "o", in UTC. */
interface ConnectionView {
  readonly provider: string;
  /** What people call the provider. */
  readonly title: string;
  /** As in `me`. */
  readonly user_id: string;
  /** Whether it is the one that the user has signed in with, which cannot be disconnected. */
  readonly sign_in: boolean;
  readonly connected_on: string;
  /** What the user has granted, as far as the provider has said. */
  readonly scopes?: readonly string[];
  /**
   * `refused`: the provider has withdrawn the tokens, so the account has to be connected again; `expired`: they have
   * expired and cannot be renewed.
   */
  readonly state: 'active' | 'expired' | 'refused';
}

/** `GET {prefix}/connections`: the accounts of this session, that of the sign-in among them. */
export async function connections(request: Request, app: App): Promise<Response> {
  const { session } = await app.authenticate(request);
  return json(connectionViews(session, app));
}

/** `DELETE {prefix}/connections/{provider}`: takes a connected account out of this session. */
export async function endConnection(request: Request, app: App): Promise<Response> {
  const { session } = await app.authenticate(request);
  const name = providerName(new URL(request.url).pathname.split('/').at(-1) ?? '');
  await disconnect(session, name, app);
  return noContent();
}

function connectionViews(session: Session, { provider, platform }: App): ConnectionView[] {
  return Object.entries(session.entries).map(([name, entry]) => ({
    provider: name,
    title: provider(name)?.title ?? name,
    user_id: provider(name)?.displayName(entry.claims, entry.subject) ?? entry.subject,
    sign_in: name === session.provider,
    connected_on: dotNetTime(entry.connectedAt ?? session.signedInAt),
    ...(entry.scopes ? { scopes: entry.scopes } : {}),
    state: stateOf(entry, seconds(platform.clock)),
  }));
}

function stateOf(entry: Entry, now: EpochSeconds): ConnectionView['state'] {
  if (entry.dead) return 'refused';
  return canRefresh(entry) || (entry.expiresAt ?? now + 1) > now ? 'active' : 'expired';
}
