import { createServer, type IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { listenOnLoopback } from '../loopback-server.ts';
import { authenticate } from './authentication.ts';
import { type CallCounts, callCounts } from './call-counts.ts';
import { type Faults, type VaultControl, vaultControl } from './control.ts';
import { accessRefused, badParameter, KeyVaultError, notEmulated, throttled } from './errors.ts';
import type { KeyKind } from './jwk.ts';
import { KeyStore } from './key-store.ts';
import { createKey } from './management.ts';
import { carryOut } from './operations.ts';
import { readJson } from './request-body.ts';
import { actions, callOf } from './routes.ts';

interface VaultOptions {
  /** Default 0: any free port. */
  port?: number;
  /** Where the keys are kept. Without it they live as long as the vault. */
  directory?: string;
  /** Whether a bearer token is valid now and meant for exactly this audience. */
  verifyToken: (token: string, audience: string) => Promise<boolean>;
  /** Keys that must exist: one is made where the name is not yet taken. `size` is in bits. */
  keys?: ({ name: string } & KeyKind)[];
}

interface Vault {
  /** The vault URL to give to KeyClient. */
  url: string;
  /**
   * Every authenticated operation on a key, refused ones included, under the names of the REST reference: `getKey`,
   * `unwrapKey`, `sign` and so on.
   */
  calls: CallCounts;
  control: VaultControl;
  close(): Promise<void>;
}

/**
 * A Key Vault on 127.0.0.1 for development and tests. The unchanged KeyClient and CryptographyClient speak to it, given
 * `allowInsecureConnection` and `disableChallengeResourceVerification`, for it has no https and no name of the service.
 * It offers the operations of `routes.ts` on RSA and P-256 keys, refuses what Key Vault refuses with Key Vault's
 * errors, and answers 501 to the rest of the service. Private keys lie open in `directory`.
 *
 * @throws the system's error when the port is taken, Error when a file in `directory` is not a key.
 */
export async function startVault(options: VaultOptions): Promise<Vault> {
  const store = new KeyStore(options.directory);
  for (const { name, ...kind } of options.keys ?? []) {
    if (store.find(name) !== undefined) continue;
    await createKey(store, name, kind.kty === 'RSA' ? { kty: kind.kty, key_size: kind.size } : kind);
  }
  const faults: Faults = { refusesAccess: false, throttles: false, delay: 0, down: false };
  const calls = callCounts();
  const closing = new AbortController();

  async function answer(request: IncomingMessage): Promise<object> {
    if (faults.delay > 0) await setTimeout(faults.delay, undefined, { signal: closing.signal });
    await authenticate(request.headers.authorization, options.verifyToken);
    const target = new URL(`http://localhost${request.url}`);
    const call = callOf(request.method ?? '', target.pathname);
    if (call === undefined) throw notEmulated(`${request.method} ${target.pathname}`);
    calls.add(call.operation);
    if (faults.throttles) throw throttled(1);
    if (faults.refusesAccess) throw accessRefused(`Microsoft.KeyVault/vaults/${actions[call.operation]}`);
    if (!target.searchParams.get('api-version')) throw badParameter('api-version must be specified');
    return carryOut(store, url, call, await readJson(request));
  }

  const server = createServer({ requestTimeout: 30_000 }, async (request, response) => {
    let status = 200;
    let headers: Record<string, string> = {};
    let body: object;
    try {
      body = await answer(request);
    } catch (error) {
      const refusal =
        error instanceof KeyVaultError ? error : new KeyVaultError(500, 'InternalServerError', String(error));
      ({ status, headers } = refusal);
      body = refusal.body();
    }
    const always = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' };
    response.writeHead(status, { ...headers, ...always });
    response.end(JSON.stringify(body));
  });
  server.on('connection', (socket) => {
    if (faults.down) socket.destroy();
  });
  const { port, close } = await listenOnLoopback(server, options.port ?? 0);
  const url = `http://127.0.0.1:${port}`;

  return {
    url,
    calls: calls.counts,
    control: vaultControl(store, faults, () => server.closeAllConnections()),
    close() {
      closing.abort();
      return close();
    },
  };
}
