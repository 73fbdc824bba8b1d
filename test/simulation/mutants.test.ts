import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { type Mutant, mutants } from './mutants.ts';
import { copyOfApp, mutate } from './mutate.ts';

/** Schedules that a mutant gets at most: the one that is found last needs half of them. */
const schedules = 4_000;

/** Each is run in a process of its own, two at a time. */
const waiting = [...mutants];
const found = new Map(mutants.map((mutant) => [mutant, Promise.withResolvers<Run>()]));

interface Run {
  readonly exitCode: number;
  readonly output: string;
}

async function simulated(directory: string, ...options: string[]): Promise<Run> {
  const child = spawn(process.execPath, [join(directory, 'test/simulation/main.ts'), '--workers', '1', ...options]);
  const [output, errors, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { exitCode, output: output + errors };
}

async function simulatedMutant(mutant: Mutant): Promise<Run> {
  const copy = await copyOfApp();
  try {
    await mutate(copy.directory, mutant);
    return await simulated(copy.directory, '--schedules', String(schedules), '--seed', String(mutant.seed));
  } finally {
    await copy.remove();
  }
}

async function lane(): Promise<void> {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { resolve, reject } = found.get(next) ?? Promise.withResolvers<Run>();
    await simulatedMutant(next).then(resolve, reject);
  }
}

describe('the simulation finds', () => {
  void Promise.all([lane(), lane()]);

  it.for(mutants)('$name', { timeout: 180_000 }, async (mutant) => {
    const run = await found.get(mutant)?.promise;
    expect(run?.output).toMatch(new RegExp(`^seed \\d+: (${mutant.caughtBy.join('|')}): `, 'm'));
    expect(run?.exitCode).toBe(1);
  });
});

describe('a copy of the app', () => {
  it('is as good as the app itself where nothing is changed', { timeout: 60_000 }, async () => {
    const copy = await copyOfApp();
    const run = await simulated(copy.directory, '--schedules', '200').finally(copy.remove);
    expect(run).toMatchObject({ exitCode: 0, output: expect.stringContaining('Lost outside the window: 0.') });
  });

  it('is not changed where the text to change is not there', async () => {
    const copy = await copyOfApp();
    const edits = [{ file: 'shared/refresh/engine.ts', find: 'no such text', replace: '' }];
    const changed = mutate(copy.directory, { name: 'none', edits, caughtBy: ['no-marker'], seed: 1 });
    await expect(changed.finally(copy.remove)).rejects.toThrow('none: shared/refresh/engine.ts has its text 0 times');
  });
});
