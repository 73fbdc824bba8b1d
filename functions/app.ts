import { createApp } from '../shared/app.ts';
import { machine, seconds } from '../shared/platform.ts';
import { loadSettings } from '../shared/settings/load.ts';
import { createLog } from '../shared/telemetry/log.ts';

/** The folder of host.json: where the Functions host starts its workers. */
const directory = process.env['AzureWebJobsScriptRoot'] ?? process.cwd();

const settings = loadSettings(process.env, directory, seconds(machine.clock));
const log = createLog(machine.clock.now, (level, line) => console[level](line));

/** The one app of this process. With wrong settings this module throws, and the host does not start. */
export const app = createApp(settings, machine, log);
/** Every route lies below this path, without the slash at the front. */
export const prefix = settings.apiPrefix.slice(1);
