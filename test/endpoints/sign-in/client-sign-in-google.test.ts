import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { GoogleSettings } from '../../../shared/providers/google/google.ts';
import type { EntryView } from '../../../shared/sessions/entry-view.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type LocalApp, localApp } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { userData } from '../../fixtures/user-data.ts';
import { elisa, type GoogleImpersonator, google, startGoogle } from '../../providers/impersonators/google.ts';

let server: GoogleImpersonator;
let local: LocalApp;
beforeAll(async () => {
  server = await startGoogle();
  const settings: GoogleSettings = {
    kind: 'google',
    name: 'google',
    clientId: google.clientId,
    credential: {
      kind: 'secret',
      secret: new Secret('client_secret', google.clientSecret),
      method: 'client_secret_post',
    },
    scopes: ['openid', 'profile', 'email'],
    loginParameters: { hd: 'contoso.example' },
    allowedAudiences: [],
    endpoints: server.endpoints,
  };
  local = await localApp({ providers: [settings] });
});
afterEach(() => {
  server.clear();
  server.user = elisa;
});
afterAll(async () => {
  await local.close();
  await server.close();
});

function post(body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return local.fetch('/.auth/login/google', { method: 'POST', headers, body: JSON.stringify(body) });
}

/** What a session that was opened so may do. */
async function opened(response: Response) {
  expect(response.status).toBe(200);
  const { authenticationToken } = (await response.json()) as { authenticationToken: string };
  const ask = (path: string) => local.fetch(path, { headers: { 'x-zumo-auth': authenticationToken } });
  return { ask, me: async () => ((await (await ask('/.auth/me')).json()) as [EntryView])[0] };
}

it('the ID token of an Android app opens a session that cannot be refreshed', async () => {
  const idToken = await server.idToken({ azp: google.androidClientId });
  const { ask, me } = await opened(await post({ id_token: idToken }));
  expect(await me()).toMatchObject({
    provider_name: 'google',
    user_id: 'elisa@contoso.example',
    id_token: idToken,
    refreshable: false,
  });
  expect(await problemIn(await ask('/.auth/refresh'))).toMatchObject({ status: 400, code: 'refresh_not_possible' });
});

it.each([
  ['of an app', [''], {}],
  ['of an app that says so', [''], { redirect_uri: '' }],
  ['of a page', ['postmessage'], { redirect_uri: 'postmessage' }],
])('with a server code %s the session can be refreshed', async (_case, redirectUris, more) => {
  const idToken = await server.idToken({ azp: google.androidClientId });
  const body = { id_token: idToken, authorization_code: server.serverCode({ redirectUris }), ...more };
  const { ask, me } = await opened(await post(body));
  const before = await me();
  expect(before).toMatchObject({ refreshable: true, access_token: expect.stringMatching(/^ya29\./) });
  expect((await ask('/.auth/refresh')).status).toBe(200);
  expect((await me()).access_token).not.toBe(before.access_token);
});

it.each<[string, () => Promise<object>, number, string]>([
  ['for another client', async () => ({ id_token: await server.idToken({ aud: 'x' }) }), 401, 'client_token_refused'],
  ['of another domain', async () => ({ id_token: await server.idToken({ hd: 'x' }) }), 403, 'user_not_allowed'],
  [
    'with a code that is none',
    async () => ({ id_token: await server.idToken(), authorization_code: '4/x' }),
    401,
    'client_token_refused',
  ],
  ['that is not there', async () => ({ access_token: 'ya29.x' }), 400, 'client_token_missing'],
])('an ID token %s opens none', async (_case, body, status, code) => {
  const before = await userData(local.app);
  expect(await problemIn(await post(await body()))).toMatchObject({ status, code });
  expect(await userData(local.app)).toEqual(before);
});
