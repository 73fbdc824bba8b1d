import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { changedApp } from '../fixtures/changed-app.ts';
import { holdingBrowser } from '../fixtures/holding-browser.ts';
import { type LocalApp, localApp, origin } from '../fixtures/local-app.ts';
import { sessionIdIn } from '../fixtures/stored.ts';
import { userData } from '../fixtures/user-data.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterEach(() => local.clock.reset());
afterAll(() => local.close());

/** Signs in with this browser and gives the id of the session it then has. */
async function signIn({ authorize, open, browser }: ReturnType<typeof holdingBrowser>, path?: string) {
  const response = await open(await authorize(path));
  expect(response.status).toBe(302);
  return sessionIdIn(`c=${browser.cookies(origin)['AppServiceAuthSession']}`);
}

const blobsOf = async (id: string) => (await userData(local.app)).filter((name) => name.includes(id));

it('a new sign-in in the same browser ends the session before it, with all its blobs', async () => {
  const tab = holdingBrowser(local);
  const first = await signIn(tab);
  const second = await signIn(tab);
  expect(second).not.toBe(first);
  expect(await blobsOf(first)).toEqual([]);
  expect(await blobsOf(second)).toHaveLength(4);
  const ended = { event: 'signed_out', session: first, reason: 'replaced' };
  expect(local.logged).toContainEqual(expect.objectContaining(ended));
});

it('the tokens of the session before are not revoked', async () => {
  const tab = holdingBrowser(local);
  await signIn(tab);
  const { revocation } = local.services.provider.counters.requests;
  await signIn(tab);
  expect(local.services.provider.counters.requests.revocation).toBe(revocation);
});

it('a session that has expired and could still be refreshed ends too', async () => {
  const app = changedApp(local, ({ login }) => {
    login.cookieExpiration.timeToExpiration = '00:01:00';
  });
  const tab = holdingBrowser(app);
  const first = await signIn(tab);
  local.clock.advance(61);
  await signIn(tab);
  expect(await blobsOf(first)).toEqual([]);
});

it('a sign-in that fails leaves the session before it alone', async () => {
  const tab = holdingBrowser(local);
  const first = await signIn(tab);
  local.services.provider.control.tamper('wrong-nonce');
  const response = await tab.open(await tab.authorize());
  expect(response.status).toBe(401);
  expect(await blobsOf(first)).toHaveLength(4);
});

it('sessions in other browsers stay', async () => {
  const first = await signIn(holdingBrowser(local));
  await signIn(holdingBrowser(local));
  expect(await blobsOf(first)).toHaveLength(4);
});

it('the session of the browser stays when another app takes the token of a new one in the fragment', async () => {
  const tab = holdingBrowser(local);
  const first = await signIn(tab);
  expect(await signIn(tab, '/.auth/login/demo?session_mode=token')).toBe(first);
  expect(await blobsOf(first)).toHaveLength(4);
});

it('a session cookie that is none of ours does not hinder a sign-in', async () => {
  const tab = holdingBrowser(local);
  tab.browser.jar.store(origin, ['AppServiceAuthSession=not.a.token; Path=/']);
  await signIn(tab);
});
