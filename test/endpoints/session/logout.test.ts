import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { handle } from '../../../shared/endpoints/handle.ts';
import { logout } from '../../../shared/endpoints/session/logout.ts';
import { TokenkeepError } from '../../../shared/errors/tokenkeep-error.ts';
import { endSession } from '../../../shared/sessions/end-session.ts';
import { createSealer } from '../../../shared/token-store/seal.ts';
import { createSessionStore } from '../../../shared/token-store/session-store.ts';
import { changedApp } from '../../fixtures/changed-app.ts';
import { faultyContainer } from '../../fixtures/faulty-container.ts';
import { type LocalApp, localApp, origin, signedIn } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { sessionIdIn } from '../../fixtures/stored.ts';
import { userData } from '../../fixtures/user-data.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterEach(() => {
  local.services.provider.control.clear();
  local.clock.reset();
});
afterAll(() => local.close());

const signOut = (headers: Record<string, string>, query = '', from: Pick<LocalApp, 'fetch'> = local) =>
  from.fetch(`/.auth/logout${query}`, { headers });

const blobsOf = async (cookie: string) =>
  (await userData(local.app)).filter((name) => name.includes(sessionIdIn(cookie)));

const cleared = 'AppServiceAuthSession=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax';

function expectSignedOut(response: Response, landing = `${origin}/.auth/logout/complete`): void {
  expect(response.status).toBe(302);
  expect(response.headers.get('location')).toBe(landing);
  expect(response.headers.getSetCookie()).toEqual([cleared]);
}

describe('signing out', () => {
  it('deletes all that was stored of the session, clears the cookie and revokes the refresh token', async () => {
    const { cookie } = await signedIn(local);
    const { revocations } = local.services.provider.counters;
    expectSignedOut(await signOut({ cookie }));
    expect(await blobsOf(cookie)).toEqual([]);
    expect(local.services.provider.counters.revocations).toBe(revocations + 1);
    expect(local.logged.slice(-2)).toMatchObject([
      { event: 'tokens_revoked', session: sessionIdIn(cookie), provider: 'demo' },
      { event: 'signed_out', session: sessionIdIn(cookie), reason: 'asked' },
    ]);
    expect((await problemIn(await local.fetch('/.auth/me', { headers: { cookie } }))).code).toBe('session_ended');
  });

  it('clears the cookie with the attributes it was set with over https', async () => {
    const secure = changedApp(local, () => {}, { TOKENKEEP_PUBLIC_URL: 'https://app.example' });
    const [header = ''] = (await signOut({}, '', secure)).headers.getSetCookie();
    expect(header).toBe('AppServiceAuthSession=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax');
  });

  it('ends the session here before the provider is asked for anything', async () => {
    const { cookie } = await signedIn(local);
    const { revocation } = local.services.provider.counters.requests;
    local.services.provider.control.fail('revocation', { status: 'genuine', delayMs: 300 });
    const leaving = signOut({ cookie });
    await vi.waitFor(() => expect(local.services.provider.counters.requests.revocation).toBe(revocation + 1));
    expect(await blobsOf(cookie)).toEqual([]);
    expectSignedOut(await leaving);
  });

  it.each([
    ['is down', {}],
    ['fails', { status: 500 }],
    ['refuses', { status: 401, body: { error: 'invalid_client' } }],
    ['answers with a page', { status: 200, body: '<p>OK' }],
  ] as const)('succeeds though the provider %s', async (_case, fault) => {
    const { cookie } = await signedIn(local);
    local.services.provider.control.fail('revocation', fault);
    expectSignedOut(await signOut({ cookie }));
    expect(await blobsOf(cookie)).toEqual([]);
  });

  it('writes down that the tokens could not be revoked', async () => {
    const { cookie } = await signedIn(local);
    local.services.provider.control.fail('revocation', { status: 503 });
    await signOut({ cookie });
    const failed = { event: 'revocation_failed', session: sessionIdIn(cookie), error: 'provider_unavailable' };
    expect(local.logged).toContainEqual(expect.objectContaining(failed));
  });

  it('asks for no revocation of a refresh token that the provider has refused for good', async () => {
    const { cookie } = await signedIn(local);
    local.services.provider.control.revokeAllGrants();
    expect((await local.fetch('/.auth/refresh', { headers: { cookie } })).status).toBe(403);
    const { revocation } = local.services.provider.counters.requests;
    expectSignedOut(await signOut({ cookie }));
    expect(local.services.provider.counters.requests.revocation).toBe(revocation);
  });

  it('leaves the other sessions of the user alone', async () => {
    const [one, other] = [await signedIn(local), await signedIn(local)];
    await signOut({ cookie: one.cookie });
    expect((await local.fetch('/.auth/me', { headers: { cookie: other.cookie } })).status).toBe(200);
    expect((await local.fetch('/.auth/refresh', { headers: { cookie: other.cookie } })).status).toBe(200);
  });

  it('works by POST, and with the session token in a header', async () => {
    const [one, other, third] = [await signedIn(local), await signedIn(local), await signedIn(local)];
    const token = ({ cookie }: { cookie: string }) => cookie.slice(cookie.indexOf('=') + 1);
    expectSignedOut(await local.fetch('/.auth/logout', { method: 'POST', headers: { cookie: one.cookie } }));
    expectSignedOut(await signOut({ 'x-zumo-auth': token(other) }));
    expectSignedOut(await signOut({ authorization: `Bearer ${token(third)}` }));
    for (const { cookie } of [one, other, third]) expect(await blobsOf(cookie)).toEqual([]);
  });

  it('works with a session token that has expired and could still be refreshed', async () => {
    const { cookie } = await signedIn(local);
    local.clock.advance(9 * 3600);
    expectSignedOut(await signOut({ cookie }));
    expect(await blobsOf(cookie)).toEqual([]);
  });
});

