import { beforeEach, describe, expect, it } from 'vitest';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import type { RefreshResult } from '../../shared/providers/provider.ts';
import type { RecoveryQueue } from '../../shared/refresh/recovery.ts';
import type { RefreshCause } from '../../shared/token-store/session.ts';
import { agedContainer } from '../fixtures/aged-container.ts';
import { faultyEngine } from '../fixtures/engine.ts';
import { dyingProvider, refreshingProvider } from '../fixtures/refreshing-provider.ts';
import { id, local } from '../fixtures/signed-in-session.ts';
import { markersOf, storedEntry, storedSession } from '../fixtures/stored.ts';
import { heldTimeLimits } from '../fixtures/time-limits.ts';

const asked = () => local.services.provider.counters.requests.token;
const now = () => Math.floor(local.clock.now() / 1000);
const refusals = () => local.logged.filter(({ event, session }) => event === 'refresh_refused' && session === id);
/** The stored session is usable: the demo provider, which detects reuse, gives new tokens for what is stored. */
async function expectAlive(): Promise<void> {
  local.clock.advance(31);
  expect((await local.app.refresh({ id, cause: 'request' })).status).toBe('refreshed');
}

/** A process has ended while it was asking the provider; its lease has lapsed. */
async function crash(when: 'before' | 'after'): Promise<void> {
  const dying = dyingProvider(local.app, when);
  void faultyEngine(local.app, {}, dying).refresh({ id, cause: 'request' });
  await dying.ended;
  await local.app.container.breakLease(`sessions/${id}`);
  expect(await storedEntry(local.app, id)).toHaveProperty('attemptedAt');
}

interface Circumstances {
  readonly isWaiting?: RecoveryQueue['isWaiting'];
  /** For how long nobody has written the session, in seconds. */
  readonly age?: number;
}

/** A refresh by an instance that no outage of another test has closed the gate of. */
function refresh(cause: RefreshCause, { isWaiting = async () => false, age = 0 }: Circumstances = {}) {
  const container = agedContainer(local.app.container, age * 1000);
  const recovery = { put: async () => {}, isWaiting };
  return faultyEngine(local.app, {}, { container, recovery }).refresh({ id, cause });
}

/** A try that got no answer, and had no effect. */
async function unansweredTry(): Promise<void> {
  local.services.provider.control.fail('token', { times: 1 });
  expect((await refresh('request')).status).toBe('unavailable');
  expect(await storedEntry(local.app, id)).toMatchObject({ attemptedAt: expect.any(Number), unanswered: true });
}

describe('before the provider is asked', () => {
  it('the try is written down, and what comes of it takes that away', async () => {
    let during: unknown;
    const looking = refreshingProvider(local.app, async (genuine) => {
      during = (await storedEntry(local.app, id)).attemptedAt;
      return genuine();
    });
    const { refresh } = faultyEngine(local.app, {}, looking);
    expect((await refresh({ id, cause: 'request' })).status).toBe('refreshed');
    expect(during).toEqual(expect.any(Number));
    expect(Math.abs(Number(during) - now())).toBeLessThan(30);
    expect(await storedEntry(local.app, id)).not.toHaveProperty('attemptedAt');
  });

  it.each(['request', 'read', 'sweep'] satisfies RefreshCause[])(
    'a container that takes no writes ends the try, and nothing is spent: %s',
    async (cause) => {
      local.clock.advance(3595);
      const before = await local.app.container.read(`sessions/${id}`);
      const calls = asked();
      const { refresh, rescued } = faultyEngine(local.app, {
        before(operation) {
          if (operation === 'replace') throw new TokenkeepError('container_access_refused');
        },
      });
      await expect(refresh({ id, cause })).rejects.toMatchObject({ code: 'container_access_refused' });
      expect(asked()).toBe(calls);
      expect(await local.app.container.read(`sessions/${id}`)).toEqual(before);
      expect(rescued).toEqual([]);
      await expectAlive();
    },
  );

  it('a session that somebody else writes in that moment is read anew', async () => {
    let changed = false;
    const { refresh } = faultyEngine(local.app, {
      async before(operation) {
        if (operation !== 'replace' || changed) return;
        changed = true;
        await local.app.container.breakLease(`sessions/${id}`);
        expect((await local.another().refresh({ id, cause: 'request' })).status).toBe('refreshed');
      },
    });
    const calls = asked();
    expect((await refresh({ id, cause: 'request' })).status).toBe('settled');
    expect(asked() - calls).toBe(1);
    await expectAlive();
  });
});

