import { randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** The ports of the local services. */
export interface Ports {
  readonly vault: number;
  readonly identity: number;
  readonly provider: number;
  readonly blob: number;
  readonly queue: number;
}

/**
 * The ports of a stack whose data stay in `directory`: those after `app`'s at the first start, the same ever after,
 * because the key ring names its vault and sessions name their issuer by address.
 */
export function keptPorts(directory: string, app: number): Ports {
  const file = join(directory, 'ports.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Ports;
  } catch {
    const ports = { vault: app + 1, identity: app + 2, provider: app + 3, blob: app + 4, queue: app + 5 };
    writeFileSync(file, JSON.stringify(ports));
    return ports;
  }
}

/** Below the range that systems hand out by themselves, so that nobody else is given the port in between. */
const lowest = 2_000;
const highest = 3_000;
const tries = 50;

/** A port that nothing listens on, as little as on the nine after it. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < tries; attempt++) {
    const port = randomInt(lowest, highest) * 10;
    const ten = Array.from({ length: 10 }, (_, offset) => isFree(port + offset));
    if ((await Promise.all(ten)).every(Boolean)) return port;
  }
  throw new Error('No ten free ports in a row found below 30000.');
}

/** Whether a server could listen on `port` of this machine. */
export function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
