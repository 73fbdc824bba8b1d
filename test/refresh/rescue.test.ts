import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import type { RefreshOutcome } from '../../shared/refresh/outcome.ts';
import type { RecoveryQueue } from '../../shared/refresh/recovery.ts';
import type { SessionId } from '../../shared/token-store/names.ts';
import { faultyEngine, onCommit } from '../fixtures/engine.ts';
import { type LocalApp, localApp, signedIn } from '../fixtures/local-app.ts';
import { markersOf, sessionIdIn, storedEntry, storedSession } from '../fixtures/stored.ts';

let local: LocalApp;
let id: SessionId;
beforeAll(async () => {
  local = await localApp();
});
beforeEach(async () => {
  local.services.provider.control.clear();
  local.clock.reset();
  local.logged.length = 0;
  id = sessionIdIn((await signedIn(local)).cookie);
});
afterAll(() => local.close());

const events = () => local.logged.filter(({ session }) => session === id).map(({ event }) => event);

/** An engine whose container is away from the tokens’ first write on, and its queue from the start. */
function outOfReach(put: () => void | Promise<void> = () => {}) {
  const away = { container: true, queue: true, puts: 0 };
  const recovery: RecoveryQueue = {
    async put() {
      away.puts += 1;
      await put();
      if (away.queue) throw new Error('away');
    },
    isWaiting: async () => false,
  };
  const { refresh } = faultyEngine(
    local.app,
    {
      before: onCommit(() => {
        if (away.container) throw new TokenkeepError('container_unreachable');
      }),
    },
    { recovery },
  );
  return { away, refresh };
}

/** The new tokens are stored, and the demo provider, which detects reuse, takes them. */
async function expectAlive(): Promise<void> {
  expect((await storedEntry(local.app, id)).history).toHaveLength(1);
  expect(await markersOf(local.app, id)).toContain((await storedSession(local.app, id)).visitAt);
  local.clock.advance(31);
  expect((await local.app.refresh({ id, cause: 'request' })).status).toBe('refreshed');
}

describe('where neither the container nor the recovery queue takes new tokens', () => {
  it.each([
    ['the container is back first', { container: false }],
    ['the queue is back first', { queue: false }],
  ])('they are kept and tried on until %s, for which a visit waits', async (_which, back) => {
    local.clock.advance(3000);
    const { away, refresh } = outOfReach(() => {
      if (away.puts === 5) Object.assign(away, back);
    });
    expect(await refresh({ id, cause: 'sweep' })).toMatchObject({
      status: 'unavailable',
      reason: 'container_unreachable',
    });
    expect(away.puts).toBe(5);
    expect(events()).not.toContain('refresh_lost');
    if (away.queue) await expectAlive();
    else expect(events()).toContain('refresh_rescued');
  });

  it('they are written even if the lease is lost by then, as it is after an outage that long', async () => {
    local.clock.advance(3000);
    const { away, refresh } = outOfReach(async () => {
      if (away.puts !== 3) return;
      await local.app.container.breakLease(`sessions/${id}`);
      away.container = false;
    });
    await refresh({ id, cause: 'sweep' });
    expect(away.puts).toBe(3);
    await expectAlive();
  });

  it('a client has its answer at once, and they are tried on behind it', async () => {
    const held = Promise.withResolvers<void>();
    const { away, refresh } = outOfReach(async () => {
      if (away.puts > 1) await held.promise;
    });
    expect(await refresh({ id, cause: 'request' })).toMatchObject({ reason: 'container_unreachable' });
    away.container = false;
    held.resolve();
    await stored();
    await expectAlive();
  });

  it('a visit does not end before they lie somewhere', async () => {
    local.clock.advance(3000);
    const held = Promise.withResolvers<void>();
    const again = Promise.withResolvers<void>();
    const { away, refresh } = outOfReach(async () => {
      if (away.puts === 1) return;
      again.resolve();
      await held.promise;
    });
    let outcome: RefreshOutcome | undefined;
    const visiting = refresh({ id, cause: 'sweep' }).then((it) => {
      outcome = it;
    });
    await again.promise;
    await new Promise(setImmediate);
    expect(outcome).toBeUndefined();
    away.container = false;
    held.resolve();
    await visiting;
    await expectAlive();
  });

  it('they are given up after four minutes, and the log says so', async () => {
    local.clock.advance(3000);
    const { away, refresh } = outOfReach();
    expect((await refresh({ id, cause: 'sweep' })).status).toBe('unavailable');
    expect(events().filter((event) => event === 'refresh_lost')).toHaveLength(1);
    // Every two seconds, and a moment for each try.
    expect(away.puts).toBeGreaterThan(60);
    expect(away.puts).toBeLessThan(130);
    expect(await storedEntry(local.app, id)).toMatchObject({ attemptedAt: expect.any(Number), history: [] });
  });
});

/** Resolves once new tokens are stored. */
async function stored(): Promise<void> {
  while ((await storedEntry(local.app, id)).history.length === 0) await new Promise(setImmediate);
}
