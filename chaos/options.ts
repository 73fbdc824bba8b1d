import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface Options {
  /** How long faults happen. */
  readonly seconds: number;
  readonly sessions: number;
  readonly seed: number;
  readonly hosts: number;
}

/** Short enough for a check of every change. */
const short = { seconds: 120, sessions: 300 };
const long = { seconds: 600, sessions: 2_000 };

/** Reads the command line. Throws Error in one sentence where an option is unknown or no number in its range. */
export function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { ci: { type: 'boolean' }, seconds: text, sessions: text, seed: text, hosts: text },
  });
  const form = values.ci ? short : long;
  return {
    seconds: wholeNumber('seconds', values.seconds, form.seconds, 60, 24 * 3600),
    sessions: wholeNumber('sessions', values.sessions, form.sessions, 1, 100_000),
    seed: wholeNumber('seed', values.seed, randomInt(2 ** 32), 0, 2 ** 32 - 1),
    hosts: wholeNumber('hosts', values.hosts, 4, 1, 8),
  };
}

function wholeNumber(name: string, text: string | undefined, standard: number, least: number, most: number): number {
  const value = text === undefined ? standard : Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`--${name} must be a whole number from ${least} to ${most}, not "${text}".`);
}
