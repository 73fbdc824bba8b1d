import { Agent } from 'node:http';
import { Browser } from '../dev/provider/sign-in-client.ts';
import { visitAll } from '../shared/endpoints/visits.ts';
import { machine } from '../shared/platform.ts';
import { type SeenRequest, startStorageProxy } from '../test/token-store/storage-proxy.ts';
import type { Figure } from './figure.ts';
import { get } from './get.ts';
import { post } from './post.ts';
import { createSeeding } from './seeding.ts';
import { onSite } from './site.ts';

/** How often each thing is done: of twenty times it may be once that a marker need not move. */
const times = 10;
/** By then, in milliseconds, a token that lives for an hour is due. */
const untilDue = 51 * 60_000;

/** Requests to the container for one of each, counted on the way between the app and Azurite. */
export async function measureOperations(): Promise<Figure[]> {
  const proxy = await startStorageProxy();
  let ahead = 0;
  const clock = { ...machine.clock, now: () => machine.clock.now() + ahead };
  const options = { hosts: 1, reroute: proxy.through, platform: { ...machine, clock } };
  return onSite(options, async (site) => {
    const { app, origins } = site;
    const [origin = ''] = origins;
    const seeding = await createSeeding(site);
    const agent = new Agent({ keepAlive: true });

    /** The first one warms up and is not counted; of the others, the one that took most. */
    async function counted(
      what: string,
      task: (round: number) => Promise<unknown>,
      aim?: Figure['aim'],
    ): Promise<Figure> {
      let most: string[] = [];
      for (let round = 0; round <= times; round++) {
        proxy.requests.length = 0;
        await task(round);
        // Once a minute the host's own timer lists what is due.
        const kinds = proxy.requests.map(kindOf).filter((kind) => kind !== 'list');
        if (round > 0 && kinds.length > most.length) most = kinds;
      }
      const figure = {
        name: `storage operations per ${what}`,
        value: most.length,
        unit: 'requests',
        detail: most.join(', '),
      };
      return aim === undefined ? figure : { ...figure, aim };
    }

    const some = () => seeding.sessions(times + 1);
    const [read, asked, refreshed, visited] = [await some(), await some(), await some(), await some()];
    const header = (token = '') => ({ 'x-zumo-auth': token });
    const me = (token?: string) => get(`${origin}/.auth/me`, agent, header(token));
    const browsers = Array.from({ length: times + 1 }, () => new Browser());
    const signIn = (round: number) =>
      browsers[round]?.signIn(`${origin}/.auth/login/demo`, { account: 'ada@example.com' }) ?? Promise.reject();

    // Whoever asks the engine has read the session before.
    for (const { id } of refreshed) await app.store.read(id);
    const figures = [
      await counted(
        'refresh, by the engine',
        (round) => app.refresh({ id: refreshed[round]?.id ?? seeding.model.id, cause: 'request' }),
        '≤ 6',
      ),
      await counted('POST /.auth/refresh', (round) =>
        post(`${origin}/.auth/refresh`, agent, header(asked[round]?.token)),
      ),
      await counted('me', (round) => me(read[round]?.token), '≤ 1'),
      await counted('hot me', () => me(read[0]?.token), '≤ 1'),
      await counted('sign-in', signIn),
      await counted('sign-out', async (round) => browsers[round]?.get(`${origin}/.auth/logout`)),
    ];
    const due = await Promise.all(visited.map(async ({ id }) => (await app.store.read(id))?.session.visitAt));
    ahead = untilDue;
    figures.push(
      await counted('visit by the timer that refreshes', (round) =>
        visitAll({ visits: [`${due[round]}/${visited[round]?.id}`] }, app),
      ),
    );
    agent.destroy();
    return figures;
  }).finally(proxy.close);
}

/** What a request to the container is for. */
function kindOf({ method, target, headers, status }: SeenRequest): string {
  const [, , room = ''] = target.split('/');
  if (target.includes('comp=list')) return 'list';
  if (target.includes('comp=lease')) return `${headers['x-ms-lease-action']} lease`;
  const thing = { agenda: 'marker', users: 'user marker', sessions: 'session' }[room] ?? room;
  if (method === 'GET') return status === 304 ? `read ${thing} (unchanged)` : `read ${thing}`;
  return method === 'DELETE' ? `delete ${thing}` : `write ${thing}`;
}
