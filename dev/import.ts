import { parseArgs } from 'node:util';
import { createApp } from '../shared/app.ts';
import { machine, seconds } from '../shared/platform.ts';
import { loadSettings } from '../shared/settings/load.ts';
import { createLog } from '../shared/telemetry/log.ts';
import { readLocalSettings } from './host/local-settings.ts';
import { createImport } from './import/import-file.ts';
import { storeKey } from './import/open-entry.ts';
import { createReport } from './import/report.ts';
import { readSids, sidsFrom } from './import/sids.ts';
import { type StoreFile, storeFiles } from './import/store-source.ts';

/** Files that are imported side by side. */
const atOnce = 8;

/**
 * `npm run import -- --from <directory | container SAS URL | setting> --key <setting> [--sids <file>]`: brings the users
 * in the token store of App Service's Easy Auth over, into the container that local.settings.json and the environment
 * name. Exit code: 0 for all files, 2 where some could not be imported, 1 where the command could not run.
 */
async function run(): Promise<void> {
  const root = process.cwd();
  const environment = await readLocalSettings(root, process.env);
  const { from, key: keyName, sids: sidsFile } = options();
  const key = storeKey(setting(environment, keyName));
  if (!key) throw new Error('The setting of --key is no key of 256 bits: 64 hex digits, or base64.');
  const sids = sidsFile === undefined ? sidsFrom({}) : await readSids(sidsFile);
  const files = storeFiles(environment[from] ?? from);

  const settings = loadSettings(environment, root, seconds(machine.clock));
  const app = createApp(
    settings,
    machine,
    createLog(machine.clock.now, () => undefined),
  );
  const importFile = createImport(app, await app.ring.newest(), key, sids);
  const report = createReport(console.log);
  await forEach(files, async (file) => report.add(file.name, await importFile(file)));
  console.log(report.summary());
  if (sids.unused > 0) console.log(`${sids.unused} of the sids in ${sidsFile} stand for no user of these files.`);
  process.exitCode = report.exitCode();
}

function options(): { from: string; key: string; sids: string | undefined } {
  const { from, key, sids } = parsedArguments();
  if (!from || !key) {
    throw new Error('npm run import -- --from <directory or container SAS URL> --key <setting name> [--sids <file>]');
  }
  return { from, key, sids };
}

/** What is written wrongly is not repeated: it may be a key or a SAS. */
function parsedArguments() {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ options: { from: text, key: text, sids: text } }).values;
  } catch {
    return {};
  }
}

/** The value of an app setting. A name that is none is not repeated: it may be the key itself. */
function setting(environment: NodeJS.ProcessEnv, name: string): string {
  const value = environment[name];
  if (value) return value;
  const isName = /^[A-Za-z]\w{0,63}$/.test(name) && !/^[\da-f]{16,}$/i.test(name);
  throw new Error(
    `${isName ? name : 'What --key names'} is set neither in the environment nor in local.settings.json.`,
  );
}

async function forEach(files: AsyncIterable<StoreFile>, handle: (file: StoreFile) => Promise<void>): Promise<void> {
  const queue = files[Symbol.asyncIterator]();
  let hasFailed = false;
  const worker = async () => {
    try {
      for (let next = await queue.next(); !next.done && !hasFailed; next = await queue.next()) await handle(next.value);
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : 'The import failed.');
  process.exitCode = 1;
});