describe('after a process has ended between the provider’s answer and the write', () => {
  it('a provider that takes a refresh token once refuses it: the entry is dead, and the log says that it got lost', async () => {
    await crash('after');
    expect(await refresh('request', { age: 60 })).toMatchObject({ status: 'refused', reason: 'invalid_grant' });
    const entry = await storedEntry(local.app, id);
    expect(entry.dead).toMatchObject({ reason: 'invalid_grant', lost: true });
    expect(entry).not.toHaveProperty('attemptedAt');
    expect(refusals()).toEqual([expect.objectContaining({ lost: true })]);
  });

  it('a refusal without such a try before it is none that got lost', async () => {
    local.services.provider.control.revokeAllGrants();
    expect((await local.app.refresh({ id, cause: 'request' })).status).toBe('refused');
    expect((await storedEntry(local.app, id)).dead).not.toHaveProperty('lost');
    expect(refusals()).toEqual([expect.objectContaining({ lost: false })]);
  });

  it('a provider that takes it again for a while gives tokens, and nothing is lost', async () => {
    const first = Promise.withResolvers<RefreshResult>();
    const graceful = refreshingProvider(local.app, async (genuine) => {
      first.resolve(await genuine());
      return new Promise(() => {});
    });
    void faultyEngine(local.app, {}, graceful).refresh({ id, cause: 'request' });
    const again = await first.promise;
    await local.app.container.breakLease(`sessions/${id}`);

    const container = agedContainer(local.app.container, 60_000);
    const later = faultyEngine(local.app, {}, { container, ...refreshingProvider(local.app, async () => again) });
    expect((await later.refresh({ id, cause: 'request' })).status).toBe('refreshed');
    const entry = await storedEntry(local.app, id);
    expect(entry).toMatchObject({ failures: 0, history: [{ by: 'request' }] });
    expect(entry).not.toHaveProperty('attemptedAt');
    expect(refusals()).toEqual([]);
    await expectAlive();
  });
});

