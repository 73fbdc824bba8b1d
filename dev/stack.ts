import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AuthJson } from './auth-json.ts';
import { stopChild } from './child.ts';
import type { Ports } from './ports.ts';
import { type Services, startServices } from './services.ts';

/** The whole local stack: the services, and the app on a function host of its own process. */
export interface Stack {
  /** Where the app answers, for example `http://localhost:7071`. */
  readonly origin: string;
  readonly services: Services;
  readonly host: Host;
  /** Starts the host again after it has gone, however it went. */
  restartHost(): Promise<void>;
  close(): Promise<void>;
}

/** A function host in a child process. */
export interface Host {
  readonly process: ChildProcess;
  close(): Promise<void>;
}

export interface StackOptions {
  readonly directory: string;
  readonly port: number;
  /** Where browsers see the app, if it is behind something; where it answers unless set. */
  readonly publicOrigin?: string;
  readonly ports?: Ports;
  readonly accessTokenSeconds?: number;
  /** Names of further registrations at the demo provider, each a provider of its own in auth.json: `['second']`. */
  readonly further?: readonly string[];
  /** Changes the auth.json that the app will read; it takes and gives plain objects. */
  readonly authJson?: (document: AuthJson) => object;
  /** Further app settings, for example `{ TOKENKEEP_UPSTREAM: … }`; they win over those of the services. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The command that hosts the app: the local host unless set. */
  readonly hostCommand?: HostCommand;
  /** The app that the host runs; this project unless set. */
  readonly appDirectory?: string;
  /** Where what the host prints goes, `number` being an open file; it is passed on unless set. */
  readonly output?: 'inherit' | 'ignore' | number;
}

/** Gives the command line of a function host, and tells from its output or messages when it is ready. */
export interface HostCommand {
  readonly file: string;
  readonly arguments: readonly string[];
  /** Whether a readiness message comes over IPC; otherwise the origin is asked until it answers. */
  readonly announces: boolean;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** The function host of the local stack, with the demo page at `/`. */
export const localHost: HostCommand = {
  file: process.execPath,
  arguments: ['--enable-source-maps', path('./local-host.ts')],
  announces: true,
};

const startTimeout = 60_000;

/** Starts the services, then the host. The bundle must have been built. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const origin = `http://localhost:${options.port}`;
  const { directory, ports, accessTokenSeconds, further, authJson } = options;
  const services = await startServices({
    directory,
    appOrigin: options.publicOrigin ?? origin,
    ...(ports ? { ports } : {}),
    ...(accessTokenSeconds === undefined ? {} : { accessTokenSeconds }),
    ...(further ? { further } : {}),
    ...(authJson ? { authJson } : {}),
  });
  const environment = { ...services.environment, ...options.environment, PORT: String(options.port) };
  const start = () => startHost(options, environment);
  let host: Host;
  try {
    host = await start();
  } catch (error) {
    await services.close();
    throw error;
  }
  return {
    origin,
    services,
    get host() {
      return host;
    },
    async restartHost() {
      await host.close();
      host = await start();
    },
    async close() {
      await host.close();
      await services.close();
    },
  };
}

/** Starts a function host alone, with these app settings. Resolves when it is ready. */
export async function startHost(
  options: Pick<StackOptions, 'port' | 'hostCommand' | 'output' | 'appDirectory'>,
  environment: Record<string, string>,
): Promise<Host> {
  const { file, arguments: rest, announces } = options.hostCommand ?? localHost;
  const output = options.output ?? 'inherit';
  const child = spawn(file, rest, {
    cwd: options.appDirectory ?? root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', output, output === 'ignore' ? 'pipe' : output, 'ipc'],
  });
  const complaint: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => complaint.push(chunk));
  const timeout = setTimeout(() => child.kill('SIGKILL'), startTimeout);
  try {
    await Promise.race([
      announces ? ready(child) : answers(`http://localhost:${options.port}/`, child),
      once(child, 'error').then(([error]) => Promise.reject(error)),
      once(child, 'exit').then(() => Promise.reject(new Error(complaintOf(complaint)))),
    ]);
  } finally {
    clearTimeout(timeout);
  }
  return { process: child, close: () => stopChild(child) };
}

function complaintOf(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString().trim() || 'The function host did not start.';
}

async function ready(child: ChildProcess): Promise<void> {
  while (true) {
    const [message] = await once(child, 'message');
    if ((message as { type?: unknown }).type === 'ready') return;
  }
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const answered = await fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
