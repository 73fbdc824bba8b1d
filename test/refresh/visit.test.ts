import { expect, it } from 'vitest';
import { sweepDue, visitAll } from '../../shared/endpoints/visits.ts';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import type { LeaseId } from '../../shared/token-store/container.ts';
import { minuteOf, type SessionId, startOf } from '../../shared/token-store/names.ts';
import type { StoredSession } from '../../shared/token-store/session-store.ts';
import { signedIn } from '../fixtures/local-app.ts';
import { id, local } from '../fixtures/signed-in-session.ts';
import { markersOf, sessionIdIn, storedEntry, storedSession } from '../fixtures/stored.ts';

/** Moves the time to the minute of the session's marker, as the timer would meet it. */
async function advanceToMarker(): Promise<void> {
  const { visitAt } = await storedSession(local.app, id);
  local.clock.advance((startOf(visitAt) - local.clock.now()) / 1000 + 1);
}

/** One run of the timer: the markers of this session that it hands out. */
async function swept(): Promise<string[]> {
  const messages = await sweepDue(local.app);
  return messages.flatMap((message) => message.visits).filter((marker) => marker.endsWith(id));
}

/** One run of the timer and of the queue function for this session only. */
async function sweepAndVisit(): Promise<number> {
  const visits = await swept();
  await visitAll({ visits }, local.app);
  return visits.length;
}

/** As `sweepAndVisit`, in each of the three minutes within which the timer hands out all that is overdue. */
async function sweepAndVisitOverdue(): Promise<number> {
  local.clock.toNextMinute();
  let visited = 0;
  for (let minute = 0; minute < 3; minute++) {
    visited += await sweepAndVisit();
    local.clock.advance(60);
  }
  return visited;
}

it('finds nothing to do before the due minute', async () => {
  expect(await sweepAndVisit()).toBe(0);
});

it('refreshes a due session before its token expires, and files it anew', async () => {
  const before = await storedEntry(local.app, id);
  await advanceToMarker();
  expect(local.clock.now() / 1000).toBeLessThan(before.expiresAt ?? 0);
  expect(await sweepAndVisit()).toBe(1);
  const after = await storedEntry(local.app, id);
  expect(after.history.map(({ by }) => by)).toEqual(['sweep']);
  expect(after.accessToken.reveal()).not.toBe(before.accessToken.reveal());
  expect(await markersOf(local.app, id)).toEqual([(await storedSession(local.app, id)).visitAt]);
});

it('hands out what is overdue every third minute, and what has just become due twice', async () => {
  await advanceToMarker();
  const handedOut = [];
  for (let minute = 0; minute < 10; minute++) {
    handedOut.push((await swept()).length);
    local.clock.advance(60);
  }
  expect(handedOut).toEqual([1, 1, 0, 1, 0, 0, 1, 0, 0, 1]);
});

it('hands out what was found before the agenda could not be listed any further, and says so', async () => {
  await advanceToMarker();
  const { visitAt } = await storedSession(local.app, id);
  const agenda = {
    ...local.app.agenda,
    async *due() {
      yield { minute: visitAt, id };
      throw new TokenkeepError('container_unreachable');
    },
  };
  expect(await sweepDue({ ...local.app, agenda })).toEqual([{ visits: [`${visitAt}/${id}`] }]);
  expect(local.logged.at(-1)).toMatchObject({ event: 'sweep_incomplete', due: 1, error: 'container_unreachable' });
});

it('does no harm when the same message comes twice at once', async () => {
  await advanceToMarker();
  const { visitAt } = await storedSession(local.app, id);
  const before = local.services.provider.counters.refreshGrants;
  const message = { visits: [`${visitAt}/${id}`] };
  await Promise.all([visitAll(message, local.app), visitAll(message, local.another())]);
  await visitAll(message, local.app);
  expect(local.services.provider.counters.refreshGrants - before).toBe(1);
  expect(local.services.provider.counters.refreshRefused).toBe(0);
  expect(await markersOf(local.app, id)).toEqual([(await storedSession(local.app, id)).visitAt]);
});

it('moves the marker while the provider is down, and refreshes when it is back', async () => {
  await advanceToMarker();
  local.services.provider.control.fail('token', { status: 503, body: {}, times: 1 });
  await sweepAndVisit();
  expect((await storedEntry(local.app, id)).failures).toBe(1);
  await advanceToMarker();
  await sweepAndVisit();
  expect(await storedEntry(local.app, id)).toMatchObject({ failures: 0, history: [{ by: 'sweep' }] });
});

it('clears a marker that the session is not filed under', async () => {
  const stale = '202001010000';
  await local.app.container.mark(`agenda/${stale}/${id}`);
  expect(await sweepAndVisitOverdue()).toBe(1);
  expect(await markersOf(local.app, id)).not.toContain(stale);
  expect((await storedEntry(local.app, id)).history).toEqual([]);
});

