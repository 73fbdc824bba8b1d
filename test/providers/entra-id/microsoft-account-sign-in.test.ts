import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { MicrosoftAccountSettings } from '../../../shared/providers/entra-id/microsoft-account.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { clientSecret } from '../impersonators/entra-client.ts';
import { type EntraImpersonator, entra, personalUser, startEntra } from '../impersonators/entra-id.ts';

let server: EntraImpersonator;
let local: LocalApp;
beforeAll(async () => {
  server = await startEntra();
  server.user = personalUser;
  const settings: MicrosoftAccountSettings = {
    kind: 'microsoft-account',
    name: 'microsoftaccount',
    clientId: entra.clientId,
    credential: clientSecret(entra.clientSecret),
    scopes: ['wl.basic', 'wl.emails'],
    loginParameters: {},
    allowedAudiences: [],
    issuer: server.issuer(entra.personal),
  };
  local = await localApp({ providers: [settings] });
});
afterEach(() => server.clear());
afterAll(async () => {
  await local.close();
  await server.close();
});

/** Signs in by a browser and gives what its scripts may ask. */
async function signedIn(query = '?scope=wl.basic%20wl.emails%20wl.offline_access') {
  const browser = local.browser();
  const end = await browser.get(`${origin}/.auth/login/microsoftaccount${query}`);
  const script = { accept: 'application/json', 'sec-fetch-mode': 'cors' };
  return { end, ask: (path: string) => browser.getOnly(`${origin}${path}`, script) };
}

it('a browser signs in by a Microsoft account and sees who it is', async () => {
  const { end, ask } = await signedIn();
  expect(end.url).toBe(`${origin}/.auth/login/done`);
  expect(await (await ask('/.auth/me')).json()).toMatchObject([
    {
      provider_name: 'microsoftaccount',
      user_id: 'Pat Person',
      access_token: expect.stringMatching(/^EwB/),
      expires_on: expect.stringMatching(/\.0000000Z$/),
      refreshable: true,
      user_claims: expect.arrayContaining([
        { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier', val: personalUser.sub },
        { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name', val: 'Pat Person' },
        { typ: 'urn:microsoftaccount:name', val: 'Pat Person' },
      ]),
    },
  ]);
});

it('a session gets new tokens', async () => {
  const { ask } = await signedIn();
  const [before] = (await (await ask('/.auth/me')).json()) as { access_token: string }[];
  expect((await ask('/.auth/refresh')).status).toBe(200);
  const [after] = (await (await ask('/.auth/me')).json()) as { access_token: string }[];
  expect(after?.access_token).not.toBe(before?.access_token);
});

it('a session without wl.offline_access is told what it lacks', async () => {
  const { ask } = await signedIn('');
  const problem = await problemIn(await ask('/.auth/refresh'));
  expect(problem).toMatchObject({ status: 400, code: 'refresh_not_possible' });
  expect(JSON.stringify(problem)).toContain('wl.offline_access');
});

it('a refresh that Microsoft refuses for good is told so', async () => {
  const { ask } = await signedIn();
  server.revokeAll();
  expect(await problemIn(await ask('/.auth/refresh'))).toMatchObject({ status: 403, code: 'refresh_refused' });
});
