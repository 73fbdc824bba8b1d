import { isTokenkeepError } from '../errors/tokenkeep-error.ts';
import type { Clock } from '../platform.ts';
import type { Container, ETag } from './container.ts';

/** Pauses before the second and the third try, in milliseconds. */
const pauses = [100, 400];
/** A call that has taken longer than this, in milliseconds, is not tried again: the service is not just hiccuping. */
const patience = 5_000;

/**
 * A container whose calls are tried again after a passing fault, such as a connection that was closed while it was
 * idle. A write may have taken effect although its answer was lost. It is known again by its content, since nobody
 * seals the same bytes twice: so a condition that seems to have failed because of our own first try counts as kept.
 */
export function retryingContainer(container: Container, clock: Clock): Container {
  /** Gives what the call gives, and whether a try before it failed without an answer. */
  async function tried<T>(call: () => Promise<T>): Promise<{ readonly result: T; readonly isRepeated: boolean }> {
    const from = clock.now();
    for (let at = 0; ; at++) {
      try {
        return { result: await call(), isRepeated: at > 0 };
      } catch (error) {
        const pause = pauses[at];
        const isPassing = isTokenkeepError(error, 'container_unreachable') && clock.now() - from < patience;
        if (pause === undefined || !isPassing) throw error;
        await clock.sleep(pause);
      }
    }
  }

  const again = async <T>(call: () => Promise<T>): Promise<T> => (await tried(call)).result;

  async function written(name: string, body: string, call: () => Promise<ETag | undefined>): Promise<ETag | undefined> {
    const { result, isRepeated } = await tried(call);
    if (result !== undefined || !isRepeated) return result;
    const now = await again(() => container.read(name));
    return now.status === 'found' && now.body === body ? now.etag : undefined;
  }

  return {
    get deletes() {
      return container.deletes;
    },
    read: (...call) => again(() => container.read(...call)),
    create: (name, body) => written(name, body, () => container.create(name, body)),
    replace: (name, body, condition) => written(name, body, () => container.replace(name, body, condition)),

    async remove(name, condition) {
      const { result, isRepeated } = await tried(() => container.remove(name, condition));
      return result || (isRepeated && (await again(() => container.read(name))).status === 'absent');
    },

    mark: (name) => again(() => container.mark(name)),
    unmark: (name) => again(() => container.unmark(name)),

    async *list(prefix) {
      const { names, first } = await again(async () => {
        const begun = container.list(prefix)[Symbol.asyncIterator]();
        return { names: begun, first: await begun.next() };
      });
      for (let at = first; !at.done; at = await names.next()) yield at.value;
    },

    acquireLease: (...call) => again(() => container.acquireLease(...call)),
    renewLease: (...call) => again(() => container.renewLease(...call)),
    releaseLease: (...call) => again(() => container.releaseLease(...call)),
    breakLease: (name) => again(() => container.breakLease(name)),
    probe: (name) => again(() => container.probe(name)),
  };
}
