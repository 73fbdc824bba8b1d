import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compared, type Figure } from './figure.ts';
import { buildHelloWorld } from './hello-world-app.ts';

const rounds = 15;
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** How long a fresh process takes to load the bundle, against a hello-world function that is built the same way. */
export async function measureLoadTime(environment: Readonly<Record<string, string>>): Promise<Figure[]> {
  // Beside the bundle, so that both are found as modules of the same package.
  const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-bench-'));
  try {
    const helloWorld = await buildHelloWorld(directory);
    const load = async (file: string) => {
      const { stdout } = await promisify(execFile)(process.execPath, [path('./load-child.ts'), file], {
        env: { ...process.env, ...environment },
        timeout: 30_000,
      });
      return Number(stdout);
    };
    const bundle = path('../dist/functions.js');
    const result = await compared(
      () => load(bundle),
      () => load(helloWorld),
      rounds,
    );
    return [
      { name: 'bundle load', value: result.one, unit: 'ms' },
      { name: 'hello-world load', value: result.other, unit: 'ms' },
      { name: 'bundle load / hello-world load', value: result.ratio, unit: 'ratio', aim: '≤ 2' },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
