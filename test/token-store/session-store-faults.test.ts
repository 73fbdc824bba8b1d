import { afterAll, expect, it } from 'vitest';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { blobName } from '../../shared/token-store/names.ts';
import type { Session } from '../../shared/token-store/session.ts';
import type { SessionStore } from '../../shared/token-store/session-store.ts';
import { faultyContainer, type Interference } from '../fixtures/faulty-container.ts';
import { gathered, localStore } from './local-store.ts';
import { aSession, inMinutes } from './sessions.ts';

const withDelete = await localStore('rwdl');
const withoutDelete = await localStore('rwl');
afterAll(() => Promise.all([withDelete.close(), withoutDelete.close()]));

type Local = typeof withDelete;

/** What a store is asked to do with a session that is there already, except for `create`. */
const actions: Record<string, (store: SessionStore, session: Session, now: number) => Promise<unknown>> = {
  create: (store, session) => store.create(session),
  async update(store, session, now) {
    const stored = await store.read(session.id);
    if (stored) await store.update({ ...session, visitAt: inMinutes(now, 120) }, stored.session, stored);
  },
  end: (store, session) => store.end(session),
};

/** Fails the `step`th operation, before or after it takes effect. */
function failingAt(step: number, when: keyof Interference): { interference: Interference; hasFailed: () => boolean } {
  let count = 0;
  let failed = false;
  const strike = () => {
    count += 1;
    if (count !== step) return;
    failed = true;
    throw new TokenkeepError('container_unreachable');
  };
  return { interference: { [when]: strike }, hasFailed: () => failed };
}

/** What is left of a session; where there is one, it must have its marker. */
async function checked(local: Local, { id, user }: Session, at: string) {
  const stored = await local.store().read(id);
  const markers = (await gathered(local.container.list('agenda/'))).filter((name) => name.endsWith(id));
  if (stored) expect(markers, at).toContain(blobName.marker({ minute: stored.session.visitAt, id }));
  const ofUser = await gathered(local.container.list(`users/${user}/`));
  return { isThere: stored !== undefined, markers: markers.length + ofUser.length };
}

const cases = ([withDelete, withoutDelete] as const).flatMap((local) =>
  Object.entries(actions).flatMap(([name, act]) =>
    (['before', 'after'] as const).map((when) => ({
      access: local === withDelete ? 'may delete' : 'may not delete',
      local,
      name,
      act,
      when,
    })),
  ),
);

it.each(cases)(
  'no session is without its marker where $name fails $when any of its steps, and the access $access',
  async ({ local, name, act, when }) => {
    const now = local.clock.now();
    for (let step = 1; step < 20; step++) {
      const session = aSession(now);
      if (name !== 'create') await local.store().create(session);
      const { interference, hasFailed } = failingAt(step, when);
      const faulty = local.store(faultyContainer(local.container, interference), local.ring());
      const outcome = await act(faulty, session, now).then(
        () => 'done',
        (error: TokenkeepError) => error.code,
      );
      if (!hasFailed()) {
        expect(outcome).toBe('done');
        expect(step).toBeGreaterThan(3);
        return;
      }
      await checked(local, session, `step ${step}`);

      // Whoever tries again comes to the end that was wanted.
      if (name === 'create') continue;
      await act(local.store(), session, now);
      const { isThere, markers } = await checked(local, session, `again after step ${step}`);
      expect(isThere).toBe(name === 'update');
      if (name === 'end') expect(markers).toBe(0);
    }
    throw new Error('the action takes more steps than this test knows');
  },
);
