import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Azurite, startAzurite } from '../dev/azurite.ts';
import { freePort } from '../dev/ports.ts';
import { type Services, startServices } from '../dev/services.ts';
import { type App, createApp } from '../shared/app.ts';
import { machine, seconds } from '../shared/platform.ts';
import { loadSettings } from '../shared/settings/load.ts';
import { createLog } from '../shared/telemetry/log.ts';
import { type Member, member } from './fleet.ts';
import { Journal, JournaledRecords, type Life } from './journal.ts';
import type { Fault, Service } from './plan.ts';
import { type FaultProxy, startFaultProxy } from './proxy.ts';

/** One app on several hosts, the services it needs, and a proxy on each way between them. */
export interface Site {
  /** Where everything keeps its data. */
  readonly directory: string;
  readonly services: Services;
  readonly records: JournaledRecords;
  readonly journal: Journal;
  readonly hosts: readonly Member[];
  /** The app in this process, which meets none of the faults but the vault's: it prepares and judges. */
  readonly app: App;
  readonly azurite: Azurite;
  /** What happens to the requests of all hosts to a service from now on. */
  setFault(service: Service, fault: Fault | undefined): void;
  /** Azurite's data stay. */
  startAzurite(): Promise<void>;
  close(): Promise<void>;
}

export interface SiteOptions {
  readonly directory: string;
  readonly hosts: number;
  readonly accessTokenSeconds: number;
  /** From 0 to 1: decides which requests faults meet. */
  readonly fraction: () => number;
}

export async function openSite({ directory, hosts: count, accessTokenSeconds, fraction }: SiteOptions): Promise<Site> {
  const port = await freePort();
  const azuriteOptions = { directory: join(directory, 'azurite'), blobPort: port + 8, queuePort: port + 9 };
  let azurite = await startAzurite(azuriteOptions);
  // A process that stands still ends by nothing else.
  process.once('exit', () => azurite.process.kill('SIGKILL'));
  const journal = new Journal();
  const records = new JournaledRecords(journal);
  const appOrigin = `http://localhost:${port}`;
  const services = await startServices({ directory, appOrigin, accessTokenSeconds, azurite, providerRecords: records });
  const { environment, vault, provider } = services;
  Object.assign(process.env, services.identity.environment);

  const proxies: Record<Service, FaultProxy[]> = { blobs: [], queues: [], provider: [], vault: [] };
  const added = async (service: Service, ...options: Parameters<typeof startFaultProxy>): Promise<number> => {
    const proxy = await startFaultProxy(...options);
    proxies[service].push(proxy);
    return proxy.port;
  };
  // The key ring names its vault keys by address, so that all hosts must know the vault by the same.
  const rewrite = (body: string, own: number) => body.replaceAll(vault.url, `http://127.0.0.1:${own}`);
  const vaultPort = await added('vault', { service: vault.url, fraction, rewrite });
  const common = { ...environment, TOKENKEEP_VAULT_URL: `http://127.0.0.1:${vaultPort}` };

  async function addedHost(host: number): Promise<Member> {
    const life = (): Life => running.life;
    const [blobs, queues] = [new URL(azurite.blobUrl), new URL(azurite.queueUrl)];
    const blobPort = await added('blobs', {
      service: blobs.origin,
      fraction,
      observe: (passage) => journal.blobs(passage, life()),
    });
    const queuePort = await added('queues', {
      service: queues.origin,
      fraction,
      observe: (passage) => journal.queues(passage, life()),
    });
    const providerPort = await added('provider', {
      service: provider.issuer,
      fraction,
      observe: (passage) => journal.provider(passage, life()),
    });
    const moved = (text = '') =>
      text.replaceAll(blobs.host, `127.0.0.1:${blobPort}`).replaceAll(queues.host, `127.0.0.1:${queuePort}`);
    const running = member(host, port + host, directory, {
      ...common,
      AzureWebJobsStorage: moved(environment['AzureWebJobsStorage']),
      WEBSITE_AUTH_TOKEN_CONTAINER_SASURL: moved(environment['WEBSITE_AUTH_TOKEN_CONTAINER_SASURL']),
      TOKENKEEP_AUTH_FILE: authFile(join(directory, `auth-${host + 1}.json`), providerPort),
    });
    return running;
  }

  /** The settings of the services, with the provider by way of a proxy; its issuer stays the same. */
  function authFile(file: string, proxyPort: number): string {
    const auth = JSON.parse(readFileSync(environment['TOKENKEEP_AUTH_FILE'] ?? '', 'utf8'));
    const { registration } = auth.identityProviders.customOpenIdConnectProviders.demo;
    registration.openIdConnectConfiguration = {
      wellKnownOpenIdConfiguration: `http://localhost:${proxyPort}/.well-known/openid-configuration`,
      issuer: provider.issuer,
    };
    writeFileSync(file, JSON.stringify(auth));
    return file;
  }

  const hosts = await Promise.all(Array.from({ length: count }, (_, host) => addedHost(host)));
  const settings = loadSettings(common, directory, seconds(machine.clock));
  const log = createLog(machine.clock.now, (_level, line) =>
    writeFileSync(join(directory, 'checker.log'), `${line}\n`, { flag: 'a' }),
  );

  return {
    directory,
    services,
    records,
    journal,
    hosts,
    app: createApp(settings, machine, log),
    get azurite() {
      return azurite;
    },
    setFault(service, fault) {
      for (const proxy of proxies[service]) proxy.fault = fault;
    },
    async startAzurite() {
      azurite = await startAzurite(azuriteOptions);
    },
    async close() {
      await Promise.all(hosts.map((host) => host.close()));
      await Promise.all(Object.values(proxies).flatMap((some) => some.map((proxy) => proxy.close())));
      await services.close();
      await azurite.close();
    },
  };
}
