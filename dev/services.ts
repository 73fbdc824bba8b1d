import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  ContainerClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { type AuthJson, secretSettingName, writeAuthJson } from './auth-json.ts';
import { type Azurite, developmentAccount, startAzurite } from './azurite.ts';
import { startIdentity } from './identity/identity.ts';
import type { Ports } from './ports.ts';
import type { DemoClient } from './provider/configuration.ts';
import { type RunningProvider, startProvider } from './provider/provider.ts';
import type { RecordStore } from './provider/record-store.ts';
import { startVault } from './vault/vault.ts';

/** What stands in for Azure and for an identity provider on this machine. */
export interface Services {
  /** The app settings that make the app use them. */
  readonly environment: Readonly<Record<string, string>>;
  readonly azurite: Azurite;
  readonly identity: Awaited<ReturnType<typeof startIdentity>>;
  readonly vault: Awaited<ReturnType<typeof startVault>>;
  readonly provider: RunningProvider;
  readonly containerName: string;
  /** The background job that the provider knows; its access tokens are for `api://tokenkeep`. */
  readonly job: { readonly clientId: string; readonly clientSecret: string };
  close(): Promise<void>;
}

export interface ServicesOptions {
  /** Where everything keeps its data. */
  readonly directory: string;
  /** Without ports: any free ones. */
  readonly ports?: Ports;
  /** The origin that the app will be reached at. */
  readonly appOrigin: string;
  readonly accessTokenSeconds?: number;
  /** What the container SAS grants; `rwdl` unless set. */
  readonly permissions?: string;
  /** Azurite that runs already, for tests that share one. */
  readonly azurite?: Azurite;
  /** What the demo provider remembers, for who wants to look into it. */
  readonly providerRecords?: RecordStore;
  /** Names of further registrations at the demo provider, each a provider of its own in auth.json: `['second']`. */
  readonly further?: readonly string[];
  /** Changes the auth.json that the app will read; it takes and gives plain objects. */
  readonly authJson?: (document: AuthJson) => object;
}

/** Starts Azurite, the Key Vault emulator, the managed-identity endpoint and the demo provider. */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const { directory, ports, appOrigin } = options;
  const below = (name: string) => join(directory, name);
  mkdirSync(directory, { recursive: true });
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  const started = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const service = await starting;
    closers.push(() => service.close());
    return service;
  };
  try {
    const azuriteOptions = {
      directory: below('azurite'),
      ...(ports ? { blobPort: ports.blob, queuePort: ports.queue } : {}),
    };
    const azurite = options.azurite ?? (await started(startAzurite(azuriteOptions)));
    const identity = await started(startIdentity({ directory: below('identity'), port: ports?.identity ?? 0 }));
    const vault = await started(
      startVault({
        directory: below('vault'),
        port: ports?.vault ?? 0,
        verifyToken: identity.verify,
        keys: [
          { name: 'tokenkeep-wrap', kty: 'RSA', size: 3072 },
          { name: 'tokenkeep-sign', kty: 'EC', crv: 'P-256' },
        ],
      }),
    );
    const further = options.further ?? [];
    const job = { clientId: 'demo-job', clientSecret: newSecret() };
    const registrations = new Map(['demo', ...further].map((name) => [name, signInClient(name, appOrigin)]));
    const provider = await started(
      startProvider({
        directory: below('provider'),
        port: ports?.provider ?? 0,
        accessTokenSeconds: options.accessTokenSeconds ?? 3600,
        ...(options.providerRecords ? { records: options.providerRecords } : {}),
        clients: [
          ...registrations.values(),
          { client_id: job.clientId, client_secret: job.clientSecret, grant_types: ['client_credentials'] },
        ],
      }),
    );
    const containerName = options.azurite ? `tokens-${randomBytes(6).toString('hex')}` : 'tokens';
    const sasUrl = await containerSasUrl(azurite, containerName, options.permissions ?? 'rwdl');
    const environment = {
      AzureWebJobsStorage: azurite.connectionString,
      FUNCTIONS_WORKER_RUNTIME: 'node',
      WEBSITE_AUTH_TOKEN_CONTAINER_SASURL: sasUrl,
      TOKENKEEP_PUBLIC_URL: appOrigin,
      TOKENKEEP_VAULT_URL: vault.url,
      TOKENKEEP_AUTH_FILE: writeAuthJson(directory, { issuer: provider.issuer, further, change: options.authJson }),
      ...Object.fromEntries(
        [...registrations].map(([name, { client_secret }]) => [secretSettingName(name), client_secret]),
      ),
      DEMO_JOB_SECRET: job.clientSecret,
      ...identity.environment,
    };
    return { environment, azurite, identity, vault, provider, containerName, job, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** A registration of the app at the demo provider, for the provider of this name in auth.json. */
function signInClient(name: string, appOrigin: string): DemoClient {
  return {
    client_id: name === 'demo' ? 'tokenkeep' : `tokenkeep-${name}`,
    client_secret: newSecret(),
    redirect_uris: [`${appOrigin}/.auth/login/${name}/callback`],
    post_logout_redirect_uris: [`${appOrigin}/.auth/logout/complete`],
  };
}

const aYear = 365 * 24 * 3600 * 1000;

/** Creates the container where it is missing and gives a SAS URL to it. */
export async function containerSasUrl(azurite: Azurite, containerName: string, permissions: string): Promise<string> {
  const credential = new StorageSharedKeyCredential(developmentAccount.name, developmentAccount.key);
  const container = new ContainerClient(`${azurite.blobUrl}/${containerName}`, credential);
  await container.createIfNotExists();
  const sas = generateBlobSASQueryParameters(
    {
      containerName,
      permissions: ContainerSASPermissions.parse(permissions),
      expiresOn: new Date(Date.now() + aYear),
    },
    credential,
  );
  return `${container.url}?${sas}`;
}
