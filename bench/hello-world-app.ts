import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleOptions } from '../dev/build.ts';
import { stopChild } from '../dev/child.ts';
import { localHost } from '../dev/stack.ts';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Builds the least function app there is, in the way of the app itself, into `directory`. Gives the file to load. */
export async function buildHelloWorld(directory: string): Promise<string> {
  await build({
    ...bundleOptions,
    entryPoints: { 'hello-world': path('./hello-world.ts') },
    outdir: directory,
    outExtension: { '.js': '.mjs' },
  });
  return join(directory, 'hello-world.mjs');
}

/** Starts it on a function host of its own, started as the app's is. `url` is the one function's. */
export async function startHelloWorld(directory: string): Promise<{ url: string; close(): Promise<void> }> {
  await buildHelloWorld(directory);
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ main: 'hello-world.mjs' }));
  copyFileSync(path('../host.json'), join(directory, 'host.json'));
  const child = spawn(localHost.file, localHost.arguments, {
    cwd: directory,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('The host of hello-world did not start.')));
  const [{ port }] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }];
  ended.catch(() => {});
  return { url: `http://localhost:${port}/hello`, close: () => stopChild(child) };
}