describe('an answer that does not say what became of the refresh token leaves it in doubt:', () => {
  const unanswered = { attemptedAt: expect.any(Number), unanswered: true, failures: 1 };

  it.each([
    ['a cut connection', {}],
    ['500', { status: 500, body: { error: 'server_error' } }],
    ['503 with Retry-After', { status: 503, headers: { 'retry-after': '5' }, body: 'down' }],
    ['a page of HTML with 200', { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>hello</p>' }],
    ['a redirect', { status: 302, headers: { location: 'http://localhost:1/' }, body: {} }],
    ['no access token', { status: 200, body: { token_type: 'Bearer' } }],
  ])('%s', async (_answer, fault) => {
    local.services.provider.control.fail('token', { ...fault, times: 1 });
    expect((await refresh('request')).status).toBe('unavailable');
    expect(await storedEntry(local.app, id)).toMatchObject(unanswered);
  });

  it('no answer in time', async () => {
    const calls = asked();
    local.services.provider.control.fail('token', { delayMs: Number.POSITIVE_INFINITY, times: 1 });
    const limits = heldTimeLimits();
    const refreshing = refresh('request');
    while (asked() === calls) await new Promise(setImmediate);
    limits.pass();
    expect((await refreshing).status).toBe('unavailable');
    expect(await storedEntry(local.app, id)).toMatchObject(unanswered);
  });
});

describe('an answer that leaves no doubt is written down as such:', () => {
  const answers = [
    ['429', { status: 429, body: { error: 'slow_down' } }],
    ['invalid_client', { status: 401, body: { error: 'invalid_client' } }],
    ['a page of HTML with 404', { status: 404, headers: { 'content-type': 'text/html' }, body: '<p>gone</p>' }],
  ] as const;

  it.each(answers)('%s', async (_answer, fault) => {
    local.services.provider.control.fail('token', { ...fault, times: 1 });
    expect((await refresh('request')).status).toBe('unavailable');
    const entry = await storedEntry(local.app, id);
    expect(entry.failures).toBe(1);
    expect(entry).not.toHaveProperty('attemptedAt');
  });

  it.each(answers)('%s, though not for an earlier try that had no answer', async (_answer, fault) => {
    await unansweredTry();
    local.services.provider.control.fail('token', { ...fault, times: 1 });
    expect((await refresh('request')).status).toBe('unavailable');
    expect(await storedEntry(local.app, id)).toMatchObject({ unanswered: true, failures: 2 });
  });
});

describe('a refresh token that somebody may just be redeeming', () => {
  beforeEach(() => crash('before'));

  const busy = { isWaiting: async () => true };
  const recovering = { status: 'unavailable', reason: 'recovering' };

  it.each(['request', 'read', 'sweep'] satisfies RefreshCause[])('is left alone for 50 seconds: %s', async (cause) => {
    local.clock.advance(3595);
    const calls = asked();
    expect(await refresh(cause, { age: 40 })).toMatchObject(recovering);
    expect(asked()).toBe(calls);
    expect(await markersOf(local.app, id)).toContain((await storedSession(local.app, id)).visitAt);
  });

  it('is tried after that where nothing waits in the recovery queue', async () => {
    expect((await refresh('request', { age: 51 })).status).toBe('refreshed');
    expect(await storedEntry(local.app, id)).not.toHaveProperty('attemptedAt');
    await expectAlive();
  });

  it('is left alone for a quarter of an hour while something waits there, and then tried all the same', async () => {
    local.clock.advance(14 * 60);
    const calls = asked();
    expect(await refresh('request', { age: 14 * 60, ...busy })).toMatchObject(recovering);
    expect(asked()).toBe(calls);
    local.clock.advance(61);
    expect((await refresh('request', { age: 15 * 60 + 1, ...busy })).status).toBe('refreshed');
    await expectAlive();
  });

  it('is left alone for as long from the last try, not from the first', async () => {
    local.clock.advance(16 * 60);
    const dying = dyingProvider(local.app, 'before');
    const container = agedContainer(local.app.container, 11 * 60_000);
    void faultyEngine(local.app, {}, { container, ...dying }).refresh({ id, cause: 'request' });
    await dying.ended;
    await local.app.container.breakLease(`sessions/${id}`);
    expect(await refresh('request', { age: 60, ...busy })).toMatchObject(recovering);
  });

  it('is tried after two hours, though other writes keep the session young', async () => {
    local.clock.advance(2 * 3600);
    expect((await refresh('request', { age: 1 })).status).toBe('refreshed');
    await expectAlive();
  });

  it('is left alone while the recovery queue cannot be asked', async () => {
    const calls = asked();
    const isWaiting = async () => {
      throw new Error('away');
    };
    expect(await refresh('request', { age: 60, isWaiting })).toMatchObject(recovering);
    expect(asked()).toBe(calls);
  });
});

describe('who has no try open', () => {
  const asking = () => {
    const questions: string[] = [];
    return { questions, isWaiting: async () => questions.push('?') > 0 };
  };

  it('does not ask the recovery queue', async () => {
    const { questions, isWaiting } = asking();
    expect((await refresh('request', { isWaiting })).status).toBe('refreshed');
    expect(questions).toEqual([]);
  });

  it('nor who knows that no answer came: there are no tokens to wait for', async () => {
    await unansweredTry();
    const { questions, isWaiting } = asking();
    expect((await refresh('request', { isWaiting })).status).toBe('refreshed');
    expect(questions).toEqual([]);
    expect(await storedEntry(local.app, id)).not.toHaveProperty('unanswered');
    await expectAlive();
  });

  it('and a refusal after that is told as lost, too', async () => {
    local.services.provider.control.fail('token', { when: 'after', times: 1 });
    expect((await refresh('request')).status).toBe('unavailable');
    expect(await refresh('request')).toMatchObject({ status: 'refused', reason: 'invalid_grant' });
    expect((await storedEntry(local.app, id)).dead).toMatchObject({ lost: true });
    expect(refusals()).toEqual([expect.objectContaining({ lost: true })]);
  });
});
