import { createApp } from '../shared/app.ts';
import { machine, seconds } from '../shared/platform.ts';
import { loadSettings } from '../shared/settings/load.ts';
import { createLog } from '../shared/telemetry/log.ts';
import { type SessionId, sessionIdOf } from '../shared/token-store/names.ts';
import { atOnce } from './at-once.ts';

// Reads so many sessions through the app's session store. Prints the bytes that memory has grown by after half of them
// and after all, the first `warmUp` left out.
const [sessions = 0, warmUp = 0] = process.argv.slice(2).map(Number);
const app = createApp(
  loadSettings(process.env, process.cwd(), seconds(machine.clock)),
  machine,
  createLog(machine.clock.now, () => {}),
);
const ids = Array.from({ length: sessions }, (_, number) => sessionIdOf(String(number)));

async function read(some: readonly SessionId[]): Promise<void> {
  await atOnce(16, some, async (id) => {
    if (!(await app.store.read(id))) throw new Error('There is no such session.');
  });
}

/** What is in use once nothing is left to be collected: objects, and buffers beside them. */
async function inUse(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await machine.clock.sleep(50);
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

await read(ids.slice(0, warmUp));
const before = await inUse();
await read(ids.slice(warmUp, sessions / 2));
const first = (await inUse()) - before;
await read(ids.slice(sessions / 2));
console.log(JSON.stringify({ first, all: (await inUse()) - before }));
process.exit(0);
