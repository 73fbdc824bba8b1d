import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCampaign } from './campaign.ts';
import { mutants } from './mutants.ts';
import { copyOfApp, mutate } from './mutate.ts';
import { runSchedule } from './schedule.ts';

describe('2,000 schedules', () => {
  it('break no invariant', { timeout: 120_000 }, async () => {
    const tally = await runCampaign(1, 2_000);
    expect(tally.violations).toEqual([]);
    expect(tally.schedules).toBe(2_000);
  });
});

describe('a seed', () => {
  it('determines every step', async () => {
    const traces: string[][] = [[], []];
    for (const trace of traces) await runSchedule(7, (line) => trace.push(line));
    expect(traces[0]?.length).toBeGreaterThan(50);
    expect(traces[1]).toEqual(traces[0]);
  });

  it('determines what happens, whatever runs beside it', async () => {
    const steps = (seed: number) => runSchedule(seed).then(({ counts }) => counts);
    const alone = await steps(7);
    const [beside] = await Promise.all([steps(7), steps(8), steps(9)]);
    expect(beside).toEqual(alone);
  });

  it('of a failure is named, with the last steps, and runs again exactly', { timeout: 60_000 }, async () => {
    const mutant = mutants.find(({ name }) => name === 'the marker after the session');
    const copy = await copyOfApp();
    try {
      if (mutant) await mutate(copy.directory, mutant);
      const main = join(copy.directory, 'test/simulation/main.ts');
      const run = (...options: string[]) =>
        spawnSync(process.execPath, [main, '--workers', '1', ...options], { encoding: 'utf8' });
      const failing = run('--schedules', '100').stdout;
      const [last = '', seed = ''] = /^seed (\d+): no-marker: .*$/m.exec(failing) ?? [];
      const replayed = run('--replay', seed);
      expect(replayed.status).toBe(1);
      expect(replayed.stdout.trimEnd().split('\n').at(-1)).toBe(last);
      const steps = failing.split('\n').filter((line) => /^\d\d:\d\d:/.test(line));
      expect(steps.length).toBeGreaterThan(5);
      expect(replayed.stdout).toContain(steps.at(-1));
    } finally {
      await copy.remove();
    }
  });
});
