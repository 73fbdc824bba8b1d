import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { FacebookSettings } from '../../../shared/providers/facebook/facebook.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { type FacebookImpersonator, facebook, mark, refusal, startFacebook } from '../impersonators/facebook.ts';

let server: FacebookImpersonator;
let local: LocalApp;
beforeAll(async () => {
  server = await startFacebook();
  const settings: FacebookSettings = {
    kind: 'facebook',
    name: 'facebook',
    clientId: facebook.appId,
    secret: new Secret('client_secret', facebook.appSecret),
    graphVersion: facebook.version,
    scopes: ['public_profile', 'email'],
    loginParameters: {},
    endpoints: server.endpoints,
  };
  local = await localApp({ providers: [settings] });
});
afterEach(() => {
  server.clear();
  server.cancels = false;
});
afterAll(async () => {
  await local.close();
  await server.close();
});

/** Signs in by a browser and gives what its scripts may ask. */
async function signedIn() {
  const browser = local.browser();
  const end = await browser.get(`${origin}/.auth/login/facebook`);
  const script = { accept: 'application/json', 'sec-fetch-mode': 'cors' };
  return { end, ask: (path: string) => browser.getOnly(`${origin}${path}`, script) };
}

interface Shown {
  readonly access_token: string;
  readonly expires_on: string;
  readonly refresh_state: { readonly issued_on: string; readonly due_on: string };
}

const tokenPath = `/${facebook.version}/oauth/access_token`;

it('a browser signs in by Facebook and sees who it is', async () => {
  const { end, ask } = await signedIn();
  expect(end.url.replace(/#.*/, '')).toBe(`${origin}/.auth/login/done`);
  const [entry, ...others] = (await (await ask('/.auth/me')).json()) as Record<string, unknown>[];
  expect(others).toEqual([]);
  expect(entry).toMatchObject({
    provider_name: 'facebook',
    user_id: 'Mark Example',
    access_token: expect.stringMatching(/^EAA/),
    expires_on: expect.stringMatching(/\.0000000Z$/),
    refreshable: true,
    user_claims: expect.arrayContaining([
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier', val: mark.id },
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name', val: 'Mark Example' },
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress', val: 'mark@example.com' },
    ]),
  });
  expect(entry).not.toHaveProperty('id_token');
});

it('the token is renewed at half of its life, and when a client asks', async () => {
  const { ask } = await signedIn();
  const [before] = (await (await ask('/.auth/me')).json()) as Shown[];
  const { issued_on = '', due_on = '' } = before?.refresh_state ?? {};
  const life = Date.parse(before?.expires_on ?? '') - Date.parse(issued_on);
  expect(Date.parse(due_on) - Date.parse(issued_on)).toBe(life / 2);

  expect((await ask('/.auth/refresh')).status).toBe(200);
  const [after] = (await (await ask('/.auth/me')).json()) as Shown[];
  expect(after?.access_token).not.toBe(before?.access_token);
  expect(server.isAlive(after?.access_token ?? '')).toBe(true);
});

it('a sign-out leaves the app with Facebook as it is', async () => {
  const { ask } = await signedIn();
  const [entry] = (await (await ask('/.auth/me')).json()) as Shown[];
  await ask('/.auth/logout');
  expect((await ask('/.auth/me')).status).toBe(401);
  expect(server.isAlive(entry?.access_token ?? '')).toBe(true);
});

it('a refresh that Facebook refuses for good is told so, with the reason', async () => {
  const { ask } = await signedIn();
  server.endAll(458);
  expect(await problemIn(await ask('/.auth/refresh'))).toMatchObject({ status: 403, code: 'refresh_refused' });
  expect(await (await ask('/.auth/me')).json()).toMatchObject([
    { refreshable: false, refresh_state: { refused: { reason: 'app_not_installed' } } },
  ]);
});

it('a refresh that Facebook cannot give just now leaves the token as it is', async () => {
  const { ask } = await signedIn();
  const [before] = (await (await ask('/.auth/me')).json()) as Shown[];
  server.fail(tokenPath, refusal(4));
  expect(await problemIn(await ask('/.auth/refresh'))).toMatchObject({ status: 503, code: 'refresh_unavailable' });
  expect(await (await ask('/.auth/me')).json()).toMatchObject([
    { access_token: before?.access_token, refreshable: true },
  ]);
});

it('a user who cancels is not signed in', async () => {
  server.cancels = true;
  const { end, ask } = await signedIn();
  expect(end.response.status).toBe(401);
  expect(end.body).toContain('sign_in_refused');
  expect((await ask('/.auth/me')).status).toBe(401);
});
