import type { App } from '../shared/app.ts';
import { machine, seconds } from '../shared/platform.ts';
import { loadSettings } from '../shared/settings/load.ts';
import { reportNotices } from '../shared/settings/notices.ts';
import { createLog } from '../shared/telemetry/log.ts';

/** The folder of host.json: where the Functions host starts its workers. */
const directory = process.env['AzureWebJobsScriptRoot'] ?? process.cwd();

const settings = loadSettings(process.env, directory, seconds(machine.clock));

/** Every route lies below this path, without the slash at the front. */
export const prefix = settings.apiPrefix.slice(1);

/** The app behind the gateway, where there is one. */
export const { upstream } = settings;

/** The handlers, and the one app of this process. */
export type Running = typeof import('./behind.ts') & { readonly app: App };

let running: Promise<Running> | undefined;

/**
 * Settings are read while the functions register, so that wrong ones stop the start. The rest takes some times as long
 * to load: it comes right behind, while the host goes on, or with the first call.
 */
export function behind(): Promise<Running> {
  running ??= import('./behind.ts').then((code) => {
    const log = createLog(machine.clock.now, (level, line) => console[level](line));
    reportNotices(settings, log);
    return { ...code, app: code.createApp(settings, machine, log) };
  });
  return running;
}

setImmediate(behind);
