import type { Manners } from './model-provider.ts';
import { type Counts, type Outcome, runSchedule } from './schedule.ts';
import type { Invariant } from './violation.ts';

/** What many schedules came to. */
export interface Tally {
  schedules: number;
  /** By kind of provider. */
  readonly counts: Partial<Record<Manners['kind'], Counts>>;
  readonly violations: Found[];
}

export interface Found {
  readonly seed: number;
  readonly invariant: Invariant;
  readonly message: string;
}

/** Schedules that take turns: each waits for the event loop after each of its steps. */
const lanes = 16;

/** Runs the schedules of the seeds from `first` to `first + count - 1`, until `isEnough`. */
export async function runCampaign(
  first: number,
  count: number,
  isEnough: (tally: Tally) => boolean = () => false,
): Promise<Tally> {
  const tally = noTally();
  let next = first;

  async function lane(): Promise<void> {
    while (next < first + count && !isEnough(tally)) {
      const seed = next;
      next += 1;
      record(tally, await runSchedule(seed));
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane));
  return tally;
}

export function noTally(): Tally {
  return { schedules: 0, counts: {}, violations: [] };
}

function record(tally: Tally, { seed, provider, counts, violation }: Outcome): void {
  tally.schedules += 1;
  tally.counts[provider] = sum(tally.counts[provider], counts);
  if (violation) tally.violations.push({ seed, invariant: violation.invariant, message: violation.message });
}

/** Adds what a part of the schedules came to. */
export function addTally(all: Tally, part: Tally): void {
  all.schedules += part.schedules;
  all.violations.push(...part.violations);
  for (const [kind, counts] of Object.entries(part.counts) as [Manners['kind'], Counts][]) {
    all.counts[kind] = sum(all.counts[kind], counts);
  }
}

export function sum(one: Counts | undefined, other: Counts): Counts {
  const names = Object.keys(other) as (keyof Counts)[];
  return Object.fromEntries(names.map((name) => [name, (one?.[name] ?? 0) + other[name]])) as Record<
    keyof Counts,
    number
  >;
}
