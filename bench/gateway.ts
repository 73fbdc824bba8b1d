import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenOnLoopback } from '../dev/loopback-server.ts';
import { freePort } from '../dev/ports.ts';
import { startStack } from '../dev/stack.ts';
import { compared, type Figure, throughput } from './figure.ts';
import { get } from './get.ts';
import { storeSessions } from './sessions.ts';

const workers = 16;
const rounds = 5;
const roundMilliseconds = 1_500;
/** Bytes of the large answer. */
const large = 64 * 1024 * 1024;

/**
 * The gateway in front of a small server, for a session that the process has opened before: small answers in turns with
 * `/.auth/verify` of the same host, which is the same without an upstream; and one large answer at a time, in turns with
 * the same from the server itself.
 */
export async function measureGateway(): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-bench-'));
  const agent = new Agent({ keepAlive: true, maxSockets: workers });
  const block = Buffer.alloc(large);
  const server = createServer(({ url }, response) => response.end(url === '/large' ? block : 'ok'));
  const { port, close } = await listenOnLoopback(server, 0);
  const upstream = `http://127.0.0.1:${port}`;
  const environment = { TOKENKEEP_UPSTREAM: upstream };
  const stack = await startStack({ directory, port: await freePort(), output: 'ignore', environment });
  try {
    const [token = ''] = await storeSessions(stack, 1);
    const cookie = { cookie: `AppServiceAuthSession=${token}` };
    const asking = (url: string) => () => throughput(() => get(url, agent, cookie), workers, roundMilliseconds);
    const loading = (url: string) => async () =>
      ((await throughput(() => get(url, agent, cookie), 1, roundMilliseconds)) * large) / 2 ** 20;
    const [forwarded, verify] = [asking(`${stack.origin}/small`), asking(`${stack.origin}/.auth/verify`)];
    await forwarded();
    const small = await compared(forwarded, verify, rounds);
    const bytes = await compared(loading(`${stack.origin}/large`), loading(`${upstream}/large`), rounds);
    return [
      { name: 'gateway, small answers', value: small.one, unit: 'requests/s' },
      { name: 'gateway, small answers / verify', value: small.ratio, unit: 'ratio' },
      { name: 'gateway, one large answer', value: bytes.one, unit: 'MiB/s' },
      { name: 'gateway, one large answer / without it', value: bytes.ratio, unit: 'ratio' },
    ];
  } finally {
    agent.destroy();
    await stack.close();
    await close();
    rmSync(directory, { recursive: true, force: true });
  }
}
