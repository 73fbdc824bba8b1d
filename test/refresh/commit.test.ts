import { expect, it } from 'vitest';
import { recoverOne } from '../../shared/endpoints/visits.ts';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { faultyEngine, onCommit } from '../fixtures/engine.ts';
import { id, local } from '../fixtures/signed-in-session.ts';
import { markersOf, storedEntry, storedSession } from '../fixtures/stored.ts';

const away = () => new TokenkeepError('container_unreachable');

it('retries a write that the container did not take', async () => {
  let faults = 3;
  const { refresh } = faultyEngine(local.app, {
    before: onCommit(() => {
      if (faults-- > 0) throw away();
    }),
  });
  const before = local.services.provider.counters.refreshGrants;
  expect((await refresh({ id, cause: 'request' })).status).toBe('refreshed');
  expect(local.services.provider.counters.refreshGrants - before).toBe(1);
  expect((await storedEntry(local.app, id)).history).toHaveLength(1);
});

it('knows its own write again when only the answer was lost', async () => {
  let faults = 1;
  const { refresh } = faultyEngine(local.app, {
    after: onCommit(() => {
      if (faults-- > 0) throw away();
    }),
  });
  expect((await refresh({ id, cause: 'request' })).status).toBe('refreshed');
  expect((await storedEntry(local.app, id)).history).toHaveLength(1);
  expect((await local.another().refresh({ id, cause: 'read' })).status).toBe('settled');
});

it('writes although its lease was broken, because the content is still the one it read', async () => {
  let broken = false;
  const { refresh } = faultyEngine(local.app, {
    before: onCommit(async () => {
      if (broken) return;
      broken = true;
      await local.app.container.breakLease(`sessions/${id}`);
    }),
  });
  expect((await refresh({ id, cause: 'request' })).status).toBe('refreshed');
  expect((await storedEntry(local.app, id)).history).toHaveLength(1);
});

it('amends a document that somebody else has changed meanwhile', async () => {
  let changed = false;
  const { refresh } = faultyEngine(local.app, {
    before: onCommit(async () => {
      if (changed) return;
      changed = true;
      const stored = await local.app.store.read(id);
      if (!stored) throw new Error('no session');
      await local.app.container.breakLease(`sessions/${id}`);
      const longer = { ...stored.session, expiresAt: stored.session.expiresAt + 7 };
      await local.app.store.update(longer, stored.session, { etag: stored.etag });
    }),
  });
  const { expiresAt } = await storedSession(local.app, id);
  expect((await refresh({ id, cause: 'sweep' })).status).toBe('settled');
  local.clock.advance(3000);
  expect((await refresh({ id, cause: 'sweep' })).status).toBe('refreshed');
  expect((await storedSession(local.app, id)).expiresAt).toBe(expiresAt + 7);
  expect((await storedEntry(local.app, id)).history).toHaveLength(1);
});

it('lets a sign-out win: the session stays gone and the new tokens are revoked', async () => {
  const { counters } = local.services.provider;
  const session = await storedSession(local.app, id);
  let ended = false;
  const { refresh } = faultyEngine(local.app, {
    before: onCommit(async () => {
      if (ended) return;
      ended = true;
      await local.app.store.end(session);
    }),
  });
  const revoked = counters.revocations;
  expect(await refresh({ id, cause: 'request' })).toEqual({ status: 'ended' });
  expect(await local.app.store.read(id)).toBeUndefined();
  expect(counters.revocations - revoked).toBe(1);
});

it('sends the sealed session to the recovery queue when the container stays away, and recovers it', async () => {
  let isAway = true;
  const { refresh, rescued } = faultyEngine(local.app, {
    before: onCommit(() => {
      if (isAway) throw away();
    }),
  });
  const before = await storedEntry(local.app, id);
  expect(await refresh({ id, cause: 'request' })).toMatchObject({ status: 'unavailable' });
  expect(rescued).toHaveLength(1);
  expect(JSON.stringify(rescued)).not.toContain(before.refreshToken?.reveal());

  isAway = false;
  await recoverOne(rescued[0], local.app);
  const after = await storedEntry(local.app, id);
  expect(after.history).toHaveLength(1);
  expect(after.refreshToken?.reveal()).not.toBe(before.refreshToken?.reveal());
  local.clock.advance(31);
  expect((await local.app.refresh({ id, cause: 'request' })).status).toBe('refreshed');
});

it('recovers tokens even after a visit in between has failed with the spent one', async () => {
  let isAway = true;
  const { refresh, rescued } = faultyEngine(local.app, {
    before: onCommit(() => {
      if (isAway) throw away();
    }),
  });
  await refresh({ id, cause: 'request' });
  isAway = false;
  local.services.provider.control.fail('token', { status: 400, body: { error: 'invalid_grant' }, times: 1 });
  local.clock.advance(60);
  const another = faultyEngine(local.app, {});
  expect((await another.refresh({ id, cause: 'request' })).status).toBe('refused');

  await recoverOne(rescued[0], local.app);
  expect((await storedEntry(local.app, id)).dead).toBeUndefined();
  expect(await markersOf(local.app, id)).toContain((await storedSession(local.app, id)).visitAt);
});

it('drops rescued tokens where newer ones are stored, or the session has ended', async () => {
  const { refresh, rescued } = faultyEngine(local.app, {
    before: onCommit(() => {
      throw away();
    }),
  });
  await refresh({ id, cause: 'request' });
  const session = await storedSession(local.app, id);
  await local.app.store.end(session);
  await recoverOne(rescued[0], local.app);
  expect(await local.app.store.read(id)).toBeUndefined();
  expect(local.logged.at(-1)).toMatchObject({ event: 'refresh_discarded', session: id });
});

it('refuses a message that is not a rescued session', async () => {
  await expect(recoverOne({ id: '../x' }, local.app)).rejects.toMatchObject({
    code: 'request_malformed',
  });
});
