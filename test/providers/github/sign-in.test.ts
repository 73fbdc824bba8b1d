import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { GitHubSettings } from '../../../shared/providers/github/github.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { type GitHubImpersonator, github, startGitHub } from '../impersonators/github.ts';

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

/** Signs in by a browser and gives what its scripts may ask. */
async function signedIn(query = '') {
  const browser = local.browser();
  const end = await browser.get(`${origin}/.auth/login/github${query}`);
  const script = { accept: 'application/json', 'sec-fetch-mode': 'cors' };
  return { end, ask: (path: string) => browser.getOnly(`${origin}${path}`, script) };
}

it('a browser signs in by GitHub and sees who it is', async () => {
  const { end, ask } = await signedIn();
  expect(end.url).toBe(`${origin}/.auth/login/done`);
  const [entry, ...others] = (await (await ask('/.auth/me')).json()) as Record<string, unknown>[];
  expect(others).toEqual([]);
  expect(entry).toMatchObject({
    provider_name: 'github',
    user_id: 'octocat',
    access_token: expect.stringMatching(/^gho_/),
    refreshable: false,
    user_claims: expect.arrayContaining([
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier', val: '583231' },
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress', val: 'octocat@example.com' },
      { typ: 'urn:github:login', val: 'octocat' },
    ]),
  });
  expect(entry).not.toHaveProperty('expires_on');
});

it('a session without a refresh token is told what it lacks', async () => {
  const { ask } = await signedIn();
  const problem = await problemIn(await ask('/.auth/refresh'));
  expect(problem).toMatchObject({ status: 400, code: 'refresh_not_possible' });
  expect(JSON.stringify(problem)).toContain('offline_access');
});

it('a session with a refresh token gets new tokens, and leaves none when it ends', async () => {
  const { ask } = await signedIn('?scope=user:email%20offline_access');
  const [before] = (await (await ask('/.auth/me')).json()) as { access_token: string; expires_on: string }[];
  expect(before?.expires_on).toMatch(/Z$/);
  expect((await ask('/.auth/refresh')).status).toBe(200);
  const [after] = (await (await ask('/.auth/me')).json()) as { access_token: string }[];
  expect(after?.access_token).not.toBe(before?.access_token);
  expect(server.isAlive(after?.access_token ?? '')).toBe(true);
  expect(server.isAlive(before?.access_token ?? '')).toBe(false);

  await ask('/.auth/logout');
  await expect.poll(() => server.isAlive(after?.access_token ?? '')).toBe(false);
});

it('a refresh that GitHub refuses for good is told so', async () => {
  const { ask } = await signedIn('?scope=offline_access');
  server.expireAll();
  expect(await problemIn(await ask('/.auth/refresh'))).toMatchObject({ status: 403, code: 'refresh_refused' });
});

it('a code that GitHub refuses signs nobody in', async () => {
  server.fail('/login/oauth/access_token', { body: { error: 'bad_verification_code' } });
  const { end, ask } = await signedIn();
  expect(end.response.status).toBe(401);
  expect(end.body).toContain('sign_in_code_refused');
  expect((await ask('/.auth/me')).status).toBe(401);
});
