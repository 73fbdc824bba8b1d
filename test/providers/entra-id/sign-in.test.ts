import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { entraSettings } from '../impersonators/entra-client.ts';
import { adele, type EntraImpersonator, entra, refusal, startEntra } from '../impersonators/entra-id.ts';

const tokenPath = '/common/oauth2/v2.0/token';

let server: EntraImpersonator;
let local: LocalApp;
beforeAll(async () => {
  server = await startEntra();
  const allowed = { groups: ['b0b0b0b0-0000-4000-8000-000000000000'], identities: [adele.oid] };
  const settings = entraSettings(server, { issuer: server.issuer('common'), allowed });
  local = await localApp({ providers: [settings] });
});
afterEach(() => {
  server.clear();
  server.user = adele;
  local.clock.reset();
});
afterAll(async () => {
  await local.close();
  await server.close();
});

/** Signs in by a browser and gives what its scripts may ask. */
async function signedIn(scope = 'openid profile email offline_access') {
  const browser = local.browser();
  const end = await browser.get(`${origin}/.auth/login/aad?scope=${encodeURIComponent(scope)}`);
  const script = { accept: 'application/json', 'sec-fetch-mode': 'cors' };
  return { browser, end, ask: (path: string) => browser.getOnly(`${origin}${path}`, script) };
}

interface Shown {
  readonly access_token: string;
  readonly id_token: string;
}

const claimsOf = (token = '') => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

describe('a browser', () => {
  it('signs in by Entra ID and sees who it is', async () => {
    const { end, ask } = await signedIn();
    expect(end.url).toBe(`${origin}/.auth/login/done`);
    const [entry, ...others] = (await (await ask('/.auth/me')).json()) as Record<string, unknown>[];
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      provider_name: 'aad',
      user_id: 'adele@contoso.example',
      access_token: expect.stringMatching(/^ey/),
      id_token: expect.stringMatching(/^ey/),
      expires_on: expect.stringMatching(/\.0000000Z$/),
      refreshable: true,
      user_claims: expect.arrayContaining([
        { typ: 'http://schemas.microsoft.com/identity/claims/objectidentifier', val: adele.oid },
        { typ: 'http://schemas.microsoft.com/identity/claims/tenantid', val: entra.contoso },
        { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier', val: adele.sub },
        { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress', val: 'adele@contoso.example' },
        { typ: 'name', val: 'Adele Vance' },
        { typ: 'preferred_username', val: 'adele@contoso.example' },
      ]),
    });
  });

  it.each(['AAD', 'azureactivedirectory', 'windowsazureactivedirectory'])('may call it %s', async (name) => {
    const end = await local.browser().get(`${origin}/.auth/login/${name}`);
    expect(end.url).toBe(`${origin}/.auth/login/done`);
  });

  it('is signed out at Entra ID too', async () => {
    const { browser } = await signedIn();
    const answer = await browser.getOnly(`${origin}/.auth/logout`);
    const left = new URL(answer.headers.get('location') ?? '');
    expect(`${left.origin}${left.pathname}`).toBe(`${server.origin}/common/oauth2/v2.0/logout`);
    expect(left.searchParams.get('post_logout_redirect_uri')).toMatch(`${origin}/.auth/logout/`);
  });

  it('of somebody who is on no allow-list gets no session', async () => {
    server.user = { ...adele, oid: 'ffffffff-0000-4000-8000-00000000000f' };
    const { end, ask } = await signedIn();
    expect(end.response.status).toBe(403);
    expect(end.body).toContain('user_not_allowed');
    expect((await ask('/.auth/me')).status).toBe(401);
  });
});

describe('a session', () => {
  it('gets new tokens', async () => {
    const { ask } = await signedIn();
    const [before] = (await (await ask('/.auth/me')).json()) as Shown[];
    expect((await ask('/.auth/refresh')).status).toBe(200);
    const [after] = (await (await ask('/.auth/me')).json()) as Shown[];
    expect(after?.access_token).not.toBe(before?.access_token);
  });

  it('gets a token for a further API, and keeps its own', async () => {
    const { ask } = await signedIn();
    const resource = encodeURIComponent('https://vault.azure.net');
    expect((await ask(`/.auth/refresh?resource=${resource}`)).status).toBe(200);
    const [entry] = (await (await ask(`/.auth/me?resource=${resource}`)).json()) as Shown[];
    expect(claimsOf(entry?.access_token)).toMatchObject({ aud: 'https://vault.azure.net' });
    expect((await ask('/.auth/refresh')).status).toBe(200);
    const [own] = (await (await ask('/.auth/me')).json()) as Shown[];
    expect(claimsOf(own?.access_token)).toMatchObject({ aud: 'https://graph.microsoft.com' });
  });

  it('without offline_access is told what it lacks', async () => {
    const { ask } = await signedIn('openid profile');
    const problem = await problemIn(await ask('/.auth/refresh'));
    expect(problem).toMatchObject({ status: 400, code: 'refresh_not_possible' });
    expect(JSON.stringify(problem)).toContain('offline_access');
  });

  it('that Entra refuses for good is told so', async () => {
    const { ask } = await signedIn();
    server.revokeAll();
    const problem = await problemIn(await ask('/.auth/refresh'));
    expect(problem).toMatchObject({ status: 403, code: 'refresh_refused', detail: 'the provider says invalid_grant' });
  });

  it('outlives being throttled, which Entra calls invalid_grant', async () => {
    const { ask } = await signedIn();
    server.fail(tokenPath, refusal('invalid_grant', 50196), 1);
    expect(await problemIn(await ask('/.auth/refresh'))).toMatchObject({ status: 503, code: 'refresh_unavailable' });
    expect((await ask('/.auth/refresh')).status).toBe(200);
  });
});

describe('a token of Entra ID as Bearer', () => {
  const me = (token: string) => local.fetch('/.auth/me', { headers: { authorization: `Bearer ${token}` } });

  it.each([1, 2] as const)('opens the newest session of its user, v%i', async (version) => {
    await signedIn();
    const entries = await (await me(await server.keys.tenants.sign(server.claims(adele, version)))).json();
    expect(entries).toMatchObject([{ provider_name: 'aad', user_id: 'adele@contoso.example' }]);
  });

  it('opens none when it is for another app', async () => {
    await signedIn();
    const token = await server.keys.tenants.sign({ ...server.claims(adele, 2), aud: 'another' });
    expect(await problemIn(await me(token))).toMatchObject({ status: 401, code: 'session_token_invalid' });
  });
});
