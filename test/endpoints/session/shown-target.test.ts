import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { LeaseId } from '../../../shared/token-store/container.ts';
import { faultyEngine } from '../../fixtures/engine.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { sessionIdIn, storedSession } from '../../fixtures/stored.ts';
import { entraSettings } from '../../providers/impersonators/entra-client.ts';
import { type EntraImpersonator, startEntra } from '../../providers/impersonators/entra-id.ts';

const vault = 'https://vault.azure.net';
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
const grants = () => server.received.filter(({ url }) => url.pathname === tokenPath).length;

async function audience(query = ''): Promise<unknown> {
  const [entry] = (await (await ask(`/.auth/me${query}`)).json()) as { access_token?: string }[];
  return entry?.access_token === undefined ? undefined : decodeJwt(entry.access_token).aud;
}

it('the timer’s refresh of the session’s own token does not change which one a client is shown', async () => {
  await ask(`/.auth/refresh${of(vault)}`);
  expect(await audience()).toBe(vault);
  const id = sessionIdIn(cookie);
  const { refreshAt = 0 } = (await storedSession(local.app, id)).entries['aad'] ?? {};
  local.clock.advance(refreshAt - local.clock.now() / 1000 + 1);
  expect((await local.app.refresh({ id, provider: 'aad', cause: 'sweep' })).status).toBe('refreshed');
  expect(await audience()).toBe(vault);
});

it('who waits for a further token while somebody else writes the session is given that token', async () => {
  const { container, store } = local.app;
  const id = sessionIdIn(cookie);
  const leaseId = crypto.randomUUID() as string as LeaseId;
  expect(await container.acquireLease(`sessions/${id}`, leaseId, 60)).toMatchObject({ status: 'acquired' });
  let looks = 0;
  /** The lease is theirs when the session is looked at first; they write before the second look and leave before the third. */
  const others = async (operation: string) => {
    if (operation !== 'acquireLease') return;
    looks += 1;
    if (looks === 3) await container.releaseLease(`sessions/${id}`, leaseId);
    if (looks !== 2) return;
    const stored = (await store.read(id)) ?? expect.fail('there is no session');
    const longer = { ...stored.session, expiresAt: stored.session.expiresAt + 7 };
    expect(await store.update(longer, stored.session, { etag: stored.etag, leaseId })).toBeDefined();
  };
  const { refresh } = faultyEngine(local.app, { before: others });
  const outcome = await refresh({ id, provider: 'aad', target: { resource: vault }, cause: 'read' });
  expect(outcome.status).toBe('refreshed');
  expect((await storedSession(local.app, id)).entries['aad']?.targets?.[vault]).toBeDefined();
});

it('a resource and a permission are not taken for two permissions', async () => {
  await audience(`${of(vault)}&scope=user_impersonation`);
  const before = grants();
  await audience(`?scope=${encodeURIComponent(`${vault} user_impersonation`)}`);
  expect(grants()).toBe(before + 1);
});

it.each(['constructor', '__proto__'])('a resource named %s is asked for like any other', async (name) => {
  await audience(of(vault));
  expect(await audience(of(name))).toBe(name);
  expect(await audience(of(name))).toBe(name);
  expect(grants()).toBe(2);
});
