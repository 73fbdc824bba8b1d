import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { ProviderSettings } from '../../../shared/providers/registry.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type LocalApp, localApp } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { userData } from '../../fixtures/user-data.ts';
import { startTwitter, type TwitterImpersonator, xApp } from '../../providers/impersonators/twitter.ts';

let server: TwitterImpersonator;
let local: LocalApp;
beforeAll(async () => {
  server = await startTwitter();
  const secret = new Secret('client_secret', xApp.clientSecret);
  const settings: ProviderSettings = {
    kind: 'twitter',
    name: 'twitter',
    clientId: xApp.clientId,
    credential: { kind: 'secret', secret, method: 'client_secret_basic' },
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

function post(body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return local.fetch('/.auth/login/twitter', { method: 'POST', headers, body: JSON.stringify(body) });
}

/** The entries of the session that an answer opens. */
async function entriesOf(response: Response): Promise<unknown> {
  expect(response.status).toBe(200);
  const { authenticationToken } = (await response.json()) as { authenticationToken: string };
  return (await local.fetch('/.auth/me', { headers: { 'x-zumo-auth': authenticationToken } })).json();
}

async function refused(body: object, status: number, code: string): Promise<void> {
  const before = await userData(local.app);
  expect(await problemIn(await post(body))).toMatchObject({ status, code });
  expect(await userData(local.app)).toEqual(before);
}

it.each<[string, () => object]>([
  ['a refresh token', () => ({ refresh_token: server.issue().refreshToken })],
  [
    'a token of OAuth 1.0a',
    () => ({ access_token: server.legacyToken.key, access_token_secret: server.legacyToken.secret }),
  ],
])('%s opens a session that can be refreshed', async (_case, body) => {
  const response = await post(body());
  expect(await entriesOf(response)).toMatchObject([
    { provider_name: 'twitter', user_id: 'XDevelopers', refreshable: true },
  ]);
});

it('an access token alone opens none, even one of this app', async () => {
  await refused({ access_token: server.issue().accessToken }, 400, 'client_token_missing');
  expect(server.received).toEqual([]);
});

it('a refresh token of another app opens none', async () => {
  await refused({ refresh_token: server.issue('another-app').refreshToken }, 401, 'client_token_refused');
});
