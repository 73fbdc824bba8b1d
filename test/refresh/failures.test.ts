import { describe, expect, it } from 'vitest';
import { agedContainer } from '../fixtures/aged-container.ts';
import { faultyEngine } from '../fixtures/engine.ts';
import { id, local } from '../fixtures/signed-in-session.ts';
import { markersOf, storedEntry, storedSession } from '../fixtures/stored.ts';

const outages = [
  ['503 with Retry-After', { status: 503, headers: { 'retry-after': '120' }, body: 'down' }],
  ['429 with Retry-After', { status: 429, headers: { 'retry-after': '120' }, body: { error: 'slow_down' } }],
  ['a page of HTML with 200', { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>maintenance</p>' }],
  ['a redirect', { status: 302, headers: { location: 'http://localhost:1/' }, body: {} }],
  ['a cut connection', {}],
  ['no access token', { status: 200, body: { token_type: 'Bearer' } }],
  ['invalid_client', { status: 401, body: { error: 'invalid_client' } }],
  ['600 KB of JSON', { status: 200, body: { access_token: 'x'.repeat(600_000) } }],
] as const;

describe.each(outages)('where the provider answers with %s', (_name, fault) => {
  it('keeps the tokens as they were and tries again later', async () => {
    const before = await storedEntry(local.app, id);
    local.services.provider.control.fail('token', { ...fault, times: 1 });
    const outcome = await local.app.refresh({ id, cause: 'request' });
    const after = await storedEntry(local.app, id);

    expect(outcome.status).toBe('unavailable');
    expect(after.accessToken.reveal()).toBe(before.accessToken.reveal());
    expect(after.refreshToken?.reveal()).toBe(before.refreshToken?.reveal());
    expect(after).toMatchObject({ failures: 1, history: [] });
    expect(after.dead).toBeUndefined();
    expect(await markersOf(local.app, id)).toEqual([(await storedSession(local.app, id)).visitAt]);
    local.clock.advance('headers' in fault && 'retry-after' in fault.headers ? 120 : 0);
    expect((await local.app.refresh({ id, cause: 'request' })).status).toBe('refreshed');
    expect((await storedEntry(local.app, id)).failures).toBe(0);
  });
});

it('waits as long as Retry-After says', async () => {
  local.services.provider.control.fail('token', { status: 503, headers: { 'retry-after': '900' }, body: {}, times: 1 });
  const outcome = await local.app.refresh({ id, cause: 'request' });
  expect(outcome).toMatchObject({ status: 'unavailable' });
  expect(outcome.status === 'unavailable' && outcome.retryAfterSeconds).toBeGreaterThanOrEqual(899);
});

it('does not ask a failing provider again for every reader', async () => {
  const { control, counters } = local.services.provider;
  local.clock.advance(3590);
  control.fail('token', { status: 503, body: {} });
  const before = counters.requests.token;
  const outcomes = [];
  for (let reader = 0; reader < 5; reader++) outcomes.push(await local.app.refresh({ id, cause: 'read' }));
  expect(counters.requests.token - before).toBe(1);
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['unavailable']));
});

it('marks a refresh token dead when the provider has withdrawn it, once, with the reason', async () => {
  const { control, counters } = local.services.provider;
  control.revokeAllGrants();
  const outcome = await local.app.refresh({ id, cause: 'request' });
  expect(outcome).toMatchObject({ status: 'refused', reason: 'invalid_grant' });
  expect((await storedEntry(local.app, id)).dead?.reason).toBe('invalid_grant');

  const asked = counters.requests.token;
  expect(await local.app.refresh({ id, cause: 'request' })).toMatchObject({ status: 'refused' });
  expect(await local.app.refresh({ id, cause: 'sweep' })).toMatchObject({ status: 'refused' });
  expect(counters.requests.token).toBe(asked);
  expect(local.logged.filter(({ event, session }) => event === 'refresh_refused' && session === id)).toHaveLength(1);
});

it('believes invalid_grant only while the stored refresh token is the refused one', async () => {
  // The lease of the first lapses while the provider answers it, as on a machine that stands still for a minute, and a
  // sibling refreshes in between.
  const sibling = faultyEngine(local.app, {}, { container: agedContainer(local.app.container, 60_000) });
  local.services.provider.control.fail('token', { status: 400, body: { error: 'invalid_grant' }, times: 1 });
  let reads = 0;
  const { refresh } = faultyEngine(local.app, {
    before: async (operation) => {
      if (operation !== 'read') return;
      reads += 1;
      if (reads === 2) {
        await local.app.container.breakLease(`sessions/${id}`);
        expect((await sibling.refresh({ id, cause: 'request' })).status).toBe('refreshed');
      }
    },
  });
  expect((await refresh({ id, cause: 'request' })).status).toBe('settled');
  expect((await storedEntry(local.app, id)).dead).toBeUndefined();
});

it.each(['wrong-sub', 'wrong-iss', 'bad-signature', 'alg-none'] as const)(
  'overwrites nothing with an answer whose ID token is %s',
  async (kind) => {
    const before = await storedEntry(local.app, id);
    local.services.provider.control.tamper(kind);
    expect(await local.app.refresh({ id, cause: 'request' })).toMatchObject({
      status: 'refused',
      reason: 'id_token_invalid',
    });
    const after = await storedEntry(local.app, id);
    expect(after.accessToken.reveal()).toBe(before.accessToken.reveal());
    expect(after.claims).toEqual(before.claims);
    expect(after.dead?.reason).toBe('id_token_invalid');
  },
);

it.each(['expired', 'issued-in-future'] as const)('keeps new tokens whose ID token is %s, without it', async (kind) => {
  const before = await storedEntry(local.app, id);
  local.services.provider.control.tamper(kind);
  expect((await local.app.refresh({ id, cause: 'request' })).status).toBe('refreshed');
  const after = await storedEntry(local.app, id);
  expect(after.refreshToken?.reveal()).not.toBe(before.refreshToken?.reveal());
  expect(after.idToken?.reveal()).toBe(before.idToken?.reveal());
});

it('keeps new tokens where the keys to check the ID token cannot be fetched', async () => {
  const fresh = local.another();
  local.services.provider.control.fail('jwks', { status: 503, body: {} });
  expect((await fresh.refresh({ id, cause: 'request' })).status).toBe('refreshed');
});

it.each([
  ['none', undefined, undefined],
  ['zero', 0, undefined],
  ['negative', -5, undefined],
  ['text that is no number', 'soon', undefined],
  ['a number as text', '1800', 1800],
  ['huge', 1e15, 400 * 24 * 3600],
])('reads a lifetime that is %s without harm', async (_name, expires_in, lifetime) => {
  local.services.provider.control.fail('token', {
    when: 'after',
    status: 200,
    times: 1,
    body: (genuine) => ({ ...(genuine as object), expires_in }),
  });
  expect((await local.app.refresh({ id, cause: 'request' })).status).toBe('refreshed');
  const { issuedAt, expiresAt, refreshAt } = await storedEntry(local.app, id);
  expect(expiresAt).toBe(lifetime === undefined ? undefined : issuedAt + lifetime);
  expect(refreshAt === undefined).toBe(lifetime === undefined);
});
