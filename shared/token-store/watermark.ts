import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import type { Clock } from '../platform.ts';
import type { Container, ETag } from './container.ts';
import { type Minute, minuteOf, startOf } from './names.ts';

/** In milliseconds. */
export const hour = 3_600_000;
/** Sorts behind every minute, so that a listing up to now never meets it. */
const name = 'agenda/watermark';
/** How often a change is tried that others come before. */
const attempts = 20;

/** The watermark as a sweep found it: every marker of the hours before `hour` (milliseconds since 1970) is done. */
export interface Mark {
  readonly hour: number;
  readonly etag: ETag | undefined;
}

/**
 * The hour before which the agenda need not be listed, for a container that cannot delete and keeps what is left of
 * every cleared marker. It stays an hour or more behind the time, so that a marker filed for now is never before it.
 */
export interface Watermark {
  /** Where a sweep begins; without a watermark, or with one that cannot be, by the minute that `oldest` finds. */
  read(oldest: () => Promise<Minute>): Promise<Mark>;
  /** Moves on to `to`, unless it was moved since it was read. */
  raise(from: Mark, to: number): Promise<void>;
  /** Called after a marker was filed: takes the watermark back where it is, or may soon be, past that minute. */
  admit(minute: Minute): Promise<void>;
}

export function createWatermark(container: Container, clock: Clock): Watermark {
  return {
    async read(oldest) {
      const read = await container.read(name);
      if (read.status !== 'found') {
        const start = hourOf(await oldest());
        return { hour: start, etag: await container.create(name, minuteOf(start)) };
      }
      const stored = hourOf(read.body as Minute);
      if (stored <= clock.now()) return { hour: stored, etag: read.etag };
      const start = hourOf(await oldest());
      return { hour: start, etag: await container.replace(name, minuteOf(start), { etag: read.etag }) };
    },

    async raise({ hour: from, etag }, to) {
      if (etag && to > from) await container.replace(name, minuteOf(to), { etag });
    },

    async admit(minute) {
      if (startOf(minute) >= clock.now() - hour) return;
      for (let attempt = 0; attempt < attempts; attempt++) {
        const read = await container.read(name);
        const stored = read.status === 'found' ? hourOf(read.body as Minute) : Number.POSITIVE_INFINITY;
        // Written once even where it is low enough: a sweep that has seen that hour empty must not raise it any more.
        const isWritten = attempt > 0;
        if (Number.isNaN(stored) || (isWritten && stored <= hourOf(minute))) return;
        const body = minuteOf(Math.min(stored, hourOf(minute)));
        if (await (read.status === 'found' ? container.replace(name, body, read) : container.create(name, body)))
          return;
      }
      throw new TokenkeepError('container_unreachable', { detail: 'the watermark is being written again and again' });
    },
  };
}

/** The beginning of the hour that a minute lies in, in milliseconds since 1970; NaN for what is no minute. */
export function hourOf(minute: Minute): number {
  return Math.floor(startOf(minute) / hour) * hour;
}
