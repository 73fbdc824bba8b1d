import { type Found, sum, type Tally } from './campaign.ts';
import type { Counts } from './schedule.ts';

const none: Counts = {
  steps: 0,
  sessions: 0,
  refreshes: 0,
  crashes: 0,
  interventions: 0,
  faults: 0,
  lost: 0,
  signedOut: 0,
};
const kinds = ['single-use', 'grace', 'reusable'] as const;

/** What many schedules came to, as lines of text with a Markdown table. */
export function report({ schedules, counts, violations }: Tally, firstSeed: number): string {
  const byKind = kinds.map((kind) => [kind, counts[kind] ?? none] as const);
  const all = byKind.reduce((so, [, one]) => sum(so, one), none);
  const outside = violations.filter(({ invariant }) =>
    ['tokens-lost', 'spent-twice', 'overwritten'].includes(invariant),
  );
  const rows = byKind.map(
    ([kind, { sessions, refreshes, lost, signedOut }]) =>
      `| ${kind} | ${number(sessions)} | ${number(refreshes)} | ${number(lost)} | ${number(signedOut)} |`,
  );
  return [
    `${number(schedules)} schedules from seed ${firstSeed}: ${number(all.steps)} steps, ${number(all.crashes)} crashes, ${number(all.faults)} faults.`,
    '',
    '| Refresh tokens | Sign-ins | Refreshes | Of these sign-ins, tokens lost in the window | To be made again |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    `Lost outside the window: ${number(outside.length)}.`,
    ...Object.entries(Object.groupBy(violations, ({ invariant }) => invariant)).map(
      ([invariant, found]) => `${invariant}: ${found.length}, as by the seeds ${seeds(found)}`,
    ),
  ].join('\n');
}

function seeds(found: readonly Found[]): string {
  const all = found.map(({ seed }) => seed).toSorted((one, other) => one - other);
  return all.slice(0, 10).join(' ');
}

function number(count: number): string {
  return count.toLocaleString('en-US');
}