describe('signing out is no error', () => {
  it('the second time', async () => {
    const { cookie } = await signedIn(local);
    await signOut({ cookie });
    expectSignedOut(await signOut({ cookie }));
  });

  it.each([
    ['without a session', {}],
    ['with a cookie that is none of ours', { cookie: 'AppServiceAuthSession=a.b.c' }],
    ['with a bearer of somebody else', { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' }],
  ])('%s', async (_case, headers) => {
    expectSignedOut(await signOut({ ...headers }));
  });

  it('long after the session has ended', async () => {
    const { cookie } = await signedIn(local);
    local.clock.advance(100 * 3600);
    expectSignedOut(await signOut({ cookie }));
  });
});

it('while the store cannot be reached, signing out says so, and the cookie stays for another try', async () => {
  const { cookie } = await signedIn(local);
  const container = faultyContainer(local.app.container, {
    before: (operation) => {
      if (operation === 'remove') throw new TokenkeepError('container_unreachable');
    },
  });
  const { app } = local;
  const store = createSessionStore(container, createSealer(app.ring), app.agenda, app.log);
  const broken = {
    ...app,
    store,
    endSession: (session: Parameters<typeof endSession>[0]) =>
      endSession(session, { store, ring: app.ring, provider: app.provider, log: app.log }),
  };
  const response = await handle(logout, new Request(`${origin}/.auth/logout`, { headers: { cookie } }), broken);
  expect((await problemIn(response)).code).toBe('container_unreachable');
  expect(response.headers.getSetCookie()).toEqual([]);
});

describe('after signing out the user lands', () => {
  const landing = (address: string) => `?${new URLSearchParams({ post_logout_redirect_uri: address })}`;

  it.each([
    ['/bye?x=y', `${origin}/bye?x=y`],
    [`${origin}/bye`, `${origin}/bye`],
    ['https://spa.example/bye', 'https://spa.example/bye'],
    ['', `${origin}/.auth/logout/complete`],
  ])('at %j: %s', async (requested, expected) => {
    const app = changedApp(local, ({ login }) => {
      login.allowedExternalRedirectUrls = ['https://spa.example'];
    });
    expectSignedOut(await signOut({}, landing(requested), app), expected);
  });

  it.each(['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)'])(
    'not at %j, and stays signed in to see why',
    async (requested) => {
      const { cookie } = await signedIn(local);
      const response = await signOut({ cookie }, landing(requested));
      expect((await problemIn(response)).code).toBe('redirect_not_allowed');
      expect(response.headers.get('location')).toBeNull();
      expect(await blobsOf(cookie)).toHaveLength(4);
    },
  );

  it('on a page that says so, where no other place is named', async () => {
    const response = await local.fetch('/.auth/logout/complete');
    expect(response.headers.get('content-security-policy')).toContain("script-src 'none'");
    expect(await response.text()).toContain('<h1>You are signed out</h1>');
  });
});
