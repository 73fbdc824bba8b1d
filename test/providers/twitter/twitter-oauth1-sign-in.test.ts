import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { TwitterOAuth1Settings } from '../../../shared/providers/twitter/twitter-oauth1.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { consumer, startTwitterOAuth1, type TwitterOAuth1Impersonator } from '../impersonators/twitter-oauth1.ts';

let server: TwitterOAuth1Impersonator;
let local: LocalApp;
beforeAll(async () => {
  server = await startTwitterOAuth1();
  const settings: TwitterOAuth1Settings = {
    kind: 'twitter-oauth1',
    name: 'twitter',
    consumerKey: consumer.key,
    consumerSecret: new Secret('client_secret', consumer.secret),
    endpoints: server.endpoints,
  };
  local = await localApp({ providers: [settings] });
});
afterEach(() => {
  server.clear();
  server.agrees = true;
});
afterAll(async () => {
  await local.close();
  await server.close();
});

/** Signs in by a browser and gives what its scripts may ask. */
async function signedIn() {
  const browser = local.browser();
  const end = await browser.get(`${origin}/.auth/login/twitter`);
  const script = { accept: 'application/json', 'sec-fetch-mode': 'cors' };
  return { end, ask: (path: string) => browser.getOnly(`${origin}${path}`, script) };
}

it('a browser signs in by OAuth 1.0a and sees the token and its secret', async () => {
  const { end, ask } = await signedIn();
  expect(end.url).toBe(`${origin}/.auth/login/done`);
  const [entry] = (await (await ask('/.auth/me')).json()) as Record<string, unknown>[];
  expect(entry).toMatchObject({
    provider_name: 'twitter',
    user_id: 'XAPI',
    access_token: expect.stringMatching(/^6253282-/),
    access_token_secret: expect.any(String),
    refreshable: false,
    user_claims: expect.arrayContaining([
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier', val: '6253282' },
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn', val: 'XAPI' },
      { typ: 'urn:twitter:verified', val: 'False' },
    ]),
  });
  expect(entry).not.toHaveProperty('expires_on');
});

it('there is nothing to refresh, and the answer says why', async () => {
  const { ask } = await signedIn();
  const problem = await problemIn(await ask('/.auth/refresh'));
  expect(problem).toMatchObject({ status: 400, code: 'refresh_not_possible' });
  expect(JSON.stringify(problem)).toContain('OAuth 2.0');
});

it('a user who does not agree is not signed in', async () => {
  server.agrees = false;
  const { end, ask } = await signedIn();
  expect(end.response.status).toBe(401);
  expect(end.body).toContain('sign_in_refused');
  expect((await ask('/.auth/me')).status).toBe(401);
});

it('a callback in another browser signs nobody in', async () => {
  const { url } =
    (await local.app.provider('twitter')?.authorizationUrl({
      redirectUri: `${origin}/.auth/login/twitter/callback`,
      state: 's',
      nonce: 'n',
      codeVerifier: 'v'.repeat(43),
      extra: {},
    })) ?? expect.fail('there is no such provider');
  const end = await local.browser().get(url.href);
  expect(end.response.status).toBe(400);
  expect(end.body).toContain('sign_in_state_invalid');
  expect(server.received.map(({ url: asked }) => asked.pathname)).not.toContain('/oauth/access_token');
});

it('a sign-in does not begin while X is down', async () => {
  server.fail('/oauth/request_token', { status: 503 });
  const response = await local.fetch('/.auth/login/twitter', { headers: { accept: 'application/json' } });
  expect(await problemIn(response)).toMatchObject({ status: 503, code: 'provider_unavailable' });
});
