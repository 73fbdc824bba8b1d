import type { Clock } from '../platform.ts';

/** Whom to serve first; among equals who came first. */
export type Priority = 'high' | 'low';

/** Places for so many at once. Whoever gets one gives it back by `release`. */
export interface Semaphore {
  /** Waits for a place, but no longer than `longestWait`. */
  acquire(priority: Priority): Promise<'acquired' | 'timed-out' | 'dismissed'>;
  release(): void;
  /** Sends away all who wait. */
  dismiss(): void;
}

/** `longestWait` is in milliseconds of the clock. A place goes from hand to hand: nobody who comes later gets in between. */
export function createSemaphore(places: number, longestWait: number, clock: Clock): Semaphore {
  type End = (outcome: 'acquired' | 'timed-out' | 'dismissed') => void;
  const waiting = { high: new Set<End>(), low: new Set<End>() };
  let free = places;

  return {
    acquire(priority) {
      if (free > 0) {
        free -= 1;
        return Promise.resolve('acquired');
      }
      return new Promise((resolve) => {
        const waited = new AbortController();
        const end: End = (outcome) => {
          waiting[priority].delete(end);
          waited.abort();
          resolve(outcome);
        };
        waiting[priority].add(end);
        clock.sleep(longestWait, waited.signal).then(
          () => end('timed-out'),
          () => undefined,
        );
      });
    },
    release() {
      const [next] = waiting.high.size > 0 ? waiting.high : waiting.low;
      if (next) next('acquired');
      else free += 1;
    },
    dismiss() {
      for (const end of [...waiting.high, ...waiting.low]) end('dismissed');
    },
  };
}
