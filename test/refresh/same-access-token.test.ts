import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import type { Provider } from '../../shared/providers/provider.ts';
import { type RefreshToken, Secret } from '../../shared/telemetry/secret.ts';
import type { SessionId } from '../../shared/token-store/names.ts';
import { faultyEngine, onCommit } from '../fixtures/engine.ts';
import { type LocalApp, localApp, signedIn } from '../fixtures/local-app.ts';
import { sessionIdIn, storedEntry } from '../fixtures/stored.ts';

let local: LocalApp;
let id: SessionId;
beforeAll(async () => {
  local = await localApp();
});
beforeEach(async () => {
  id = sessionIdIn((await signedIn(local)).cookie);
});
afterAll(() => local.close());

/** A provider that gives the access token which is still good again, with a new refresh token or without. */
async function givingAgain(refreshToken?: RefreshToken): Promise<{ provider: (name: string) => Provider | undefined }> {
  const { accessToken } = await storedEntry(local.app, id);
  const tokens = { accessToken, expiresIn: 3600, ...(refreshToken === undefined ? {} : { refreshToken }) };
  return {
    provider(name) {
      const demo = local.app.provider(name);
      return demo && { ...demo, refresh: async () => ({ ok: true, tokens }) };
    },
  };
}

/** Somebody else changes the document, once, right before the tokens are written. */
function changedMeanwhile() {
  let changed = false;
  return onCommit(async () => {
    if (changed) return;
    changed = true;
    const stored = (await local.app.store.read(id)) ?? expect.fail('there is no session');
    await local.app.container.breakLease(`sessions/${id}`);
    const longer = { ...stored.session, expiresAt: stored.session.expiresAt + 7 };
    expect(await local.app.store.update(longer, stored.session, { etag: stored.etag })).toBeDefined();
  });
}

it('a new refresh token is stored though the access token beside it is the old one', async () => {
  const rotated = new Secret('refresh_token', 'rotated');
  const { refresh } = faultyEngine(local.app, { before: changedMeanwhile() }, await givingAgain(rotated));
  expect((await refresh({ id, cause: 'request' })).status).toBe('refreshed');
  expect((await storedEntry(local.app, id)).refreshToken?.reveal()).toBe('rotated');
});

it('the new times of the access token are stored though it is the old one', async () => {
  const { refresh } = faultyEngine(local.app, { before: changedMeanwhile() }, await givingAgain());
  expect((await refresh({ id, cause: 'request' })).status).toBe('refreshed');
  expect((await storedEntry(local.app, id)).history).toHaveLength(1);
});

it('a write whose answer was lost is known again', async () => {
  let faults = 3;
  const lost = onCommit(() => {
    if (faults-- > 0) throw new TokenkeepError('container_unreachable');
  });
  const rotated = new Secret('refresh_token', 'rotated');
  const { refresh } = faultyEngine(local.app, { after: lost }, await givingAgain(rotated));
  expect((await refresh({ id, cause: 'request' })).status).toBe('refreshed');
  const entry = await storedEntry(local.app, id);
  expect(entry.refreshToken?.reveal()).toBe('rotated');
  expect(entry.history).toHaveLength(1);
});
