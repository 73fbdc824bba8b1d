import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalApp, localApp, origin, signedIn } from '../fixtures/local-app.ts';
import { problemIn } from '../fixtures/problem.ts';
import { sessionIdIn, storedEntry } from '../fixtures/stored.ts';

let local: LocalApp;
let idToken: string;
let cookie: string;
beforeAll(async () => {
  local = await localApp();
});
beforeEach(async () => {
  // The newest session is to be the one of this test.
  local.clock.advance(61);
  local.services.provider.control.clear();
  ({ cookie } = await signedIn(local));
  idToken = (await storedEntry(local.app, sessionIdIn(cookie))).idToken?.reveal() ?? '';
});
afterAll(() => local.close());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('a token of the provider itself, as Bearer', () => {
  it('opens the newest session of its user', async () => {
    const response = await local.fetch('/.auth/me', { headers: bearer(idToken) });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject([{ provider_name: 'demo', user_id: 'ada@example.com' }]);
  });

  it('refreshes that session’s tokens', async () => {
    const before = await storedEntry(local.app, sessionIdIn(cookie));
    const response = await local.fetch('/.auth/refresh', { headers: bearer(idToken) });
    expect(await response.json()).toMatchObject({ authenticationToken: idToken });
    const after = await storedEntry(local.app, sessionIdIn(cookie));
    expect(after.accessToken.reveal()).not.toBe(before.accessToken.reveal());
  });

  it('opens nothing once the user has signed out everywhere', async () => {
    const headers = bearer(idToken);
    for (let status = 200; status === 200; ) {
      await local.fetch('/.auth/logout', { headers });
      ({ status } = await local.fetch('/.auth/me', { headers }));
    }
    expect((await problemIn(await local.fetch('/.auth/me', { headers }))).code).toBe('session_ended');
    expect((await local.fetch('/.auth/me', { headers: { cookie } })).status).toBe(401);
  });

  it('is refused with any character changed, and in any other carrier', async () => {
    const [head, body, signature = ''] = idToken.split('.');
    const flipped = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
    const tampered = await local.fetch('/.auth/me', { headers: bearer(`${head}.${body}.${flipped}`) });
    expect(tampered.status).toBe(401);
    expect(await problemIn(tampered)).toMatchObject({ code: 'session_token_invalid' });
    for (const headers of [{ 'x-zumo-auth': idToken }, { cookie: `AppServiceAuthSession=${idToken}` }]) {
      expect(await problemIn(await local.fetch('/.auth/me', { headers }))).toMatchObject({
        code: 'session_token_invalid',
      });
    }
  });

  it('is refused once it has expired', async () => {
    local.clock.advance(2 * 3600);
    const response = await local.fetch('/.auth/me', { headers: bearer(idToken) });
    local.clock.reset();
    expect(response.status).toBe(401);
  });

  it('cannot be judged while the provider does not give its keys: not now, rather than nobody', async () => {
    local.services.provider.control.fail('jwks', { status: 503 });
    const request = new Request(`${origin}/.auth/me`, { headers: bearer(idToken) });
    await expect(local.another().authenticate(request)).rejects.toMatchObject({ code: 'provider_unavailable' });
  });
});
