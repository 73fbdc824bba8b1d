import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleOptions } from '../../dev/build.ts';
import { freePort } from '../../dev/ports.ts';
import { type Host, startHost } from '../../dev/stack.ts';
import { exampleStack, type RunningExample } from '../example.ts';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** The API on a function host of its own, and Tokenkeep in front of it. */
export async function start(): Promise<RunningExample & { readonly origin: string; readonly upstream: string }> {
  const directory = await builtApp();
  const port = await freePort();
  const upstream = `http://localhost:${port}`;
  const closers: (() => Promise<void>)[] = [async () => rmSync(directory, { recursive: true, force: true })];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const api = await apiHost(directory, port);
    closers.push(() => api.close());
    const stack = await exampleStack({ environment: { TOKENKEEP_UPSTREAM: upstream } });
    closers.push(() => stack.close());
    const instructions = [
      `The app, behind Tokenkeep: ${stack.origin}/`,
      `What the API is told:      ${stack.origin}/api/whoami`,
      'Ctrl-C ends it.',
    ];
    return { instructions, origin: stack.origin, upstream, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function apiHost(directory: string, port: number): Promise<Host> {
  const hostCommand = { file: process.execPath, arguments: [path('../../dev/host/main.ts')], announces: true };
  return startHost({ port, output: 'ignore', hostCommand, appDirectory: directory }, { PORT: String(port) });
}

/** A function app as it would be deployed: host.json, package.json and the bundle. Gives its folder. */
async function builtApp(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-example-'));
  await build({
    entryPoints: [path('./app/functions.ts')],
    outfile: join(directory, 'dist/functions.js'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['@azure/functions-core'],
    banner: bundleOptions.banner,
  });
  const hostJson = { version: '2.0', extensions: { http: { routePrefix: '' } } };
  writeFileSync(join(directory, 'host.json'), JSON.stringify(hostJson));
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ type: 'module', main: 'dist/functions.js' }));
  return directory;
}
