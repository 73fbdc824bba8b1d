import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { TwitterSettings } from '../../../shared/providers/twitter/twitter.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { startTwitter, type TwitterImpersonator, xApp } from '../impersonators/twitter.ts';

let server: TwitterImpersonator;
let local: LocalApp;
beforeAll(async () => {
  server = await startTwitter();
  const settings: TwitterSettings = {
    kind: 'twitter',
    name: 'twitter',
    clientId: xApp.clientId,
    credential: {
      kind: 'secret',
      secret: new Secret('client_secret', xApp.clientSecret),
      method: 'client_secret_basic',
    },
    scopes: ['tweet.read', 'users.read', 'offline.access'],
    loginParameters: {},
    endpoints: server.endpoints,
  };
  local = await localApp({ providers: [settings] });
});
afterEach(() => server.clear());
afterAll(async () => {
  await local.close();
  await server.close();
});

/** Signs in by a browser and gives what its scripts may ask. */
async function signedIn(path = '/.auth/login/twitter') {
  const browser = local.browser();
  const end = await browser.get(`${origin}${path}`);
  const script = { accept: 'application/json', 'sec-fetch-mode': 'cors' };
  return { end, ask: (path: string) => browser.getOnly(`${origin}${path}`, script) };
}

it.each(['twitter', 'x', 'X'])('a browser signs in by the name %s and sees who it is', async (name) => {
  const { end, ask } = await signedIn(`/.auth/login/${name}`);
  expect(end.url).toBe(`${origin}/.auth/login/done`);
  const entries = (await (await ask('/.auth/me')).json()) as Record<string, unknown>[];
  expect(entries).toMatchObject([
    {
      provider_name: 'twitter',
      user_id: 'XDevelopers',
      expires_on: expect.stringMatching(/Z$/),
      refreshable: true,
      user_claims: expect.arrayContaining([
        { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier', val: '2244994945' },
        { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn', val: 'XDevelopers' },
        { typ: 'urn:twitter:verified', val: 'True' },
      ]),
    },
  ]);
});

it('a session gets new tokens, and revokes its refresh token when it ends', async () => {
  const { ask } = await signedIn();
  const [before] = (await (await ask('/.auth/me')).json()) as { access_token: string }[];
  expect((await ask('/.auth/refresh')).status).toBe(200);
  const [after] = (await (await ask('/.auth/me')).json()) as { access_token: string }[];
  expect(after?.access_token).not.toBe(before?.access_token);
  expect(server.isAlive(after?.access_token ?? '')).toBe(true);
  await ask('/.auth/logout');
  await expect.poll(() => server.isAlive(after?.access_token ?? '')).toBe(false);
});

it('a session without offline.access is told what it lacks', async () => {
  const { ask } = await signedIn('/.auth/login/twitter?scope=users.read');
  const problem = await problemIn(await ask('/.auth/refresh'));
  expect(problem).toMatchObject({ status: 400, code: 'refresh_not_possible' });
  expect(JSON.stringify(problem)).toContain('offline.access');
});

it('a refresh that X refuses for good is told so', async () => {
  const { ask } = await signedIn();
  server.expireAll();
  expect(await problemIn(await ask('/.auth/refresh'))).toMatchObject({ status: 403, code: 'refresh_refused' });
});
