import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../dev/ports.ts';
import { RecordStore } from '../dev/provider/record-store.ts';
import { type Services, startServices } from '../dev/services.ts';
import { type Host, startHost } from '../dev/stack.ts';
import { type App, createApp } from '../shared/app.ts';
import { machine, type Platform, seconds } from '../shared/platform.ts';
import { loadSettings } from '../shared/settings/load.ts';
import { createLog } from '../shared/telemetry/log.ts';

/** The services of the local stack, and the app over them: on function hosts, and once more in this process. */
export interface Site {
  readonly services: Services;
  /** The app settings of every host, and of the app in this process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where the hosts answer. */
  readonly origins: readonly string[];
  readonly app: App;
  /** What the demo provider remembers. */
  readonly records: RecordStore;
}

export interface SiteOptions {
  /** Function hosts, each in a process of its own. */
  readonly hosts: number;
  /** Gives the app another address of its container. */
  readonly reroute?: (sasUrl: string) => string;
  /** Of the app in this process. */
  readonly platform?: Platform;
}

/** Opens a site for one measurement and closes it afterwards. The bundle must have been built. */
export async function onSite<T>(options: SiteOptions, measure: (site: Site) => Promise<T>): Promise<T> {
  const { hosts: count, reroute = (url) => url, platform = machine } = options;
  const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-bench-'));
  const port = await freePort();
  const ports = Array.from({ length: count }, (_, host) => port + host);
  const records = new RecordStore();
  const services = await startServices({ directory, appOrigin: `http://localhost:${port}`, providerRecords: records });
  const hosts: Host[] = [];
  try {
    Object.assign(process.env, services.identity.environment);
    const sasUrl = reroute(services.environment['WEBSITE_AUTH_TOKEN_CONTAINER_SASURL'] ?? '');
    const environment = { ...services.environment, WEBSITE_AUTH_TOKEN_CONTAINER_SASURL: sasUrl };
    const silent = createLog(platform.clock.now, () => {});
    const app = createApp(loadSettings(environment, process.cwd(), seconds(platform.clock)), platform, silent);
    for (const one of ports)
      hosts.push(await startHost({ port: one, output: 'ignore' }, { ...environment, PORT: `${one}` }));
    const origins = ports.map((one) => `http://localhost:${one}`);
    return await measure({ services, environment, origins, app, records });
  } finally {
    await Promise.all(hosts.map((host) => host.close()));
    await services.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
