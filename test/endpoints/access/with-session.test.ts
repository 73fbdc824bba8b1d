import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SignedInUser } from '../../../shared/endpoints/access/signed-in-user.ts';
import { withSession } from '../../../shared/endpoints/access/with-session.ts';
import { handle } from '../../../shared/endpoints/handle.ts';
import { type LocalApp, localApp, origin, signedIn } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { sessionIdIn, storedEntry } from '../../fixtures/stored.ts';

let local: LocalApp;
let cookie: string;
beforeAll(async () => {
  local = await localApp();
});
beforeEach(async () => {
  local.clock.reset();
  ({ cookie } = await signedIn(local));
});
afterEach(() => local.services.provider.control.clear());
afterAll(() => local.close());

/** What an API of the same app answers to a request. */
function ask(
  run: (request: Request, user: SignedInUser) => Promise<Response>,
  headers: Record<string, string> = { cookie },
  init: RequestInit = {},
): Promise<Response> {
  return handle(withSession(run), new Request(`${origin}/api/orders`, { ...init, headers }), local.app);
}
const never = () => Promise.reject(new Error('the handler was called'));

/** What `getToken` gives to a handler, or the code of the error that it throws. */
async function token(...wanted: Parameters<SignedInUser['getToken']>): Promise<string> {
  const response = await ask(async (_, user) => new Response((await user.getToken(...wanted)).accessToken.reveal()));
  return response.ok ? response.text() : (await problemIn(response)).code;
}

describe('a function of the app for users', () => {
  it('is told who asks', async () => {
    const response = await ask(async (_, { userId, principal }) => Response.json({ userId, principal }));
    const { userId, principal } = (await response.json()) as SignedInUser;
    expect(userId).toMatch(/^sid:[0-9a-f]{32}$/);
    expect(principal).toMatchObject({ provider: 'demo', name: 'ada@example.com' });
    expect(principal.claims.map(({ typ }) => typ)).toContain('name');
  });

  it('gets the request as it came, and its answer goes out', async () => {
    const run = async (request: Request) => new Response(`${request.method} ${await request.text()}`, { status: 201 });
    const response = await ask(run, { cookie, origin }, { method: 'POST', body: 'an order' });
    expect([response.status, await response.text()]).toEqual([201, 'POST an order']);
  });

  it('may answer with what it has fetched', async () => {
    const response = await ask(() => fetch(`${local.services.provider.issuer}/.well-known/openid-configuration`));
    expect(await response.json()).toMatchObject({ issuer: local.services.provider.issuer });
  });

  it('is not called without a session', async () => {
    expect(await problemIn(await ask(never, {}))).toMatchObject({ code: 'not_signed_in', login: '/.auth/login/demo' });
  });

  it('is not called by what another site had the browser post', async () => {
    const headers = { cookie, origin: 'https://evil.example', 'user-agent': 'Mozilla/5.0' };
    const response = await ask(never, headers, { method: 'POST' });
    expect((await problemIn(response)).code).toBe('cross_site_refused');
  });
});

describe('the token that such a function gets', () => {
  it('is the stored one while that is good', async () => {
    expect(await token()).toBe((await storedEntry(local.app, sessionIdIn(cookie))).accessToken.reveal());
  });

  it('is a new one where the stored one is about to expire', async () => {
    const before = await token();
    local.clock.advance(3590);
    const after = await token('DEMO');
    expect(after).not.toBe(before);
    expect(after).toBe((await storedEntry(local.app, sessionIdIn(cookie))).accessToken.reveal());
  });

  it('is the old one for its last seconds where the provider does not answer', async () => {
    const before = await token();
    local.clock.advance(3590);
    local.services.provider.control.fail('token', { status: 503 });
    expect(await token()).toBe(before);
  });

  it('is none where the provider does not answer and the old one has expired', async () => {
    local.clock.advance(3601);
    local.services.provider.control.fail('token', { status: 503 });
    expect(await token()).toBe('refresh_unavailable');
  });

  it('is none of a provider that the user has no account of here', async () => {
    expect(await token('google')).toBe('connection_unknown');
    expect(await token('constructor')).toBe('connection_unknown');
  });

  it('is none for more than the user has granted', async () => {
    const response = await ask(async (_, user) => {
      await user.getToken('demo', { scopes: ['openid', 'mail.send'] });
      return new Response('given');
    });
    expect(await problemIn(response)).toMatchObject({ code: 'scopes_not_granted' });
  });
});
