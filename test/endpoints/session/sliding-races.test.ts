import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { handle } from '../../../shared/endpoints/handle.ts';
import { me } from '../../../shared/endpoints/session/me.ts';
import { TokenkeepError } from '../../../shared/errors/tokenkeep-error.ts';
import { faultyEngine, onCommit } from '../../fixtures/engine.ts';
import { type LocalApp, localApp, origin, signedIn } from '../../fixtures/local-app.ts';
import { markersOf, sessionIdIn, storedEntry, storedSession } from '../../fixtures/stored.ts';

const hour = 3600;
let local: LocalApp;
beforeAll(async () => {
  local = await localApp({
    settings: ({ session, ...settings }) => ({
      ...settings,
      session: { ...session, convention: 'sliding', lifetime: 8 * hour, absoluteLifetime: 20 * hour },
    }),
    accessTokenSeconds: 24 * hour,
  });
});
afterEach(() => local.clock.reset());
afterAll(() => local.close());

/** A session in its second half, which a use would extend. */
async function aged() {
  const { cookie } = await signedIn(local);
  local.clock.advance(5 * hour);
  return { cookie, id: sessionIdIn(cookie) };
}

it('a use during a refresh does not extend the session, and the new tokens are stored', async () => {
  const { cookie, id } = await aged();
  const before = await storedEntry(local.app, id);
  const uses: Response[] = [];
  const { refresh } = faultyEngine(local.app, {
    before: onCommit(async () => {
      uses.push(await local.fetch('/.auth/me', { headers: { cookie } }));
    }),
  });
  expect((await refresh({ id, cause: 'request' })).status).toBe('refreshed');
  expect(uses.map(({ status }) => status)).toEqual([200]);
  expect(uses.flatMap(({ headers }) => headers.getSetCookie())).toEqual([]);
  const after = await storedEntry(local.app, id);
  expect(after.refreshToken?.reveal()).not.toBe(before.refreshToken?.reveal());
  expect((await local.app.refresh({ id, cause: 'read' })).status).toBe('settled');
});

it('a use after the refresh has lost its lease extends the session, and the new tokens are stored all the same', async () => {
  const { cookie, id } = await aged();
  const before = await storedEntry(local.app, id);
  const cookies: string[] = [];
  const { refresh } = faultyEngine(local.app, {
    before: onCommit(async () => {
      if (cookies.length > 0) return;
      await local.app.container.breakLease(`sessions/${id}`);
      cookies.push(...(await local.fetch('/.auth/me', { headers: { cookie } })).headers.getSetCookie());
    }),
  });
  expect((await refresh({ id, cause: 'request' })).status).toBe('refreshed');
  expect(cookies).toHaveLength(1);
  const after = await storedEntry(local.app, id);
  expect(after.refreshToken?.reveal()).not.toBe(before.refreshToken?.reveal());
  expect(after.history).toHaveLength(1);
  const { visitAt } = await storedSession(local.app, id);
  expect(await markersOf(local.app, id)).toContain(visitAt);
});

it('a use while the container takes no writes is answered with what is stored', async () => {
  const { cookie } = await aged();
  const update = async () => {
    throw new TokenkeepError('container_unreachable');
  };
  const app = { ...local.app, store: { ...local.app.store, update } };
  const response = await handle(me, new Request(`${origin}/.auth/me`, { headers: { cookie } }), app);
  expect(response.status).toBe(200);
  expect(response.headers.getSetCookie()).toEqual([]);
});
