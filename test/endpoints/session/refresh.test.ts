import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type LocalApp, localApp, signedIn } from '../../fixtures/local-app.ts';
import { sessionIdIn, storedEntry, storedSession } from '../../fixtures/stored.ts';

let local: LocalApp;
let cookie: string;
beforeAll(async () => {
  local = await localApp();
});
beforeEach(async () => {
  local.services.provider.control.clear();
  local.clock.reset();
  ({ cookie } = await signedIn(local));
});
afterAll(() => local.close());

async function refresh(
  init: RequestInit = {},
  query = '',
): Promise<{ response: Response; body: Record<string, unknown> }> {
  const response = await local.fetch(`/.auth/refresh${query}`, { headers: { cookie }, ...init });
  return { response, body: (await response.json()) as Record<string, unknown> };
}

it.each(['GET', 'POST'])('renews tokens and session by %s', async (method) => {
  const before = await storedEntry(local.app, sessionIdIn(cookie));
  const { response, body } = await refresh({ method, headers: { cookie } });
  expect(response.status).toBe(200);
  expect(body['refreshed']).toBe(true);
  expect((await storedEntry(local.app, sessionIdIn(cookie))).accessToken.reveal()).not.toBe(
    before.accessToken.reveal(),
  );
});

it('accepts a session token that has expired, for 72 hours and for this alone', async () => {
  const session = await storedSession(local.app, sessionIdIn(cookie));
  const later = (hours: number) => local.clock.advance(session.expiresAt + hours * 3600 - local.clock.now() / 1000);
  later(71);
  expect((await local.fetch('/.auth/me', { headers: { cookie } })).status).toBe(401);
  const { response } = await refresh();
  expect(response.status).toBe(200);
  const [renewed = ''] = response.headers.getSetCookie();
  expect(decodeJwt(renewed.slice(renewed.indexOf('=') + 1, renewed.indexOf(';'))).exp).toBeGreaterThan(
    session.expiresAt,
  );
  expect((await local.fetch('/.auth/me', { headers: { cookie: renewed.split(';')[0] ?? '' } })).status).toBe(200);

  later(73);
  expect((await refresh()).body['code']).toBe('session_expired');
});

it('answers 400 with a way out where there is no refresh token', async () => {
  ({ cookie } = await signedIn(local, '?scope=openid%20email'));
  const { response, body } = await refresh();
  expect(response.status).toBe(400);
  expect(body).toMatchObject({ code: 'refresh_not_possible', remedy: expect.stringContaining('offline') });
});

it('answers 400 for a provider the session has no entry of', async () => {
  expect((await refresh({}, '?provider=other')).body).toMatchObject({ status: 400, code: 'refresh_not_possible' });
});

it('answers 401 without a session', async () => {
  const { response, body } = await refresh({ headers: {} });
  expect(response.status).toBe(401);
  expect(body).toMatchObject({ code: 'not_signed_in', login: '/.auth/login/demo' });
});

it('answers 403 with the reason where the provider has refused for good', async () => {
  local.services.provider.control.revokeAllGrants();
  const { response, body } = await refresh();
  expect(response.status).toBe(403);
  expect(body).toMatchObject({ code: 'refresh_refused', detail: 'the provider says invalid_grant' });
  const [entry] = (await (await local.fetch('/.auth/me', { headers: { cookie } })).json()) as Record<string, unknown>[];
  expect(entry).toMatchObject({ refreshable: false, refresh_state: { refused: { reason: 'invalid_grant' } } });
});

it('answers 503 with Retry-After where the provider cannot be asked, and keeps the tokens', async () => {
  const before = await storedEntry(local.app, sessionIdIn(cookie));
  local.services.provider.control.fail('token', { status: 503, headers: { 'retry-after': '40' }, body: {} });
  const { response, body } = await refresh();
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(39);
  expect(body['code']).toBe('refresh_unavailable');
  const after = await storedEntry(local.app, sessionIdIn(cookie));
  expect(after.refreshToken?.reveal()).toBe(before.refreshToken?.reveal());
});
