import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { GoogleSettings } from '../../../shared/providers/google/google.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { elisa, type GoogleImpersonator, google, startGoogle } from '../impersonators/google.ts';

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
  server.endAll();
  server.user = elisa;
});
afterAll(async () => {
  await local.close();
  await server.close();
});

/** Signs in by a browser and gives what its scripts may ask. */
async function signedIn(query = '') {
  const browser = local.browser();
  const end = await browser.get(`${origin}/.auth/login/google${query}`);
  const script = { accept: 'application/json', 'sec-fetch-mode': 'cors' };
  return { end, ask: (path: string) => browser.getOnly(`${origin}${path}`, script) };
}

interface Shown {
  readonly access_token: string;
  readonly refresh_token?: string;
}

it('a browser signs in by Google and sees who it is', async () => {
  const { end, ask } = await signedIn();
  expect(end.url).toBe(`${origin}/.auth/login/done`);
  const [entry, ...others] = (await (await ask('/.auth/me')).json()) as Record<string, unknown>[];
  expect(others).toEqual([]);
  expect(entry).toMatchObject({
    provider_name: 'google',
    user_id: 'elisa@contoso.example',
    access_token: expect.stringMatching(/^ya29\./),
    id_token: expect.stringMatching(/^ey/),
    expires_on: expect.stringMatching(/\.0000000Z$/),
    refreshable: false,
    user_claims: expect.arrayContaining([
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier', val: elisa.sub },
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress', val: 'elisa@contoso.example' },
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname', val: 'Elisa' },
      { typ: 'name', val: 'Elisa Beckett' },
      { typ: 'hd', val: 'contoso.example' },
    ]),
  });
  expect(entry).not.toHaveProperty('refresh_token');
});

it('a session without a refresh token is told what it lacks', async () => {
  const { ask } = await signedIn();
  const problem = await problemIn(await ask('/.auth/refresh'));
  expect(problem).toMatchObject({ status: 400, code: 'refresh_not_possible' });
  expect(JSON.stringify(problem)).toContain('access_type=offline');
});

it('a session with offline access gets new tokens, and leaves none when the last one of its user ends', async () => {
  server.user = { ...elisa, sub: '110000000000000000042' };
  const other = await signedIn('?access_type=offline');
  const { ask } = await signedIn('?access_type=offline&prompt=consent');
  const [before] = (await (await ask('/.auth/me')).json()) as Shown[];
  expect((await ask('/.auth/refresh')).status).toBe(200);
  const [after] = (await (await ask('/.auth/me')).json()) as Shown[];
  expect(after?.access_token).not.toBe(before?.access_token);
  expect(server.isAlive(after?.access_token ?? '')).toBe(true);

  await ask('/.auth/logout');
  expect(server.isAlive(after?.access_token ?? '')).toBe(true);
  expect((await other.ask('/.auth/refresh')).status).toBe(200);
  await other.ask('/.auth/logout');
  await expect.poll(() => server.isAlive(after?.access_token ?? '')).toBe(false);
});

it('a refresh that Google refuses for good is told so', async () => {
  const { ask } = await signedIn('?access_type=offline');
  server.endAll();
  expect(await problemIn(await ask('/.auth/refresh'))).toMatchObject({ status: 403, code: 'refresh_refused' });
});

it('an account of another domain signs nobody in', async () => {
  server.user = { ...elisa, hd: undefined };
  const { end, ask } = await signedIn();
  expect(end.response.status).toBe(403);
  expect(end.body).toContain('user_not_allowed');
  expect((await ask('/.auth/me')).status).toBe(401);
});
