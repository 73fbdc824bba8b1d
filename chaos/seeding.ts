import { Browser } from '../dev/provider/sign-in-client.ts';
import { beginSession } from '../shared/endpoints/sign-in/begin-session.ts';
import type { Provider } from '../shared/providers/provider.ts';
import { Secret } from '../shared/telemetry/secret.ts';
import { isSessionId, type SessionId } from '../shared/token-store/names.ts';
import type { Entry } from '../shared/token-store/session.ts';
import { grantCopier } from './grants.ts';
import type { Site } from './site.ts';

/** Somebody who is signed in, as the load knows them. */
export interface Client {
  readonly id: SessionId;
  readonly grantId: string;
  /** The newest session token. */
  token: string;
  state: 'signed-in' | 'leaving' | 'signed-out';
}

/** How many sessions are stored at a time. */
const atOnce = 8;

/**
 * Signs `count` clients in. One comes by a browser; the others have copies of its grant under names of their own, because
 * thousands of sign-ins would take longer than the run. Their sessions are stored by the app's own code. Their tokens
 * expire within `accessTokenSeconds`, so that their refreshes spread.
 */
export async function seed(site: Site, count: number, accessTokenSeconds: number): Promise<Client[]> {
  const { records, app } = site;
  const { provider, entry } = await signedIn(site);
  const copy = grantCopier(records, entry.refreshToken?.reveal() ?? '');

  async function begun(): Promise<Client> {
    const { grantId, refreshToken } = copy();
    const { issuer, subject, claims, accessToken, idToken } = entry;
    const tokens = {
      ...(accessToken ? { accessToken } : {}),
      ...(idToken ? { idToken } : {}),
      refreshToken: new Secret('refresh_token', refreshToken),
      expiresIn: Math.ceil(accessTokenSeconds * (0.5 + Math.random() / 2)),
    };
    const { session, token } = await beginSession(provider, { issuer, subject, claims, tokens }, app);
    return { id: session.id, grantId, token: token.reveal(), state: 'signed-in' };
  }

  const clients: Client[] = [];
  const places = Array.from({ length: count }).keys();
  const work = async () => {
    for (const place of places) clients[place] = await begun();
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return clients;
}

/** Signs one user in by a browser at the first host, and gives what was stored. */
async function signedIn({ hosts, app }: Site): Promise<{ readonly provider: Provider; readonly entry: Entry }> {
  const [first] = hosts;
  await new Browser().signIn(`${first?.origin}/.auth/login/demo`, { account: 'ada@example.com' });
  const provider = app.provider('demo');
  for await (const name of app.container.list('sessions/')) {
    const id = name.slice('sessions/'.length);
    const stored = isSessionId(id) ? await app.store.read(id) : undefined;
    const entry = stored?.session.entries['demo'];
    if (provider && entry) return { provider, entry };
  }
  throw new Error('The first sign-in failed.');
}
