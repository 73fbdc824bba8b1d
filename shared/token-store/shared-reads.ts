import type { Clock } from '../platform.ts';
import type { SessionId } from './names.ts';
import type { SessionStore, StoredSession } from './session-store.ts';

/** How long a request waits for the read before its own, in milliseconds: one that hangs holds nobody else up. */
const longestWait = 100;

/**
 * A store where requests that want one session at the same time share a read of it, so that a page which asks ten times
 * at once costs the container two reads.
 *
 * A request never joins a read that has begun: the container may have answered that one before a sign-out which was
 * confirmed before the request came. It joins the read that begins once that one has ended. So every answer is taken
 * from the container between the question and the answer, as if each request had read for itself (linearizability:
 * Herlihy and Wing 1990, https://doi.org/10.1145/78969.78972).
 */
export function sharedReads(store: SessionStore, clock: Clock): SessionStore {
  const readings = new Map<SessionId, Reading>();

  async function begin(id: SessionId): Promise<StoredSession | undefined> {
    const reading: Reading = {};
    readings.set(id, reading);
    try {
      return await store.read(id);
    } finally {
      if (readings.get(id) === reading) readings.delete(id);
      goOn(id, reading);
    }
  }

  /** Begins the read of those who came during this one. */
  function goOn(id: SessionId, reading: Reading): void {
    const { waiting } = reading;
    delete reading.waiting;
    waiting?.resolve(begin(id));
  }

  return {
    ...store,
    read(id) {
      const reading = readings.get(id);
      if (!reading) return begin(id);
      if (!reading.waiting) {
        reading.waiting = Promise.withResolvers();
        void clock.sleep(longestWait).then(() => goOn(id, reading));
      }
      return reading.waiting.promise;
    },
  };
}

/** A read that has begun, and those who wait for the next. */
interface Reading {
  waiting?: PromiseWithResolvers<StoredSession | undefined>;
}
