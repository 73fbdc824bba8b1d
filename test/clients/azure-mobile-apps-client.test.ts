import { randomBytes } from 'node:crypto';
import { JSDOM } from 'jsdom';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ListeningApp, listeningApp } from '../fixtures/listening-app.ts';
import { type MobileServiceClient, mobileClientBundle } from '../fixtures/mobile-client-bundle.ts';
import { sessionIdIn, storedEntry } from '../fixtures/stored.ts';

const spa = 'https://spa.example.test';
let bundle: string;
let app: ListeningApp;
let client: MobileServiceClient;
let idToken: string;
beforeAll(async () => {
  bundle = await mobileClientBundle();
  app = await listeningApp('http', {
    environment: {
      TOKENKEEP_ALLOWED_ORIGINS: spa,
      WEBSITE_AUTH_SIGNING_KEY: randomBytes(32).toString('hex'),
    },
  });
  const browser = app.browser();
  await browser.signIn(`${app.origin}/.auth/login/demo`, { account: 'ada@example.com' });
  const { AppServiceAuthSession: cookie } = browser.cookies(app.origin);
  idToken = (await storedEntry(app.app, sessionIdIn(`x=${cookie}`))).idToken?.reveal() ?? '';
});
beforeEach(() => {
  app.clock.reset();
  const { window } = new JSDOM('', { url: `${spa}/`, runScripts: 'outside-only' });
  window.eval(bundle);
  client = new window['WindowsAzure'].MobileServiceClient(app.origin);
});
afterAll(() => app.close());

/** What the fragment of the completion page says after a sign-in in a browser. */
async function signedInByBrowser() {
  const address = `${app.origin}/.auth/login/demo?session_mode=token`;
  const { url } = await app.browser().signIn(address, { account: 'ada@example.com' });
  const reply = JSON.parse(new URLSearchParams(new URL(url).hash.slice(1)).get('token') ?? '');
  return { userId: String(reply.user.userId), mobileServiceAuthenticationToken: String(reply.authenticationToken) };
}

const entries = async () => (await client.invokeApi(`${app.origin}/.auth/me`, { method: 'GET' })).result;

describe('Microsoft’s azure-mobile-apps-client, on a page of another origin', () => {
  it('signs in with a token of the provider, and reads its entries', async () => {
    const user = await client.login('demo', { id_token: idToken });
    expect(user.userId).toMatch(/^sid:[\da-f]{32}$/);
    expect(client.currentUser).toBe(user);
    expect(await entries()).toMatchObject([{ provider_name: 'demo', id_token: idToken, user_id: 'ada@example.com' }]);
  });

  it('signs in with an app token', async () => {
    const { userId } = await client.login('demo', { id_token: idToken });
    const token = client.currentUser?.mobileServiceAuthenticationToken ?? '';
    await client.logout();
    expect(client.currentUser).toBeNull();
    expect((await client.login(token)).userId).toBe(userId);
    expect(await entries()).toMatchObject([{ provider_name: 'demo' }]);
  });

  it('refreshes by its session token, and is given a new one', async () => {
    client.currentUser = await signedInByBrowser();
    const [before] = (await entries()) as { access_token: string }[];
    app.clock.advance(60);
    const { result } = await client.invokeApi(`${app.origin}/.auth/refresh`, { method: 'GET' });
    const { authenticationToken, user } = result as { authenticationToken: string; user: { userId: string } };
    expect(user.userId).toBe(client.currentUser.userId);
    expect(authenticationToken).not.toBe(client.currentUser.mobileServiceAuthenticationToken);
    client.currentUser = { ...client.currentUser, mobileServiceAuthenticationToken: authenticationToken };
    const [after] = (await entries()) as { access_token: string }[];
    expect(after?.access_token).not.toBe(before?.access_token);
  });

  it('is told by 400 that an ID token alone cannot be refreshed', async () => {
    await client.login('demo', { id_token: idToken });
    const refreshing = client.invokeApi(`${app.origin}/.auth/refresh`, { method: 'GET' });
    await expect(refreshing).rejects.toMatchObject({ request: { status: 400 } });
  });

  it.each([
    ['a token that is none', { id_token: 'x.y.z' }, 401],
    ['no token', {}, 400],
  ])('is told the status where the sign-in brings %s', async (_case, token, status) => {
    await expect(client.login('demo', token)).rejects.toMatchObject({ request: { status } });
    expect(client.currentUser).toBeFalsy();
  });

  it('is told so where nobody is signed in', async () => {
    await expect(entries()).rejects.toMatchObject({ request: { status: 401 } });
  });
});

it('a page of an origin that is not allowed gets no answer to read', async () => {
  const { window } = new JSDOM('', { url: 'https://other.example.test/', runScripts: 'outside-only' });
  window.eval(bundle);
  const stranger: MobileServiceClient = new window['WindowsAzure'].MobileServiceClient(app.origin);
  await expect(stranger.login('demo', { id_token: idToken })).rejects.toMatchObject({ request: { status: 0 } });
});