it('clears the marker of a session that is gone', async () => {
  const { visitAt } = await storedSession(local.app, id);
  await local.app.store.end(await storedSession(local.app, id));
  await local.app.container.mark(`agenda/${visitAt}/${id}`);
  local.clock.advance((startOf(visitAt) - local.clock.now()) / 1000 + 15 * 60 + 1);
  await visitAll({ visits: [`${visitAt}/${id}`] }, local.app);
  expect(await markersOf(local.app, id)).toEqual([]);
});

it('leaves a young marker alone, whose session may be being written just now', async () => {
  const { visitAt } = await storedSession(local.app, id);
  const other = minuteOf(local.clock.now() - 60_000);
  await local.app.container.mark(`agenda/${other}/${id}`);
  await visitAll({ visits: [`${other}/${id}`] }, local.app);
  expect(await markersOf(local.app, id)).toEqual([other, visitAt]);
});

it('ends a session past its end: blob and markers gone, refresh token revoked', async () => {
  const session = await storedSession(local.app, id);
  const revoked = local.services.provider.counters.revocations;
  local.services.provider.control.fail('token', { status: 503, body: {} });
  local.clock.advance(session.expiresAt + 72 * 3600 + 120 - local.clock.now() / 1000);
  expect(await sweepAndVisitOverdue()).toBe(1);
  expect(await local.app.store.read(id)).toBeUndefined();
  expect(await markersOf(local.app, id)).toEqual([]);
  expect(local.services.provider.counters.revocations - revoked).toBe(1);
});

it('does not end a session that a client has extended at the last moment', async () => {
  const session = await storedSession(local.app, id);
  local.clock.advance(session.expiresAt + 72 * 3600 + 120 - local.clock.now() / 1000);
  const late = {
    ...local.app,
    async expireSession(stored: StoredSession) {
      expect((await local.app.refresh({ id, cause: 'request' })).status).toBe('refreshed');
      await local.app.expireSession(stored);
    },
  };
  await visitAll({ visits: [`${session.visitAt}/${id}`] }, late);
  expect((await storedSession(local.app, id)).expiresAt).toBeGreaterThan(local.clock.now() / 1000);
  expect(await markersOf(local.app, id)).toContain((await storedSession(local.app, id)).visitAt);
});

it('leaves a session alone that is past its end while somebody holds its lease', async () => {
  const session = await storedSession(local.app, id);
  local.clock.advance(session.expiresAt + 72 * 3600 + 120 - local.clock.now() / 1000);
  const leaseId = crypto.randomUUID() as string as LeaseId;
  await local.app.container.acquireLease(`sessions/${id}`, leaseId, 60);
  await visitAll({ visits: [`${session.visitAt}/${id}`] }, local.app);
  expect(await local.app.store.read(id)).toBeDefined();
  await local.app.container.releaseLease(`sessions/${id}`, leaseId);
  await visitAll({ visits: [`${session.visitAt}/${id}`] }, local.app);
  expect(await local.app.store.read(id)).toBeUndefined();
});

it('looks at a damaged session once a day and leaves it as it is', async () => {
  const blob = await local.app.container.read(`sessions/${id}`);
  if (blob.status !== 'found') throw new Error('no blob');
  const damaged = blob.body.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'));
  await local.app.container.replace(`sessions/${id}`, damaged, { etag: blob.etag });
  const [filed] = await markersOf(local.app, id);
  await visitAll({ visits: [`${filed}/${id}`] }, local.app);
  const [moved, ...others] = await markersOf(local.app, id);
  expect(others).toEqual([]);
  expect(startOf(moved as never) - local.clock.now()).toBeGreaterThan(23 * 3600 * 1000);
  expect(await local.app.container.read(`sessions/${id}`)).toMatchObject({ body: damaged });
});

it('goes on with the other sessions of a message when one fails', async () => {
  await advanceToMarker();
  const { visitAt } = await storedSession(local.app, id);
  const other = sessionIdIn((await signedIn(local, '?prompt=login')).cookie);
  const failing = {
    ...local.app,
    store: {
      ...local.app.store,
      read: async (one: SessionId) => {
        if (one === other) throw new Error('no luck');
        return local.app.store.read(one);
      },
    },
  };
  await visitAll({ visits: [`${visitAt}/${other}`, `${visitAt}/${id}`] }, failing);
  expect((await storedEntry(local.app, id)).history).toHaveLength(1);
  expect(local.logged).toContainEqual(expect.objectContaining({ event: 'visit_failed', session: other }));
});

it.each([[null], ['text'], [{ visits: ['nonsense'] }], [{ visits: 'x' }], [{}]])(
  'refuses the message %j',
  async (message) => {
    await expect(visitAll(message, local.app)).rejects.toMatchObject({ code: 'request_malformed' });
  },
);
