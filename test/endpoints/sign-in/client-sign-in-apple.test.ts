import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { EntryView } from '../../../shared/sessions/entry-view.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type LocalApp, localApp } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { userData } from '../../fixtures/user-data.ts';
import { type AppleImpersonator, ada, apple, startApple } from '../../providers/impersonators/apple.ts';

let server: AppleImpersonator;
let local: LocalApp;
beforeAll(async () => {
  server = await startApple();
  const key = new Secret('private_key', apple.key);
  local = await localApp({
    providers: [
      {
        kind: 'apple',
        name: 'apple',
        clientId: apple.servicesId,
        credential: { kind: 'key', teamId: apple.teamId, keyId: apple.keyId, key },
        scopes: ['name', 'email'],
        loginParameters: {},
        allowedAudiences: [apple.bundleId],
        endpoints: server.endpoints,
      },
    ],
  });
});
afterEach(() => server.reset());
afterAll(async () => {
  await local.close();
  await server.close();
});

function post(body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return local.fetch('/.auth/login/apple', { method: 'POST', headers, body: JSON.stringify(body) });
}

/** What a session that was opened so may do. */
async function opened(response: Response) {
  expect(response.status).toBe(200);
  const { authenticationToken } = (await response.json()) as { authenticationToken: string };
  const ask = (path: string) => local.fetch(path, { headers: { 'x-zumo-auth': authenticationToken } });
  return { ask, me: async () => ((await (await ask('/.auth/me')).json()) as [EntryView])[0] };
}

it('the ID token of a native app opens a session that cannot be refreshed', async () => {
  const { identityToken } = await server.clientSignIn();
  const { me, ask } = await opened(await post({ id_token: identityToken }));
  expect(await me()).toMatchObject({
    provider_name: 'apple',
    user_id: ada.email,
    id_token: identityToken,
    refreshable: false,
  });
  const problem = await problemIn(await ask('/.auth/refresh'));
  expect(problem).toMatchObject({ status: 400, code: 'refresh_not_possible' });
  expect(JSON.stringify(problem)).toContain('authorization_code');
});

it('with its authorization code the session can be refreshed, and ends at Apple, too', async () => {
  server.user = { ...ada, sub: '000042.of-one-device' };
  const { identityToken, authorizationCode } = await server.clientSignIn();
  const body = { id_token: identityToken, authorization_code: authorizationCode };
  const { me, ask } = await opened(await post(body));
  const before = await me();
  expect(before).toMatchObject({ user_id: ada.email, refreshable: true, access_token: expect.stringMatching(/^a/) });
  expect((await ask('/.auth/refresh')).status).toBe(200);
  expect((await me()).access_token).not.toBe(before.access_token);
  await ask('/.auth/logout');
  expect(server.revoked).toHaveLength(1);
});

it.each<[string, () => Promise<object>, number, string]>([
  ['for another app', async () => ({ id_token: await server.idToken({ aud: 'other' }) }), 401, 'client_token_refused'],
  ['that has expired', async () => ({ id_token: await server.idToken({ exp: 1 }) }), 401, 'client_token_refused'],
  ['that is not there', async () => ({ access_token: 'a' }), 400, 'client_token_missing'],
])('an ID token %s opens none', async (_case, body, status, code) => {
  const before = await userData(local.app);
  expect(await problemIn(await post(await body()))).toMatchObject({ status, code });
  expect(await userData(local.app)).toEqual(before);
});

it('a code that Apple refuses opens none', async () => {
  const before = await userData(local.app);
  const { identityToken } = await server.clientSignIn();
  const response = await post({ id_token: identityToken, authorization_code: 'spent' });
  expect(await problemIn(response)).toMatchObject({ status: 401, code: 'client_token_refused' });
  expect(await userData(local.app)).toEqual(before);
});

it('no token opens a session while Apple is down', async () => {
  await server.changeKey();
  server.fail('/auth/keys', { status: 503 });
  const response = await post({ id_token: await server.idToken() });
  expect(await problemIn(response)).toMatchObject({ status: 503, code: 'provider_unavailable' });
});
