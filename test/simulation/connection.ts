import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import type { Container } from '../../shared/token-store/container.ts';
import type { ModelContainer } from './model-container.ts';
import type { Call } from './process.ts';

/** How a call reaches the container. */
type Way = <T>(call: Call<T>) => Promise<T>;

/** The model container as a process sees it; a listing comes in pages of `pageSize` names. */
export function connect(model: ModelContainer, call: Way, pageSize: number): Container {
  const operate = <T>(operation: string, name: string, effect: () => T): Promise<T> =>
    call({
      service: 'container',
      label: () => `${operation} ${name.replace(/[0-9a-f]{56}/, '…')}`,
      effect,
      failed(failure) {
        throw new TokenkeepError(failure === 'refused' ? 'container_access_refused' : 'container_unreachable');
      },
    });

  return {
    deletes: model.deletes,
    read: (name, tag) => operate('read', name, () => model.read(name, tag)),
    create: (name, body) => operate('create', name, () => model.create(name, body)),
    replace: (name, body, condition) => operate('replace', name, () => model.replace(name, body, condition)),
    remove: (name, condition) => operate('remove', name, () => model.remove(name, condition)),
    mark: (name) => operate('mark', name, () => model.mark(name)),
    unmark: (name) => operate('unmark', name, () => model.unmark(name)),
    async *list(prefix) {
      let from: string | undefined;
      do {
        const page = await operate('list', prefix, () => model.page(prefix, from, pageSize));
        yield* page.names;
        from = page.next;
      } while (from !== undefined);
    },
    acquireLease: (name, id, seconds) => operate('lease', name, () => model.acquireLease(name, id, seconds)),
    renewLease: (name, id) => operate('renew', name, () => model.renewLease(name, id)),
    releaseLease: (name, id) => operate('release', name, () => model.releaseLease(name, id)),
    breakLease: (name) => operate('break', name, () => model.breakLease(name)),
    probe: () => Promise.resolve(),
  };
}
