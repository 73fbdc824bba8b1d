import type { Logged } from './host-log.ts';
import type { Judged } from './judgement.ts';
import type { Answered } from './load.ts';
import type { Recoveries, Recovery } from './recoveries.ts';
import { brokenPromises } from './verdict.ts';

/** What the load was answered, counted. */
export class Tally {
  readonly counts = new Map<string, number>();
  /** Answers 401 to clients that had not asked to be signed out. */
  readonly turnedAway: Answered[] = [];

  add(answered: Answered): void {
    const { route, status, code = '', wasLeaving } = answered;
    const name = `${route.padEnd(8)}${status === 0 ? '' : `${status} `}${code}`.trimEnd();
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    if (status === 401 && !wasLeaving) this.turnedAway.push(answered);
  }
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

export function printTally({ counts }: Tally): void {
  console.log('\nAnswers to clients');
  for (const [name, count] of [...counts].toSorted()) console.log(`  ${String(count).padStart(7)}  ${name}`);
}

/** By kind of trouble: how many, and the middle and longest time until an answer, and until nothing was overdue. */
export function printRecoveries(recoveries: Recoveries): void {
  console.log(
    '\nAfter a trouble              times   first answer: middle, longest   no visit overdue: middle, longest',
  );
  for (const [kind, all] of recoveries.byTrouble()) {
    const column = (time: (recovery: Recovery) => number | undefined) => spread(all.map(time)).padStart(26);
    const answer = column(({ firstAnswer }) => firstAnswer);
    console.log(
      `  ${kind.padEnd(26)}${String(all.length).padStart(6)} ${answer}     ${column(({ caughtUp }) => caughtUp)}`,
    );
  }
}

function spread(times: readonly (number | undefined)[]): string {
  const sorted = times.filter((time) => time !== undefined).toSorted((one, other) => one - other);
  const [middle, longest] = [sorted[sorted.length >> 1], sorted.at(-1)];
  if (middle === undefined || longest === undefined) return 'not before the end';
  return `${seconds(middle)}, ${seconds(longest)}`;
}

export function printEvents(logged: readonly Logged[]): void {
  console.log('\nEvents logged by the hosts');
  for (const [event, { length }] of [...Map.groupBy(logged, (one) => one.event)].toSorted()) {
    console.log(`  ${String(length).padStart(7)}  ${event}`);
  }
}

/** What became of the sessions. */
export function printFates(judged: readonly Judged[]): void {
  console.log('\nSessions');
  for (const [fate, { length }] of [...Map.groupBy(judged, (one) => one.fate)].toSorted()) {
    console.log(`  ${String(length).padStart(7)}  ${fate}${brokenPromises.includes(fate) ? '  <- must not be' : ''}`);
  }
}
