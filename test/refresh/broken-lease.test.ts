import { describe, expect, it } from 'vitest';
import { faultyEngine, onCommit } from '../fixtures/engine.ts';
import { refreshingProvider } from '../fixtures/refreshing-provider.ts';
import { id, local } from '../fixtures/signed-in-session.ts';
import { storedEntry } from '../fixtures/stored.ts';

const breakLease = () => local.app.container.breakLease(`sessions/${id}`);
const grants = () => local.services.provider.counters.refreshGrants;

/** Acts the first time only. */
function once(act: () => Promise<void>): () => Promise<void> {
  let done = false;
  return async () => {
    if (done) return;
    done = true;
    await act();
  };
}

/** The refresh came to its end: one grant, its tokens stored, and the demo provider, which detects reuse, takes them. */
async function expectOneGrant(before: number): Promise<void> {
  expect(grants() - before).toBe(1);
  const entry = await storedEntry(local.app, id);
  expect(entry.history).toHaveLength(1);
  expect(entry).not.toHaveProperty('attemptedAt');
  local.clock.advance(31);
  expect((await local.app.refresh({ id, cause: 'request' })).status).toBe('refreshed');
}

describe('a lease that an operator breaks', () => {
  it('before the try is written down is taken again, and the provider is asked once', async () => {
    const before = grants();
    const breaking = once(breakLease);
    const { refresh } = faultyEngine(local.app, {
      before: async (operation) => void (operation === 'replace' && (await breaking())),
    });
    expect((await refresh({ id, cause: 'request' })).status).toBe('refreshed');
    await expectOneGrant(before);
  });

  it('while the provider is being asked is not needed, if nobody else comes', async () => {
    const before = grants();
    const { refresh } = faultyEngine(
      local.app,
      {},
      refreshingProvider(local.app, async (genuine) => {
        const result = await genuine();
        await breakLease();
        return result;
      }),
    );
    expect((await refresh({ id, cause: 'request' })).status).toBe('refreshed');
    await expectOneGrant(before);
  });

  it('right before the tokens are written is not needed either', async () => {
    const before = grants();
    const { refresh } = faultyEngine(local.app, { before: onCommit(once(breakLease)) });
    expect((await refresh({ id, cause: 'request' })).status).toBe('refreshed');
    await expectOneGrant(before);
  });

  it('while the tokens are on their way gives nobody else the spent token to redeem', async () => {
    const before = grants();
    const { refresh } = faultyEngine(
      local.app,
      {},
      refreshingProvider(local.app, async (genuine) => {
        const result = await genuine();
        await breakLease();
        const other = await faultyEngine(local.app, {}).refresh({ id, cause: 'request' });
        expect(other).toMatchObject({ status: 'unavailable', reason: 'recovering' });
        return result;
      }),
    );
    expect((await refresh({ id, cause: 'request' })).status).toBe('refreshed');
    await expectOneGrant(before);
  });
});
