import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Host, startHost } from '../dev/stack.ts';
import type { Life } from './journal.ts';

const command = {
  file: process.execPath,
  arguments: ['--enable-source-maps', fileURLToPath(new URL('../dev/host/main.ts', import.meta.url))],
  announces: true,
};

/** A function host that can be killed and started again. */
export interface Member {
  readonly origin: string;
  /** The present life, or the last one. */
  readonly life: Life;
  start(): Promise<void>;
  /** Without a warning. Resolves when the process has gone. */
  kill(): Promise<void>;
  /** With a warning, and some seconds to finish. What it then has not written went down with it. */
  close(): Promise<void>;
}

/** The host with this number, which has yet to be started. What it prints goes to `host-<n>.log` in the directory. */
export function member(host: number, port: number, directory: string, environment: Record<string, string>): Member {
  let life: Life = { host, number: 0 };
  let starting: Promise<Host> | undefined;
  return {
    origin: `http://localhost:${port}`,
    get life() {
      return life;
    },
    async start() {
      const output = openSync(join(directory, `host-${host + 1}.log`), 'a');
      life = { host, number: life.number + 1 };
      starting = startHost({ port, hostCommand: command, output }, { ...environment, PORT: String(port) });
      await starting.finally(() => closeSync(output));
    },
    async kill() {
      const running = await starting;
      life.killedAt = Date.now();
      running?.process.kill('SIGKILL');
      await running?.close();
    },
    async close() {
      await (await starting)?.close();
      life.killedAt ??= Date.now();
    },
  };
}
