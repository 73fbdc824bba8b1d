import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RefreshRequest } from '../../shared/refresh/engine.ts';
import { type LocalApp, localApp, origin } from '../fixtures/local-app.ts';
import { problemIn } from '../fixtures/problem.ts';
import { sessionIdIn, storedSession } from '../fixtures/stored.ts';
import { entraSettings } from '../providers/impersonators/entra-client.ts';
import { type EntraImpersonator, startEntra } from '../providers/impersonators/entra-id.ts';

const vault = 'https://vault.azure.net';
const unknown = 'https://unknown.example';
const tokenPath = '/common/oauth2/v2.0/token';

let server: EntraImpersonator;
let local: LocalApp;
let cookie: string;
beforeAll(async () => {
  server = await startEntra();
  local = await localApp({ providers: [entraSettings(server, { issuer: server.issuer('common') })] });
});
beforeEach(async () => {
  local.clock.reset();
  const browser = local.browser();
  await browser.get(`${origin}/.auth/login/aad?scope=${encodeURIComponent('openid profile email offline_access')}`);
  cookie = `AppServiceAuthSession=${browser.cookies(origin)['AppServiceAuthSession']}`;
  server.clear();
});
afterAll(async () => {
  await local.close();
  await server.close();
});

const grants = () => server.received.filter(({ url }) => url.pathname === tokenPath).length;
const ask = (method: 'GET' | 'POST', path: string) =>
  local.fetch(path, { method, headers: { cookie, origin, 'x-requested-with': 'test' } });
const read = (resource: string) => ask('GET', `/.auth/me?resource=${encodeURIComponent(resource)}`);
const refresh = (resource: string) => ask('POST', `/.auth/refresh?resource=${encodeURIComponent(resource)}`);

async function expectRefused(response: Response): Promise<void> {
  const detail = 'the provider says invalid_resource';
  expect(await problemIn(response)).toMatchObject({ status: 403, code: 'refresh_refused', detail });
}

describe('a token for a further resource that the provider refuses', () => {
  it('costs it one question in 30 seconds, however often it is read', async () => {
    for (let reader = 0; reader < 4; reader++) await expectRefused(await read(unknown));
    local.clock.advance(29);
    await expectRefused(await read(unknown));
    expect(grants()).toBe(1);
    local.clock.advance(2);
    await expectRefused(await read(unknown));
    expect(grants()).toBe(2);
  });

  it('is asked for again by who refreshes, and readers are given the newer answer', async () => {
    await expectRefused(await read(unknown));
    await expectRefused(await refresh(unknown));
    expect(grants()).toBe(2);
    local.clock.advance(20);
    await expectRefused(await refresh(unknown));
    local.clock.advance(20);
    await expectRefused(await read(unknown));
    expect(grants()).toBe(3);
  });

  it('is no answer about another resource, nor about the session’s own token', async () => {
    await expectRefused(await read(unknown));
    expect((await read(vault)).status).toBe(200);
    expect((await ask('POST', '/.auth/refresh')).status).toBe(200);
    expect(grants()).toBe(3);
  });

  it('is no answer for another session', async () => {
    await expectRefused(await read(unknown));
    const browser = local.browser();
    await browser.get(`${origin}/.auth/login/aad?scope=${encodeURIComponent('openid offline_access')}`);
    cookie = `AppServiceAuthSession=${browser.cookies(origin)['AppServiceAuthSession']}`;
    server.clear();
    await expectRefused(await read(unknown));
    expect(grants()).toBe(1);
  });

  it('leaves no open try behind', async () => {
    await expectRefused(await read(unknown));
    expect((await storedSession(local.app, sessionIdIn(cookie))).entries['aad']).not.toHaveProperty('attemptedAt');
  });
});

describe('a token for a further resource that cannot be had just now', () => {
  it('is asked for once in 30 seconds as well', async () => {
    server.fail(tokenPath, { status: 503, body: {} }, 1);
    for (let reader = 0; reader < 3; reader++) {
      expect(await problemIn(await read(vault))).toMatchObject({ status: 503, code: 'refresh_unavailable' });
    }
    expect(grants()).toBe(1);
    local.clock.advance(31);
    expect((await read(vault)).status).toBe(200);
  });

  it('is had by who refreshes, and by readers from then on', async () => {
    server.fail(tokenPath, { status: 503, body: {} }, 1);
    expect((await read(vault)).status).toBe(503);
    expect((await refresh(vault)).status).toBe(200);
    expect((await read(vault)).status).toBe(200);
    expect(grants()).toBe(2);
  });
});

describe('what is given along with the remembered answer', () => {
  const request = (): RefreshRequest => ({
    id: sessionIdIn(cookie),
    provider: 'aad',
    target: { resource: unknown },
    cause: 'read',
  });

  it('is the session as it is now', async () => {
    const { refresh: engine } = local.app;
    expect(await engine(request())).toMatchObject({ status: 'refused' });
    local.clock.advance(1);
    expect((await engine({ id: sessionIdIn(cookie), provider: 'aad', cause: 'request' })).status).toBe('refreshed');
    const before = grants();
    expect(await engine(request())).toEqual({
      status: 'refused',
      reason: 'invalid_resource',
      session: await storedSession(local.app, sessionIdIn(cookie)),
    });
    expect(grants()).toBe(before);
  });

  it('is that it has ended, once it has', async () => {
    const { refresh: engine, store } = local.app;
    expect(await engine(request())).toMatchObject({ status: 'refused' });
    await store.end(await storedSession(local.app, sessionIdIn(cookie)));
    expect(await engine(request())).toEqual({ status: 'ended' });
  });
});
