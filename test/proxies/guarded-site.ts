import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stopChild } from '../../dev/child.ts';
import { listenOnLoopback } from '../../dev/loopback-server.ts';
import { freePort } from '../../dev/ports.ts';
import { type ListeningApp, listeningApp } from '../fixtures/listening-app.ts';

/** What came through to the site behind the proxy. */
interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A site of which a real proxy lets through what Tokenkeep admits. */
export interface GuardedSite {
  /** Where browsers see it: the proxy. */
  readonly origin: string;
  readonly app: ListeningApp;
  /** What came through since it was last emptied. */
  readonly received: Received[];
  /** A request whose path and headers reach the proxy as they are here. */
  send(path: string, options?: SendOptions): Promise<Answer>;
  close(): Promise<void>;
}

interface SendOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ProxyProgram {
  /** Where it is; undefined: it is not on this machine. */
  readonly path: string | undefined;
  /** The name of its configuration in the guide. */
  readonly configuration: string;
  /** Whether it takes the key of the proxy from its environment: then tokens reach the site and no browser. */
  readonly showsKey?: true;
  /** What of the configuration is an address, and whose. Each must be there. */
  readonly addresses: Readonly<Record<string, 'proxy' | 'tokenkeep' | 'site'>>;
  /** The host name that the configuration has for the site, where it has one. */
  readonly hostName?: string;
  /** How to run it with this configuration, in a folder for whatever it writes, listening on `port`. */
  command(
    file: string,
    folder: string,
    port: number,
  ): { readonly arguments: readonly string[]; readonly env?: NodeJS.ProcessEnv };
}

const proxyKey = 'the-key-of-the-proxy-in-the-tests';

export async function guardedSite(program: ProxyProgram): Promise<GuardedSite> {
  const folder = mkdtempSync(join(tmpdir(), 'tokenkeep-proxy-'));
  const received: Received[] = [];
  const upstream = await listenOnLoopback(recorder(received), 0);
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const app = await listeningApp('http', {
    origin,
    accessTokenSeconds: 24 * 3600,
    environment: { TOKENKEEP_PROXY_KEY: proxyKey },
    further: ['contoso'],
    authJson: (document) => ({
      ...document,
      globalValidation: { redirectToProvider: 'contoso', excludedPaths: ['/public/*'] },
    }),
    settings: (settings) => ({
      ...settings,
      session: { ...settings.session, convention: 'sliding' },
      exposedTokens: program.showsKey ? [] : settings.exposedTokens,
    }),
  });
  const ports = { proxy: port, tokenkeep: Number(new URL(app.origin).port), site: upstream.port };
  // Not by its own name, under which Traefik would take it for its other configuration file.
  const file = join(folder, `guide.${program.configuration}`);
  writeFileSync(file, configured(program, ports));
  const { arguments: given, env } = program.command(file, folder, port);
  const key = program.showsKey ? { TOKENKEEP_PROXY_KEY: proxyKey } : {};
  const child = spawn(program.path ?? '', given, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...key, ...env },
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(String(chunk)));
  await ready(port, child, output);
  return {
    origin,
    app,
    received,
    send: (path, options) => sent(port, path, options),
    async close() {
      await stopChild(child);
      await app.close();
      await upstream.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The very file of the guide, with nothing but the ports of its addresses replaced. */
function configured(
  { configuration, addresses, hostName }: ProxyProgram,
  ports: Readonly<Record<'proxy' | 'tokenkeep' | 'site', number>>,
): string {
  let text = readFileSync(new URL(`../../docs/guides/proxies/${configuration}`, import.meta.url), 'utf8');
  for (const [address, whose] of Object.entries(addresses)) {
    if (!text.includes(address)) throw new Error(`${configuration} does not name ${address}`);
    text = text.replaceAll(address, address.replace(/\d+$/, String(ports[whose])));
  }
  return hostName === undefined ? text : text.replaceAll(hostName, 'localhost');
}

function recorder(received: Received[]) {
  return createServer(async (message, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk);
    const { method = '', url = '', headers } = message;
    received.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(200, { 'content-type': 'text/plain' }).end('from the site');
  });
}

async function ready(port: number, child: ChildProcess, output: readonly string[]): Promise<void> {
  for (let attempt = 0; attempt < 300 && child.exitCode === null; attempt += 1) {
    if (await passesOn(port)) return;
    await pause(50);
  }
  await stopChild(child);
  throw new Error(`the proxy passes nothing on:\n${output.join('')}`);
}

/** Some listen before they know what for. */
async function passesOn(port: number): Promise<boolean> {
  return sent(port, '/.auth/keys').then(
    ({ status }) => status === 200,
    () => false,
  );
}

function sent(port: number, path: string, { method = 'GET', headers = {}, body }: SendOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const host = `localhost:${port}`;
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const out = request({
      host: '127.0.0.1',
      port,
      path,
      method,
      headers: { host, ...length, ...headers },
      agent: false,
    });
    out.once('error', reject);
    out.once('response', async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() });
    });
    out.end(body);
  });
}
