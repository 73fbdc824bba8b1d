/**
 * Runs schedules: `node test/simulation/main.ts --schedules N --seed S`. Ends with 1 at the first violation, with its seed
 * and the last steps before it. `--replay SEED` runs one again and prints all of its steps; `--survey` goes on after
 * violations and lists them.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { addTally, noTally, type Tally } from './campaign.ts';
import { report } from './report.ts';
import { runSchedule } from './schedule.ts';

/** Schedules that a worker is given at a time. */
const batch = 500;
/** Steps that are shown of a violation. */
const shownSteps = 60;

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    replay: { type: 'string' },
    survey: { type: 'boolean', default: false },
  },
});

process.exitCode = values.replay === undefined ? await simulate() : await replay(Number(values.replay), Infinity);

async function replay(seed: number, shown: number): Promise<number> {
  const lines: string[] = [];
  const { violation } = await runSchedule(seed, (line) => lines.push(line));
  console.log([...lines.slice(0, 1), ...lines.slice(1).slice(-shown)].join('\n'));
  console.log(violation ? `seed ${seed}: ${violation.message}` : `seed ${seed}: no violation`);
  return violation ? 1 : 0;
}

async function simulate(): Promise<number> {
  const first = Number(values.seed);
  const count = Number(values.schedules);
  const began = performance.now();
  const tally = noTally();
  const isEnough = () => !values.survey && tally.violations.length > 0;
  let next = 0;

  async function work(): Promise<void> {
    const worker = new Worker(new URL('worker.ts', import.meta.url));
    while (next < count && !isEnough()) {
      const from = next;
      next += Math.min(batch, count - from);
      worker.postMessage({ first: first + from, count: next - from, isSurvey: values.survey });
      const [part] = (await once(worker, 'message')) as [Tally];
      addTally(tally, part);
    }
    await worker.terminate();
  }
  await Promise.all(Array.from({ length: Number(values.workers) }, work));
  const seconds = (performance.now() - began) / 1000;
  console.log(report(tally, first));
  console.log(`${Math.round(tally.schedules / seconds)} schedules a second`);
  const [worst] = tally.violations.toSorted((one, other) => one.seed - other.seed);
  if (!worst) return 0;
  if (!values.survey) await replay(worst.seed, shownSteps);
  return 1;
}
