import { expect, it } from 'vitest';
import { faultyEngine } from '../fixtures/engine.ts';
import { signedIn } from '../fixtures/local-app.ts';
import { id, local } from '../fixtures/signed-in-session.ts';
import { markersOf, sessionIdIn, storedEntry, storedSession } from '../fixtures/stored.ts';

it('stores every token of the answer, keeps the user and writes the refresh down', async () => {
  const before = await storedEntry(local.app, id);
  let answer: Record<string, unknown> = {};
  local.services.provider.control.fail('token', {
    when: 'after',
    status: 200,
    times: 1,
    body: (genuine) => {
      answer = genuine as typeof answer;
      return answer;
    },
  });
  const outcome = await local.app.refresh({ id, cause: 'request' });
  const after = await storedEntry(local.app, id);
  expect(outcome.status).toBe('refreshed');
  expect(after.accessToken.reveal()).toBe(answer['access_token']);
  expect(after.refreshToken?.reveal()).toBe(answer['refresh_token']);
  expect(after.idToken?.reveal()).toBe(answer['id_token']);
  expect(after.refreshToken?.reveal()).not.toBe(before.refreshToken?.reveal());
  expect(after.subject).toBe(before.subject);
  expect(after.history.map(({ by }) => by)).toEqual(['request']);
});

it('moves the one marker of the session to the next due time', async () => {
  await local.app.refresh({ id, cause: 'request' });
  expect(await markersOf(local.app, id)).toEqual([(await storedSession(local.app, id)).visitAt]);
});

it('asks the provider once for 20 callers in two instances', async () => {
  const { counters } = local.services.provider;
  const before = counters.refreshGrants;
  const instances = [local.app, local.another()];
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, caller) => instances[caller % 2]?.refresh({ id, cause: 'request' })),
  );
  expect(counters.refreshGrants - before).toBe(1);
  expect(counters.refreshRefused).toBe(0);
  expect(new Set(outcomes.map((outcome) => outcome?.status))).toEqual(new Set(['refreshed', 'settled']));
});

it('serves a result of the last 30 seconds to those who come late, and asks again after that', async () => {
  await local.app.refresh({ id, cause: 'request' });
  local.clock.advance(29);
  expect((await local.app.refresh({ id, cause: 'request' })).status).toBe('settled');
  local.clock.advance(2);
  expect((await local.app.refresh({ id, cause: 'request' })).status).toBe('refreshed');
});

it('extends the session for a client, not for the timer', async () => {
  const before = await storedSession(local.app, id);
  local.clock.advance(3000);
  await local.app.refresh({ id, cause: 'sweep' });
  const swept = await storedSession(local.app, id);
  expect(swept.entries['demo']?.history.map(({ by }) => by)).toEqual(['sweep']);
  expect(swept.expiresAt).toBe(before.expiresAt);

  // A settled result still extends the session of a client that asks.
  expect((await local.app.refresh({ id, cause: 'request' })).status).toBe('settled');
  expect((await storedSession(local.app, id)).expiresAt).toBeGreaterThanOrEqual(before.expiresAt + 3000);
});

it('never extends a session past its absolute end', async () => {
  const { endsAt } = await storedSession(local.app, id);
  local.clock.advance(endsAt - local.clock.now() / 1000 - 3600);
  await local.app.refresh({ id, cause: 'request' });
  expect((await storedSession(local.app, id)).expiresAt).toBe(endsAt);
});

it('keeps the refresh token where the provider sends no new one', async () => {
  const before = await storedEntry(local.app, id);
  local.services.provider.control.fail('token', {
    when: 'after',
    status: 200,
    times: 1,
    body: (genuine) => ({ ...(genuine as object), refresh_token: undefined }),
  });
  expect((await local.app.refresh({ id, cause: 'request' })).status).toBe('refreshed');
  expect((await storedEntry(local.app, id)).refreshToken?.reveal()).toBe(before.refreshToken?.reveal());
});

it('says that a session without a refresh token cannot be refreshed', async () => {
  const { cookie } = await signedIn(local, '?scope=openid%20email');
  const outcome = await local.app.refresh({ id: sessionIdIn(cookie), cause: 'request' });
  expect(outcome.status).toBe('not-refreshable');
});

it('tells an ended session from all else', async () => {
  await local.app.store.end(await storedSession(local.app, id));
  expect(await local.app.refresh({ id, cause: 'request' })).toEqual({ status: 'ended' });
});

it('costs six storage operations', async () => {
  // Farther from the sign-in than jitter spreads the due times of an hour's token (20 minutes): the marker moves.
  local.clock.advance(1500);
  const operations: string[] = [];
  const { refresh, store } = faultyEngine(local.app, { before: (operation) => void operations.push(operation) });
  // As whoever asks for a refresh does first: a request to know who asks, a visit to see what is due.
  await store.read(id);
  operations.length = 0;
  expect((await refresh({ id, cause: 'request' })).status).toBe('refreshed');
  expect(operations).toEqual(['acquireLease', 'replace', 'mark', 'replace', 'unmark', 'releaseLease']);
});
