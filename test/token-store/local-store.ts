import { randomBytes } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import { ContainerClient } from '@azure/storage-blob';
import { inject } from 'vitest';
import { startIdentity } from '../../dev/identity/identity.ts';
import { containerSasUrl } from '../../dev/services.ts';
import { startVault } from '../../dev/vault/vault.ts';
import { machine, type Platform } from '../../shared/platform.ts';
import { createLog, type Log } from '../../shared/telemetry/log.ts';
import { createAgenda } from '../../shared/token-store/agenda.ts';
import { azureContainer } from '../../shared/token-store/azure-container.ts';
import type { Container } from '../../shared/token-store/container.ts';
import { createKeyRing, type KeyRing } from '../../shared/token-store/key-ring.ts';
import { createSealer } from '../../shared/token-store/seal.ts';
import { createSessionStore } from '../../shared/token-store/session-store.ts';
import { azureVault, type Vault } from '../../shared/token-store/vault.ts';

/** Time that a test moves, in seconds; it starts at the real one and stands still. */
export interface StoppedClock {
  now(): number;
  advance(seconds: number): void;
}

/** A container of its own in the Azurite of all tests, by a SAS with these permissions. */
export async function localContainer(permissions = 'rwdl') {
  const name = `store-${randomBytes(6).toString('hex')}`;
  const azurite = inject('azurite') as Parameters<typeof containerSasUrl>[0];
  const sasUrl = (granted: string) => containerSasUrl(azurite, name, granted);
  const url = await sasUrl(permissions);
  return {
    name,
    url,
    /** Another SAS for the same container. */
    sasUrl,
    container: azureContainer({ url, deletes: permissions.includes('d') }),
    /** Past everything that Tokenkeep does: the storage account's own view. */
    raw: new ContainerClient(azurite.connectionString, name),
  };
}

/** The token store without the rest of the app: real Azurite, real Key Vault client, emulated vault. */
export async function localStore(permissions = 'rwdl') {
  const place = await localContainer(permissions);
  const keys = await localVault();
  const { clock, platform } = stoppedPlatform();
  const { log, logged } = recordingLog(clock.now);
  const ring = (container: Container = place.container, vault: Vault = keys.vault) =>
    createKeyRing(container, vault, platform, log);
  const store = (container: Container = place.container, keyRing: KeyRing = ring(container)) =>
    createSessionStore(container, createSealer(keyRing), createAgenda(container, platform.clock), log);
  return { ...place, ...keys, clock, platform, log, logged, ring, store };
}

/** The vault emulator with both keys, and the Key Vault client that production uses. */
export async function localVault() {
  const identity = await startIdentity();
  const service = await startVault({
    verifyToken: identity.verify,
    keys: [
      { name: 'tokenkeep-wrap', kty: 'RSA', size: 2048 },
      { name: 'tokenkeep-sign', kty: 'EC', crv: 'P-256' },
    ],
  });
  const names = { wrappingKeyName: 'tokenkeep-wrap', signingKeyName: 'tokenkeep-sign' };
  const credential = credentialOf(identity);
  const client = (url = service.url) => azureVault({ url, ...names }, async () => credential);
  return {
    service,
    credential,
    vault: client(),
    vaultClient: client,
    async close() {
      await service.close();
      await identity.close();
    },
  };
}

export async function gathered<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export function stoppedPlatform(): { clock: StoppedClock; platform: Platform } {
  let now = Date.now();
  const clock = {
    now: () => now,
    advance: (seconds: number) => {
      now += seconds * 1000;
    },
  };
  return { clock, platform: { ...machine, clock: { now: clock.now, sleep: machine.clock.sleep } } };
}

export function recordingLog(now: () => number): { log: Log; logged: Record<string, unknown>[] } {
  const logged: Record<string, unknown>[] = [];
  return { logged, log: createLog(now, (level, line) => logged.push({ level, ...JSON.parse(line) })) };
}

/** Tokens of the local managed-identity endpoint, without the client library, which keeps one endpoint a process. */
function credentialOf({ endpoint, header }: { endpoint: string; header: string }): TokenCredential {
  return {
    async getToken(scopes) {
      const resource = String(scopes).replace(/\/\.default$/, '');
      const url = `${endpoint}?api-version=2019-08-01&resource=${encodeURIComponent(resource)}`;
      const response = await fetch(url, { headers: { 'x-identity-header': header } });
      const { access_token: token } = (await response.json()) as { access_token: string };
      return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
}
