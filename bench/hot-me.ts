import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stack } from '../dev/stack.ts';
import { compared, type Figure, throughput } from './figure.ts';
import { get } from './get.ts';
import { startHelloWorld } from './hello-world-app.ts';
import { storeSessions } from './sessions.ts';

const workers = 16;
const rounds = 7;
const roundMilliseconds = 1_500;
const manySessions = 1_000;

/**
 * `/.auth/me` of sessions that the process has opened before, against a function that only says hello, in turns, each
 * on a host of its own: once one session by 16 callers, once a thousand sessions.
 */
export async function measureHotMe(stack: Stack): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-bench-'));
  const agent = new Agent({ keepAlive: true, maxSockets: workers });
  const helloWorld = await startHelloWorld(directory);
  try {
    const tokens = await storeSessions(stack, manySessions);
    const me = (token: string) => get(`${stack.origin}/.auth/me`, agent, { cookie: `AppServiceAuthSession=${token}` });
    for (const token of tokens) await me(token);
    const [only = ''] = tokens;
    let next = 0;
    const hello = () => throughput(() => get(helloWorld.url, agent), workers, roundMilliseconds);
    const one = () => throughput(() => me(only), workers, roundMilliseconds);
    const many = () => throughput(() => me(tokens[next++ % tokens.length] ?? only), workers, roundMilliseconds);
    await hello();
    await one();
    const single = await compared(one, hello, rounds);
    const several = await compared(many, hello, rounds);
    return [
      { name: 'hello-world', value: single.other, unit: 'requests/s' },
      { name: 'hot me, one session', value: single.one, unit: 'requests/s' },
      { name: 'hot me, one session / hello-world', value: single.ratio, unit: 'ratio', aim: '≥ 0.7' },
      { name: 'hot me, 1,000 sessions', value: several.one, unit: 'requests/s' },
      { name: 'hot me, 1,000 sessions / hello-world', value: several.ratio, unit: 'ratio' },
    ];
  } finally {
    agent.destroy();
    await helloWorld.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
