import { Agent } from 'node:http';
import { compared, type Figure, percentile } from './figure.ts';
import { post } from './post.ts';
import { createSeeding } from './seeding.ts';
import { onSite } from './site.ts';

const hosts = 4;
const callers = 50;
const rounds = 5;

/**
 * One session that is refreshed by 50 callers at the same time, over four function hosts of processes of their own,
 * against as many sessions that one caller refreshes one after the other. Each way's slowest of a hundred.
 */
export function measureCallers(): Promise<Figure[]> {
  return onSite({ hosts }, async (site) => {
    const { services, origins } = site;
    const agent = new Agent({ keepAlive: true });
    const sessions = await (await createSeeding(site)).sessions((rounds + 1) * (callers + 1));
    const place = (caller: number) => origins[caller % hosts] ?? '';
    const refresh = async (token: string, caller: number) => {
      const from = performance.now();
      await post(`${place(caller)}/.auth/refresh`, agent, { 'x-zumo-auth': token });
      return performance.now() - from;
    };
    const take = (count: number) => sessions.splice(0, count).map(({ token }) => token);

    const grants: number[] = [];
    async function together(): Promise<number> {
      const { counters } = services.provider;
      const before = counters.refreshGrants + counters.refreshRefused;
      const [token = ''] = take(1);
      const times = await Promise.all(Array.from({ length: callers }, (_, caller) => refresh(token, caller)));
      grants.push(counters.refreshGrants + counters.refreshRefused - before);
      return percentile(times, 99);
    }
    async function alone(): Promise<number> {
      const times: number[] = [];
      for (const [caller, token] of take(callers).entries()) times.push(await refresh(token, caller));
      return percentile(times, 99);
    }

    await together();
    await alone();
    const result = await compared(together, alone, rounds);
    agent.destroy();
    return [
      { name: 'grants for 50 callers of one session, at most', value: Math.max(...grants), unit: 'grants', aim: '≤ 1' },
      { name: 'p99 of 50 callers of one session', value: result.one, unit: 'ms' },
      { name: 'p99 of one caller', value: result.other, unit: 'ms' },
      { name: 'p99 of 50 callers / of one', value: result.ratio, unit: 'ratio' },
    ];
  });
}
