import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type LocalApp, localApp } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { userData } from '../../fixtures/user-data.ts';
import { clientSecret } from '../../providers/impersonators/entra-client.ts';
import { type EntraImpersonator, entra, personalUser, startEntra } from '../../providers/impersonators/entra-id.ts';

let server: EntraImpersonator;
let local: LocalApp;
beforeAll(async () => {
  server = await startEntra();
  local = await localApp({
    providers: [
      {
        kind: 'microsoft-account',
        name: 'microsoftaccount',
        clientId: entra.clientId,
        credential: clientSecret(entra.clientSecret),
        scopes: ['openid', 'profile', 'email'],
        loginParameters: {},
        allowedAudiences: [],
        issuer: server.issuer(entra.personal),
      },
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
  return local.fetch('/.auth/login/microsoftaccount', { method: 'POST', headers, body: JSON.stringify(body) });
}

async function refused(body: object, status: number, code: string): Promise<void> {
  const before = await userData(local.app);
  expect(await problemIn(await post(body))).toMatchObject({ status, code });
  expect(await userData(local.app)).toEqual(before);
}

it.each(['id_token', 'authentication_token'])('an ID token as %s opens a session', async (name) => {
  const token = await server.keys.personal.sign(server.claims(personalUser, 2));
  const response = await post({ [name]: token });
  expect(response.status).toBe(200);
  const { authenticationToken } = (await response.json()) as { authenticationToken: string };
  const entries = await local.fetch('/.auth/me', { headers: { 'x-zumo-auth': authenticationToken } });
  expect(await entries.json()).toMatchObject([{ provider_name: 'microsoftaccount', user_id: 'Pat Person' }]);
});

it('an access token of Microsoft’s, which does not say whom it is for, opens none', async () => {
  await refused({ access_token: 'EwBwA8l6BAAU' }, 401, 'client_token_refused');
});

it('an ID token of another app opens none', async () => {
  const token = await server.keys.personal.sign({ ...server.claims(personalUser, 2), aud: 'another' });
  await refused({ id_token: token }, 401, 'client_token_refused');
});
