import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { recoverOne } from '../../shared/endpoints/visits.ts';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import type { Session } from '../../shared/token-store/session.ts';
import { type ConnectingBrowser, connectingBrowser } from '../fixtures/connecting-browser.ts';
import { faultyEngine, onCommit } from '../fixtures/engine.ts';
import { type LocalApp, localApp } from '../fixtures/local-app.ts';
import { refreshingProvider } from '../fixtures/refreshing-provider.ts';

const ada = 'ada@example.com';
const bo = 'bo@example.com';

let local: LocalApp;
let tab: ConnectingBrowser;
beforeAll(async () => {
  local = await localApp({ further: ['second'] });
});
afterEach(async () => {
  await local.app.endSession(await tab.session());
  local.clock.reset();
});
afterAll(() => local.close());

const tokenIn = ({ entries }: Session) => entries['second']?.refreshToken?.reveal();

async function connected(): Promise<Session> {
  tab = await connectingBrowser(local);
  expect((await tab.connect(bo)).status).toBe(302);
  return tab.session();
}

/** A refresh of the connected account that stands before the provider's answer, until `goOn`. */
async function refreshUnderWay({ id }: Session) {
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let token: string | undefined;
  const slow = refreshingProvider(local.app, async (genuine) => {
    asked.resolve();
    await answer.promise;
    const result = await genuine();
    token = result.ok ? result.tokens.refreshToken?.reveal() : undefined;
    return result;
  });
  const refreshing = faultyEngine(local.app, {}, slow).refresh({ id, provider: 'second', cause: 'request' });
  await asked.promise;
  return { goOn: answer.resolve, refreshing, token: () => token ?? expect.fail('there is no new token') };
}

async function expectAlive(): Promise<void> {
  local.clock.advance(60);
  const { id } = await tab.session();
  expect((await local.app.refresh({ id, provider: 'second', cause: 'request' })).status).toBe('refreshed');
}

describe('an account that goes over to the session of a new sign-in', () => {
  it('takes along what a refresh brings that is under way', async () => {
    const old = await connected();
    const { goOn, refreshing, token } = await refreshUnderWay(old);
    const signingIn = tab.signIn(ada);
    goOn();
    await Promise.all([refreshing, signingIn]);
    expect((await tab.session()).id).not.toBe(old.id);
    expect(tokenIn(await tab.session())).toBe(token());
    await expectAlive();
  });

  it('is followed by tokens that come later, of which the old session is not told', async () => {
    const old = await connected();
    const { goOn, refreshing, token } = await refreshUnderWay(old);
    await local.app.container.breakLease(`sessions/${old.id}`);
    await tab.signIn(ada);
    expect(tokenIn(await tab.session())).toBe(tokenIn(old));
    goOn();
    expect(await refreshing).toEqual({ status: 'ended' });
    expect(tokenIn(await tab.session())).toBe(token());
    await expectAlive();
  });

  it('is followed by its rescued tokens', async () => {
    const old = await connected();
    const away = () => {
      throw new TokenkeepError('container_unreachable');
    };
    const { refresh, rescued } = faultyEngine(local.app, { before: onCommit(away) });
    expect((await refresh({ id: old.id, provider: 'second', cause: 'request' })).status).toBe('unavailable');
    await tab.signIn(ada);
    await recoverOne(rescued[0], local.app);
    expect(tokenIn(await tab.session())).not.toBe(tokenIn(old));
    await expectAlive();
  });
});

it('an account that is disconnected while its refresh has lost the lease: the new tokens are revoked', async () => {
  const old = await connected();
  const { goOn, refreshing } = await refreshUnderWay(old);
  await local.app.container.breakLease(`sessions/${old.id}`);
  await local.app.amend(old.id, ({ entries: { second: _gone, ...entries }, ...session }) => ({
    ...session,
    connected: [],
    entries,
  }));
  const { revocations } = local.services.provider.counters;
  goOn();
  expect((await refreshing).status).toBe('not-refreshable');
  expect(local.services.provider.counters.revocations).toBe(revocations + 1);
  expect((await tab.session()).entries).not.toHaveProperty('second');
});
