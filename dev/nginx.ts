import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopChild } from './child.ts';

/** An nginx that serves on this machine, with a folder of its own. */
export interface Nginx {
  /** Where it keeps its files: `error.log` says what went wrong. */
  readonly directory: string;
  close(): Promise<void>;
}

/**
 * Starts nginx with these contents of its `http` block. Resolves once it accepts connections at `port` of 127.0.0.1,
 * which the contents must make it listen on. Throws what nginx says of a configuration that is wrong.
 */
export async function startNginx(program: string, http: string, port: number): Promise<Nginx> {
  const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-nginx-'));
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, configuration(directory, http));
  const child = spawn(program, ['-p', directory, '-c', file, '-g', 'daemon off;'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const complaint: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaint.push(chunk));
  const failed = once(child, 'exit').then(() => Promise.reject(new Error(Buffer.concat(complaint).toString().trim())));
  try {
    await Promise.race([accepts(port), failed]);
  } catch (error) {
    await stopChild(child);
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
  failed.catch(() => {});
  return {
    directory,
    async close() {
      await stopChild(child);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Everything that nginx writes goes below the folder; the paths that it is built with belong to the system's own. */
function configuration(directory: string, http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events { worker_connections 512; }
http {
  access_log off;
  ${temporary.map((kind) => `${kind}_temp_path ${directory}/${kind};`).join('\n  ')}
${http}
}
`;
}

const longestStart = 10_000;

async function accepts(port: number): Promise<void> {
  const deadline = Date.now() + longestStart;
  while (Date.now() < deadline) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nginx did not listen on port ${port} within ${longestStart / 1000} s.`);
}
