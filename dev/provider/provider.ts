import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { Provider } from 'oidc-provider';
import { listenOnLoopback } from '../loopback-server.ts';
import { type DemoClient, type DemoJob, providerConfiguration } from './configuration.ts';
import { type ProviderControl, providerControl, Tampering, tamperedTokens } from './control.ts';
import { countEvents, countRevocations, newCounters, type ProviderCounters } from './counters.ts';
import { Faults, faultyEndpoints } from './faults.ts';
import { loadKeys, rotateKeys } from './keys.ts';
import { RecordStore } from './record-store.ts';
import { signInPages } from './sign-in-page.ts';

export interface ProviderOptions {
  /** 0, or none: any free port. */
  port?: number;
  /** Where sessions, grants, tokens and keys are kept. Without it they are gone when the provider closes. */
  directory?: string;
  clients: readonly (DemoClient | DemoJob)[];
  /** How long access tokens and ID tokens live, in seconds; 3600 when absent. */
  accessTokenSeconds?: number;
  /** Remembers sessions, grants and tokens in place of a store of its own. */
  records?: RecordStore;
}

export interface RunningProvider {
  /** `http://localhost:<port>`, which is also where the server answers. */
  issuer: string;
  port: number;
  control: ProviderControl;
  counters: ProviderCounters;
  /** Stops at once: open connections are cut. */
  close(): Promise<void>;
}

/**
 * Starts the demo identity provider: OpenID Connect over plain http on the loopback address, with authorization code
 * and PKCE (S256, required), rotating refresh tokens, JWT access tokens for resources and background jobs, revocation
 * and sign-out. For demonstrations and tests alone: anyone may sign in as anyone. Rejects when the port is taken, the
 * directory is not usable or a client is malformed.
 */
export async function startProvider(options: ProviderOptions): Promise<RunningProvider> {
  const { directory, clients, accessTokenSeconds = 3600 } = options;
  const store = options.records ?? new RecordStore(directory && join(directory, 'records'));
  const faults = new Faults();
  const tampering = new Tampering();
  const counters = newCounters();
  const closing = new AbortController();
  let keys = await loadKeys(directory);

  let answer: RequestListener = (_request, response) => response.writeHead(503).end();
  const server = await listenOnLoopback(
    createServer((request, response) => answer(request, response)),
    options.port ?? 0,
  );
  const { port } = server;
  const issuer = `http://localhost:${port}`;

  const serve = async (): Promise<RequestListener> => {
    const input = { clients, keys, store, accessTokenSeconds, cookieSuffix: String(port) };
    const provider = new Provider(issuer, providerConfiguration(input));
    provider.use(faultyEndpoints(faults, counters, closing.signal));
    provider.use(tamperedTokens(tampering, () => keys.signing));
    provider.use(countRevocations(counters));
    provider.use(signInPages(provider));
    countEvents(provider, counters);
    reportErrors(provider);
    // oidc-provider checks a client when it is first looked up.
    await Promise.all(clients.map(({ client_id }) => provider.Client.find(client_id)));
    return provider.callback();
  };
  const close = async () => {
    closing.abort();
    await server.close();
  };

  try {
    answer = await serve();
  } catch (error) {
    await close();
    throw error;
  }
  const rotateSigningKey = async () => {
    keys = await rotateKeys(keys, directory);
    answer = await serve();
  };
  return { issuer, port, control: providerControl({ faults, tampering, store, rotateSigningKey }), counters, close };
}

/** Prints what went wrong in the provider itself. A client that hangs up is no error, and requests are not printed. */
function reportErrors(provider: Provider): void {
  const report = (error: Error & { code?: string }) => {
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return;
    console.error(`Demo identity provider: ${error.stack ?? error.message}`);
  };
  provider.on('server_error', (_ctx, error) => report(error));
  provider.onerror = report;
}
