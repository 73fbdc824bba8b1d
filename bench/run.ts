import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle } from '../dev/build.ts';
import { freePort } from '../dev/ports.ts';
import { type Stack, startStack } from '../dev/stack.ts';
import { measureCallers } from './callers.ts';
import { type Figure, isMet, shown } from './figure.ts';
import { measureGateway } from './gateway.ts';
import { measureHotMe } from './hot-me.ts';
import { measureLoadTime } from './load-time.ts';
import { measureMe } from './me.ts';
import { measureMemory } from './memory.ts';
import { measureOperations } from './operations.ts';
import { performancePage, type Result } from './performance-page.ts';
import { measureRefreshes } from './refreshes.ts';
import { onSite } from './site.ts';
import { measureSweep } from './sweep.ts';
import { measureVerify } from './verify.ts';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Every measurement, by the name that `--only` takes. */
const measurements: Readonly<Record<string, () => Promise<Figure[]>>> = {
  me: () => onStack(measureMe),
  'hot-me': () => onStack(measureHotMe),
  verify: () => onStack(measureVerify),
  gateway: measureGateway,
  refreshes: measureRefreshes,
  callers: measureCallers,
  sweep: measureSweep,
  operations: measureOperations,
  memory: measureMemory,
  // What loads contacts nobody; the site is there for its settings.
  'load-time': () => onSite({ hosts: 0 }, ({ environment }) => measureLoadTime(environment)),
};

/**
 * `npm run bench [-- --only <name> | --page]`: measures on the local stack and prints the figures. A whole run also keeps
 * them as JSON lines and writes docs/reference/performance.md, which `--page` does from what was kept last. It asserts
 * nothing.
 */
async function bench(): Promise<void> {
  const { only, page } = parseArgs({ options: { only: { type: 'string' }, page: { type: 'boolean' } } }).values;
  if (page) return writePage();
  if (!process.send) await bundle();
  if (only !== undefined) return measure(only);
  const figures: Figure[] = [];
  for (const name of Object.keys(measurements)) figures.push(...(await measuredApart(name)));
  keep(figures);
}

async function measure(name: string): Promise<void> {
  const measurement = measurements[name];
  if (!measurement) throw new Error(`--only takes one of: ${Object.keys(measurements).join(', ')}`);
  const figures = await measurement();
  for (const figure of figures) print(figure);
  process.send?.(figures);
  process.disconnect?.();
}

/** In a process of its own, so that no measurement finds what another has left in memory. */
async function measuredApart(name: string): Promise<readonly Figure[]> {
  const child = fork(fileURLToPath(import.meta.url), ['--only', name]);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`No figures of ${name}.`)));
  const [figures] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => {});
  return figures as Figure[];
}

async function onStack(measure: (stack: Stack) => Promise<Figure[]>): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-bench-'));
  const stack = await startStack({ directory, port: await freePort(), output: 'ignore' });
  try {
    return await measure(stack);
  } finally {
    await stack.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function print(figure: Figure): void {
  const met = isMet(figure);
  const mark = met === undefined ? ' ' : met ? '✓' : '✗';
  const aim = figure.aim === undefined ? '' : `aim ${figure.aim}`;
  console.log(`  ${mark} ${figure.name.padEnd(60)}${shown(figure.value).padStart(9)} ${figure.unit.padEnd(12)}${aim}`);
}

function keep(figures: readonly Figure[]): void {
  const run = {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    cores: availableParallelism(),
  };
  const results: Result[] = figures.map((figure) => ({ aim: null, ...figure, met: isMet(figure) ?? null, ...run }));
  mkdirSync(path('./results/'), { recursive: true });
  writeFileSync(path('./results/latest.jsonl'), results.map((result) => `${JSON.stringify(result)}\n`).join(''));
  writePage();
}

function writePage(): void {
  const lines = readFileSync(path('./results/latest.jsonl'), 'utf8').trim().split('\n');
  const results: Result[] = lines.map((line) => JSON.parse(line));
  writeFileSync(path('../docs/reference/performance.md'), performancePage(results));
}

await bench();
