import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalApp, localApp, origin, signedIn } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { sessionIdIn, storedSession } from '../../fixtures/stored.ts';
import { entraSettings } from '../../providers/impersonators/entra-client.ts';
import { type EntraImpersonator, startEntra } from '../../providers/impersonators/entra-id.ts';

const vault = 'https://vault.azure.net';
const graph = 'https://graph.microsoft.com';
const tokenPath = '/common/oauth2/v2.0/token';

let server: EntraImpersonator;
let local: LocalApp;
let cookie: string;
beforeAll(async () => {
  server = await startEntra();
  local = await localApp({ providers: [entraSettings(server, { issuer: server.issuer('common') })] });
});
beforeEach(async () => {
  const browser = local.browser();
  await browser.get(`${origin}/.auth/login/aad?scope=${encodeURIComponent('openid profile email offline_access')}`);
  cookie = `AppServiceAuthSession=${browser.cookies(origin)['AppServiceAuthSession']}`;
  server.clear();
});
afterEach(() => local.clock.reset());
afterAll(async () => {
  await local.close();
  await server.close();
});

const ask = (path: string) => local.fetch(path, { headers: { cookie } });
const of = (resource: string) => `?resource=${encodeURIComponent(resource)}`;
/** The audience of the token that `me` shows, and when it expires. */
async function shown(query = ''): Promise<{ aud: unknown; expiresOn: number }> {
  const [entry] = (await (await ask(`/.auth/me${query}`)).json()) as { access_token: string; expires_on: string }[];
  return { aud: decodeJwt(entry?.access_token ?? '').aud, expiresOn: Date.parse(entry?.expires_on ?? '') };
}
const grants = () => server.received.filter(({ url }) => url.pathname === tokenPath).length;

describe('a token for a further resource', () => {
  it('is shown where it is asked for, and the session’s own token elsewhere', async () => {
    const own = await shown();
    expect((await shown(of(vault))).aud).toBe(vault);
    expect((await shown()).aud).toEqual(own.aud);
  });

  it('is fetched once, and kept beside others', async () => {
    for (const resource of [vault, graph, vault, graph]) expect((await shown(of(resource))).aud).toBe(resource);
    expect(grants()).toBe(2);
    const { entries } = await storedSession(local.app, sessionIdIn(cookie));
    expect(Object.keys(entries['aad']?.targets ?? {})).toEqual([vault, graph]);
  });

  it('is fetched anew shortly before it expires', async () => {
    const { expiresOn } = await shown(of(vault));
    local.clock.advance((expiresOn - local.clock.now()) / 1000 - 30);
    expect((await shown(of(vault))).expiresOn).toBeGreaterThan(expiresOn);
  });

  it('is what me shows after a refresh for it, as with App Service, until a refresh for none', async () => {
    const own = await shown();
    await ask(`/.auth/refresh${of(vault)}`);
    expect((await shown()).aud).toBe(vault);
    await ask('/.auth/refresh');
    expect((await shown()).aud).toEqual(own.aud);
  });

  it('is refreshed for a reader who is shown it without asking', async () => {
    await ask(`/.auth/refresh${of(vault)}`);
    const before = await shown();
    local.clock.advance((before.expiresOn - local.clock.now()) / 1000 - 30);
    const after = await shown();
    expect(after.aud).toBe(vault);
    expect(after.expiresOn).toBeGreaterThan(before.expiresOn);
  });

  it('serves several who ask at once by one call', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => shown(of(vault))));
    expect(answers.map(({ aud }) => aud)).toEqual(Array(5).fill(vault));
    expect(grants()).toBe(1);
  });

  it('that the provider refuses leaves the session as it is', async () => {
    const before = await storedSession(local.app, sessionIdIn(cookie));
    for (const route of ['/.auth/me', '/.auth/refresh']) {
      const problem = await problemIn(await ask(`${route}${of('https://unknown.example')}`));
      expect(problem).toMatchObject({
        status: 403,
        code: 'refresh_refused',
        detail: 'the provider says invalid_resource',
      });
    }
    expect(await storedSession(local.app, sessionIdIn(cookie))).toEqual(before);
    expect((await ask('/.auth/refresh')).status).toBe(200);
  });

  it('that cannot be had just now is no reason to put off the session’s own refresh', async () => {
    server.fail(tokenPath, { status: 503, body: {} });
    expect(await problemIn(await ask(`/.auth/me${of(vault)}`))).toMatchObject({
      status: 503,
      code: 'refresh_unavailable',
    });
    const { entries } = await storedSession(local.app, sessionIdIn(cookie));
    expect(entries['aad']?.failures).toBe(0);
  });
});

it.each(['resource=https%3A%2F%2Fa.example', 'scope=a'])(
  'a provider whose tokens are for one resource only says so: %s',
  async (query) => {
    const headers = { cookie: (await signedIn(local)).cookie };
    for (const route of ['/.auth/me', '/.auth/refresh']) {
      const problem = await problemIn(await local.fetch(`${route}?${query}`, { headers }));
      expect(problem).toMatchObject({ status: 400, code: 'request_malformed' });
    }
  },
);
