import { createApp } from '../shared/app.ts';
import { machine, seconds } from '../shared/platform.ts';
import { loadSettings } from '../shared/settings/load.ts';
import { createLog } from '../shared/telemetry/log.ts';
import { readLocalSettings } from './host/local-settings.ts';

/**
 * `npm run rotate`: starts a new key-ring epoch for the container and vault that local.settings.json and the environment
 * name, as whoever is signed in with the Azure CLI, or as the managed identity. Running processes take it up within an
 * hour; what was sealed before stays readable, and nobody is signed out.
 */
async function rotate(): Promise<void> {
  const root = process.cwd();
  const settings = loadSettings(await readLocalSettings(root, process.env), root, seconds(machine.clock));
  const app = createApp(
    settings,
    machine,
    createLog(machine.clock.now, () => undefined),
  );
  const { number } = await app.ring.rotate();
  console.log(`Epoch ${number} is the newest now.`);
}

rotate().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
