import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import type { Session } from '../../shared/token-store/session.ts';
import type { SessionStore } from '../../shared/token-store/session-store.ts';
import { sharedReads } from '../../shared/token-store/shared-reads.ts';
import { faultyContainer } from '../fixtures/faulty-container.ts';
import { localApp, signedIn } from '../fixtures/local-app.ts';
import { localStore } from './local-store.ts';
import { aSession } from './sessions.ts';
import { startStorageProxy } from './storage-proxy.ts';

const local = await localStore();
const ring = local.ring();
afterAll(() => local.close());

/** Reads of sessions that the container has answered, and whose answers are still on the way. */
let answered: PromiseWithResolvers<void>[];
/** Ends the time for which one waits for the read before. */
let losePatience: () => void;
let store: SessionStore;
let session: Session;
beforeEach(async () => {
  const patience = Promise.withResolvers<void>();
  losePatience = patience.resolve;
  answered = [];
  const container = faultyContainer(local.container, {
    after(operation, name) {
      if (operation !== 'read' || !name.startsWith('sessions/')) return;
      const answer = Promise.withResolvers<void>();
      answered.push(answer);
      return answer.promise;
    },
  });
  store = sharedReads(local.store(container, ring), { now: local.clock.now, sleep: () => patience.promise });
  session = aSession(local.clock.now());
  await local.store().create(session);
});

/** Waits until the container has answered this many reads. Gives the last answer, for the test to let through. */
async function answer(count: number): Promise<PromiseWithResolvers<void>> {
  await vi.waitFor(() => expect(answered).toHaveLength(count));
  return answered[count - 1] as PromiseWithResolvers<void>;
}

it('does not show a session to who asks after its end was confirmed, while an older answer is on the way', async () => {
  const before = store.read(session.id);
  const older = await answer(1);
  await local.store().end(session);
  const after = store.read(session.id);
  older.resolve();
  expect(await before).toMatchObject({ session: { id: session.id } });
  (await answer(2)).resolve();
  expect(await after).toBeUndefined();
});

it('reads once for all who ask while a read is on the way', async () => {
  const first = store.read(session.id);
  const others = Array.from({ length: 9 }, () => store.read(session.id));
  (await answer(1)).resolve();
  await first;
  others.push(store.read(session.id));
  (await answer(2)).resolve();
  await Promise.all(others.slice(0, 9));
  (await answer(3)).resolve();
  for (const read of await Promise.all(others)) expect(read).toMatchObject({ session: { id: session.id } });
  expect(answered).toHaveLength(3);
});

it('lets nobody wait for a read that hangs', async () => {
  const hanging = store.read(session.id);
  await answer(1);
  const next = store.read(session.id);
  losePatience();
  (await answer(2)).resolve();
  expect(await next).toMatchObject({ session: { id: session.id } });
  answered[0]?.resolve();
  expect(await hanging).toMatchObject({ session: { id: session.id } });
});

it('lets nobody wait for a read of another session', async () => {
  const other = aSession(local.clock.now());
  await local.store().create(other);
  const reads = [store.read(session.id), store.read(other.id)];
  await answer(2);
  for (const each of answered) each.resolve();
  expect((await Promise.all(reads)).map((read) => read?.session.id)).toEqual([session.id, other.id]);
});

it('tells a failure to those who asked during the read before, and reads anew for the next', async () => {
  const first = store.read(session.id);
  const others = [store.read(session.id), store.read(session.id)].map((read) =>
    expect(read).rejects.toMatchObject({ code: 'container_unreachable' }),
  );
  (await answer(1)).resolve();
  expect(await first).toMatchObject({ session: { id: session.id } });
  (await answer(2)).reject(new TokenkeepError('container_unreachable'));
  await Promise.all(others);
  const next = store.read(session.id);
  (await answer(3)).resolve();
  expect(await next).toMatchObject({ session: { id: session.id } });
});

it('is how the app reads: ten at once cost the container two reads', async () => {
  const [proxy, whole] = [await startStorageProxy(), await localApp()];
  try {
    const { cookie } = await signedIn(whole);
    const url = whole.services.environment['WEBSITE_AUTH_TOKEN_CONTAINER_SASURL'] ?? '';
    const app = whole.another({ WEBSITE_AUTH_TOKEN_CONTAINER_SASURL: proxy.through(url) });
    const request = () => new Request('http://localhost:7071/.auth/me', { headers: { cookie } });
    const { session: own } = await app.authenticate(request());
    proxy.requests.length = 0;
    await Promise.all(Array.from({ length: 10 }, () => app.store.read(own.id)));
    expect(proxy.requests.map(({ status }) => status)).toEqual([304, 304]);
  } finally {
    await whole.close();
    await proxy.close();
  }
});
