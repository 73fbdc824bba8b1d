import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { me as answerOfMe } from '../../../shared/endpoints/session/me.ts';
import { TokenkeepError } from '../../../shared/errors/tokenkeep-error.ts';
import type { EntryView } from '../../../shared/sessions/entry-view.ts';
import { faultyEngine } from '../../fixtures/engine.ts';
import { type LocalApp, localApp, origin, signedIn } from '../../fixtures/local-app.ts';
import { sessionIdIn, storedEntry, storedSession } from '../../fixtures/stored.ts';

let local: LocalApp;
let cookie: string;
beforeAll(async () => {
  local = await localApp();
});
beforeEach(async () => {
  local.services.provider.control.clear();
  local.clock.reset();
  ({ cookie } = await signedIn(local));
});
afterAll(() => local.close());

const me = async () => (await (await local.fetch('/.auth/me', { headers: { cookie } })).json()) as EntryView[];

/** Moves the time to so many seconds before the access token expires. */
async function advanceToEnd(seconds: number): Promise<void> {
  const { expiresAt = 0 } = await storedEntry(local.app, sessionIdIn(cookie));
  local.clock.advance(expiresAt - seconds - local.clock.now() / 1000);
}

it('never hands out the refresh token unless the settings expose it', async () => {
  const { refreshToken } = await storedEntry(local.app, sessionIdIn(cookie));
  const text = JSON.stringify(await me());
  expect(refreshToken?.reveal()).toBeTruthy();
  expect(text).not.toContain(refreshToken?.reveal());
  expect(text).toContain('"refreshable":true');
});

it('refreshes a token that is about to expire before it shows it', async () => {
  const [before] = await me();
  await advanceToEnd(30);
  const [after] = await me();
  expect(after?.access_token).not.toBe(before?.access_token);
  expect(after?.refresh_state.history.map(({ by }) => by)).toEqual(['read']);
});

it.each(['constructor', '__proto__', 'toString'])('shows no entry of the provider %s', async (name) => {
  const response = await local.fetch(`/.auth/me?provider=${name}`, { headers: { cookie } });
  expect(await response.json()).toEqual({});
});

it('leaves a token alone that has time', async () => {
  const [before] = await me();
  await advanceToEnd(90);
  expect((await me())[0]?.access_token).toBe(before?.access_token);
});

it('shows what is stored where the provider is down, and asks it once', async () => {
  const [before] = await me();
  await advanceToEnd(10);
  const { control, counters } = local.services.provider;
  control.fail('token', { status: 503, body: {} });
  const asked = counters.requests.token;
  const answers = [await me(), await me(), await me()];
  expect(answers.map(([entry]) => entry?.access_token)).toEqual(Array(3).fill(before?.access_token));
  expect(answers[2]?.[0]?.refresh_state.failures).toBe(1);
  expect(counters.requests.token - asked).toBe(1);
});

it('shows what is stored where the container takes no writes, and asks nobody', async () => {
  const [before] = await me();
  await advanceToEnd(10);
  const { refresh } = faultyEngine(local.app, {
    before: (operation) => {
      if (operation === 'acquireLease') throw new TokenkeepError('container_unreachable');
    },
  });
  const asked = local.services.provider.counters.requests.token;
  const request = new Request(`${origin}/.auth/me`, { headers: { cookie } });
  const [shown] = (await (await answerOfMe(request, { ...local.app, refresh })).json()) as EntryView[];
  expect(shown?.access_token).toBe(before?.access_token);
  expect(local.services.provider.counters.requests.token).toBe(asked);
});

it('does not extend the session', async () => {
  const { expiresAt } = await storedSession(local.app, sessionIdIn(cookie));
  await advanceToEnd(10);
  await me();
  expect((await storedSession(local.app, sessionIdIn(cookie))).expiresAt).toBe(expiresAt);
});

it('costs one read of the blob where nothing has changed', async () => {
  await me();
  const reading = vi.spyOn(local.app.container, 'read');
  expect(await me()).toHaveLength(1);
  expect(reading).toHaveBeenCalledExactlyOnceWith(`sessions/${sessionIdIn(cookie)}`, expect.any(String));
  reading.mockRestore();
});
