import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { GitHubSettings } from '../../../shared/providers/github/github.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type LocalApp, localApp } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { userData } from '../../fixtures/user-data.ts';
import { type GitHubImpersonator, github, startGitHub } from '../../providers/impersonators/github.ts';

let server: GitHubImpersonator;
let local: LocalApp;
beforeAll(async () => {
  server = await startGitHub();
  const settings: GitHubSettings = {
    kind: 'github',
    name: 'github',
    clientId: github.clientId,
    secret: new Secret('client_secret', github.clientSecret),
    scopes: ['user:email'],
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
  return local.fetch('/.auth/login/github', { method: 'POST', headers, body: JSON.stringify(body) });
}

it('an access token of this app opens a session', async () => {
  const { accessToken } = server.issue({ expires: true });
  const response = await post({ access_token: accessToken });
  expect(response.status).toBe(200);
  const { authenticationToken } = (await response.json()) as { authenticationToken: string };
  const me = await local.fetch('/.auth/me', { headers: { 'x-zumo-auth': authenticationToken } });
  expect(await me.json()).toMatchObject([
    { provider_name: 'github', user_id: 'octocat', access_token: accessToken, refreshable: false },
  ]);
});

it.each<[string, () => object, number, string]>([
  [
    'of another app',
    () => ({ access_token: server.issue({ clientId: 'other' }).accessToken }),
    401,
    'client_token_refused',
  ],
  ['that is not there', () => ({ id_token: 'e30.e30.' }), 400, 'client_token_missing'],
])('an access token %s opens none', async (_case, body, status, code) => {
  const before = await userData(local.app);
  expect(await problemIn(await post(body()))).toMatchObject({ status, code });
  expect(await userData(local.app)).toEqual(before);
});

it('no token opens a session while GitHub is down', async () => {
  server.fail(`/api/applications/${github.clientId}/token`, { status: 503 });
  const response = await post({ access_token: server.issue().accessToken });
  expect(await problemIn(response)).toMatchObject({ status: 503, code: 'provider_unavailable' });
});
