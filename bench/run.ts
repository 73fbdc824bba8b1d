import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../dev/build.ts';
import { freePort } from '../dev/ports.ts';
import { startStack } from '../dev/stack.ts';
import { type Figure, isMet } from './figure.ts';
import { measureLoadTime } from './load-time.ts';
import { measureMe } from './me.ts';

/** `npm run bench`: measures on the local stack, prints a table and keeps JSON lines. It asserts nothing. */
async function bench(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-bench-'));
  await bundle();
  const stack = await startStack({ directory, port: await freePort(), output: 'ignore' });
  try {
    const requests = await measureMe(stack).finally(() => stack.close());
    // The settings are those of the stack, which has gone: what loads contacts nobody, and should not share the machine.
    report([...requests, ...(await measureLoadTime(stack.services.environment))]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function report(figures: readonly Figure[]): void {
  for (const figure of figures) {
    const met = isMet(figure);
    const mark = met === undefined ? ' ' : met ? '✓' : '✗';
    const value = figure.value.toFixed(figure.value < 100 ? 2 : 0);
    const aim = figure.aim === undefined ? '' : `aim ${figure.aim}`;
    console.log(`  ${mark} ${figure.name.padEnd(34)}${value.padStart(9)} ${figure.unit.padEnd(12)}${aim}`);
  }
  const results = fileURLToPath(new URL('./results/', import.meta.url));
  mkdirSync(results, { recursive: true });
  const lines = figures.map((figure) => JSON.stringify({ aim: null, ...figure, met: isMet(figure) ?? null }));
  writeFileSync(join(results, 'latest.jsonl'), `${lines.join('\n')}\n`);
}

await bench();
