import { afterAll, beforeAll, expect, it } from 'vitest';
import { handle } from '../../shared/endpoints/handle.ts';
import { callback } from '../../shared/endpoints/sign-in/callback.ts';
import { login } from '../../shared/endpoints/sign-in/login.ts';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { createSealer } from '../../shared/token-store/seal.ts';
import { createSessionStore } from '../../shared/token-store/session-store.ts';
import { faultyContainer } from '../fixtures/faulty-container.ts';
import { holdingBrowser } from '../fixtures/holding-browser.ts';
import { type LocalApp, localApp, origin } from '../fixtures/local-app.ts';
import { problemIn } from '../fixtures/problem.ts';
import { sessionIdIn } from '../fixtures/stored.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterAll(() => local.close());

/** The app over a container that does not answer one kind of operation. */
function without(missing: string) {
  const container = faultyContainer(local.app.container, {
    before: (operation) => {
      if (operation === missing) throw new TokenkeepError('container_unreachable');
    },
  });
  const { ring, agenda, log } = local.app;
  const app = { ...local.app, container, store: createSessionStore(container, createSealer(ring), agenda, log) };
  return {
    fetch(path: string, init?: RequestInit) {
      const request = new Request(`${origin}${path}`, init);
      return handle(new URL(request.url).pathname.endsWith('/callback') ? callback : login, request, app);
    },
  };
}

it('a sign-in that cannot be stored sets no session cookie, and ends its attempt', async () => {
  const { authorize, open, browser, attempts } = holdingBrowser(without('create'));
  const response = await open(await authorize());
  expect((await problemIn(response)).code).toBe('container_unreachable');
  expect(browser.cookies(origin)).not.toHaveProperty('AppServiceAuthSession');
  expect(attempts()).toEqual({});
});

it('a sign-in succeeds whose old session cannot be ended, and that is written down', async () => {
  const { authorize, open, browser } = holdingBrowser(without('remove'));
  const session = () => sessionIdIn(`c=${browser.cookies(origin)['AppServiceAuthSession']}`);
  await open(await authorize());
  const first = session();
  local.logged.length = 0;
  expect((await open(await authorize())).status).toBe(302);
  expect(session()).not.toBe(first);
  const written = { level: 'error', event: 'request_failed', error: 'container_unreachable' };
  expect(local.logged).toContainEqual(expect.objectContaining(written));
});
