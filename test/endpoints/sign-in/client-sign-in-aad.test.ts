import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type LocalApp, localApp } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { userData } from '../../fixtures/user-data.ts';
import { entraSettings } from '../../providers/impersonators/entra-client.ts';
import { adele, type EntraImpersonator, entra, startEntra } from '../../providers/impersonators/entra-id.ts';

const native = 'eeeeeeee-0000-4000-8000-00000000000e';

let server: EntraImpersonator;
let local: LocalApp;
beforeAll(async () => {
  server = await startEntra();
  local = await localApp({
    providers: [
      entraSettings(server, {
        loginParameters: { scope: `openid profile offline_access api://${entra.clientId}/access` },
        allowed: { applications: [native, entra.clientId] },
      }),
    ],
  });
});
afterEach(() => server.clear());
afterAll(async () => {
  await local.close();
  await server.close();
});

function post(body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return local.fetch('/.auth/login/aad', { method: 'POST', headers, body: JSON.stringify(body) });
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

const madeFor = (changes: object, version: 1 | 2 = 2) =>
  server.keys.tenants.sign({ ...server.claims(adele, version), ...changes });

it.each<[string, () => Promise<object>, boolean]>([
  ['an access token for this app, v2', async () => ({ access_token: await madeFor({ azp: native }) }), false],
  ['an access token for this app, v1', async () => ({ access_token: await madeFor({ appid: native }, 1) }), false],
  ['an ID token', async () => ({ access_token: 'of Graph', id_token: await madeFor({}), expires_in: 600 }), false],
  [
    'an ID token with a refresh token',
    async () => ({ id_token: await madeFor({}), refresh_token: server.issue(adele) }),
    true,
  ],
])('%s opens a session', async (_case, body, refreshable) => {
  expect(await entriesOf(await post(await body()))).toMatchObject([
    { provider_name: 'aad', user_id: 'adele@contoso.example', refreshable },
  ]);
});

it('a token for another app opens none', async () => {
  await refused({ access_token: await madeFor({ aud: 'another' }) }, 401, 'client_token_refused');
});

it('a token to another application opens none', async () => {
  await refused({ access_token: await madeFor({ azp: 'another' }) }, 403, 'user_not_allowed');
});

it('a refresh token of somebody else opens none', async () => {
  const another = server.issue({ ...adele, sub: 'another' });
  await refused({ id_token: await madeFor({}), refresh_token: another }, 401, 'client_token_refused');
});

it('no token opens none', async () => {
  await refused({}, 400, 'client_token_missing');
});
