import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { FacebookSettings } from '../../../shared/providers/facebook/facebook.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type LocalApp, localApp } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { userData } from '../../fixtures/user-data.ts';
import { type FacebookImpersonator, facebook, startFacebook } from '../../providers/impersonators/facebook.ts';

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
afterEach(() => server.clear());
afterAll(async () => {
  await local.close();
  await server.close();
});

function post(body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return local.fetch('/.auth/login/facebook', { method: 'POST', headers, body: JSON.stringify(body) });
}

it('an access token of this app opens a session with a long-lived one, which can be renewed', async () => {
  const brought = server.issue();
  const response = await post({ access_token: brought });
  expect(response.status).toBe(200);
  const { authenticationToken } = (await response.json()) as { authenticationToken: string };
  const ask = (path: string) => local.fetch(path, { headers: { 'x-zumo-auth': authenticationToken } });
  const [entry] = (await (await ask('/.auth/me')).json()) as { access_token: string }[];
  expect(entry).toMatchObject({ provider_name: 'facebook', user_id: 'Mark Example', refreshable: true });
  expect(entry?.access_token).not.toBe(brought);
  expect(server.isAlive(entry?.access_token ?? '')).toBe(true);
  expect((await ask('/.auth/refresh')).status).toBe(200);
});

it.each<[string, () => object, number, string]>([
  ['of another app', () => ({ access_token: server.issue({ appId: '999' }) }), 401, 'client_token_refused'],
  ['that has expired', () => ({ access_token: server.issue({ expiresAt: 1_000 }) }), 401, 'client_token_refused'],
  ['that is not there', () => ({ authentication_token: 'eyJ.e30.x' }), 400, 'client_token_missing'],
])('an access token %s opens none', async (_case, body, status, code) => {
  const before = await userData(local.app);
  expect(await problemIn(await post(body()))).toMatchObject({ status, code });
  expect(await userData(local.app)).toEqual(before);
});

it('no token opens a session while Facebook is down', async () => {
  server.fail(`/${facebook.version}/debug_token`, { status: 503 });
  const response = await post({ access_token: server.issue() });
  expect(await problemIn(response)).toMatchObject({ status: 503, code: 'provider_unavailable' });
});
