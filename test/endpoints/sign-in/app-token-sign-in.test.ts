import { randomBytes } from 'node:crypto';
import { decodeJwt, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../../shared/app.ts';
import { handle } from '../../../shared/endpoints/handle.ts';
import { appTokenSignIn } from '../../../shared/endpoints/sign-in/app-token-sign-in.ts';
import { type LocalApp, localApp, origin, signedIn } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { sessionIdIn, storedEntry, storedSession } from '../../fixtures/stored.ts';
import { userData } from '../../fixtures/user-data.ts';

let local: LocalApp;
/** An instance that shares its signing key with other servers. */
let sharing: App;
const signingKey = randomBytes(32);
beforeAll(async () => {
  local = await localApp();
  sharing = local.another({ WEBSITE_AUTH_SIGNING_KEY: signingKey.toString('hex') });
});
afterEach(() => local.clock.reset());
afterAll(() => local.close());

function post(body: unknown, app = local.app, headers: Record<string, string> = {}): Promise<Response> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
  return handle(appTokenSignIn, new Request(`${origin}/.auth/login`, init), app);
}

async function token(): Promise<string> {
  const { cookie } = await signedIn(local);
  return cookie.slice(cookie.indexOf('=') + 1);
}

/** Made as the Functions extension of Microsoft Graph did: it names a user, not a session. */
function selfIssued(claims: Record<string, unknown>, key: Uint8Array = signingKey): Promise<string> {
  const now = Math.floor(local.clock.now() / 1000);
  return new SignJWT({ idp: 'demo', ...claims })
    .setProtectedHeader({ typ: 'JWT', alg: 'HS256' })
    .setIssuer(`${origin}/`)
    .setAudience(`${origin}/`)
    .setNotBefore(now)
    .setExpirationTime(now + 900)
    .sign(key);
}

describe('a session token that the app has kept', () => {
  it('opens the session that it names; no other is begun', async () => {
    const kept = await token();
    const before = await userData(local.app);
    const response = await local.fetch('/.auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ authenticationToken: kept }),
    });
    expect(response.status).toBe(200);
    expect(response.headers.getSetCookie()).toEqual([]);
    const reply = (await response.json()) as { authenticationToken: string };
    expect(reply).toEqual({ authenticationToken: expect.any(String), user: { userId: decodeJwt(kept).sub } });
    expect(sessionIdIn(`c=${reply.authenticationToken}`)).toBe(sessionIdIn(`c=${kept}`));
    expect((await local.fetch('/.auth/me', { headers: { 'x-zumo-auth': reply.authenticationToken } })).status).toBe(
      200,
    );
    expect(await userData(local.app)).toEqual(before);
  });

  it('counts, and not the token in a header or the cookie beside it', async () => {
    const [kept, other] = [await token(), await token()];
    for (const headers of [{ 'x-zumo-auth': other }, { cookie: `AppServiceAuthSession=${other}` }]) {
      const reply = (await (await post({ authenticationToken: kept }, local.app, headers)).json()) as {
        authenticationToken: string;
      };
      expect(sessionIdIn(`c=${reply.authenticationToken}`)).toBe(sessionIdIn(`c=${kept}`));
    }
  });

  it('is refused once it has expired, though it could be refreshed', async () => {
    const kept = await token();
    local.clock.advance(8 * 3600 + 1);
    expect(await problemIn(await post({ authenticationToken: kept }))).toMatchObject({
      code: 'session_expired',
      status: 401,
    });
  });

  it('is refused after a sign-out', async () => {
    const kept = await token();
    await local.app.endSession(await storedSession(local.app, sessionIdIn(`c=${kept}`)));
    expect((await problemIn(await post({ authenticationToken: kept }))).code).toBe('session_ended');
  });
});

describe('a token that a server has made with the shared key', () => {
  it('opens the session of the user that it names, and is given back', async () => {
    const { cookie } = await signedIn(local);
    const { subject } = await storedEntry(local.app, sessionIdIn(cookie));
    const made = await selfIssued({ nameid: subject });
    const response = await post({ authenticationToken: made }, sharing);
    expect(response.status).toBe(200);
    const { sid } = await storedSession(local.app, sessionIdIn(cookie));
    expect(await response.json()).toEqual({ authenticationToken: made, user: { userId: sid } });
  });

  it('is refused where the key is not shared, or is another', async () => {
    const made = await selfIssued({ nameid: 'ada' });
    expect((await problemIn(await post({ authenticationToken: made }))).code).toBe('session_token_invalid');
    const forged = await selfIssued({ nameid: 'ada' }, randomBytes(32));
    expect((await problemIn(await post({ authenticationToken: forged }, sharing))).code).toBe('session_token_invalid');
  });

  it('is refused where the user has no session here', async () => {
    const made = await selfIssued({ nameid: 'nobody-of-this-name' });
    expect((await problemIn(await post({ authenticationToken: made }, sharing))).code).toBe('session_ended');
  });
});

describe('a request that cannot be read is refused', () => {
  it.each([
    [{}],
    [{ authenticationToken: '' }],
    [{ authenticationToken: 5 }],
    [{ authenticationToken: 'a\nb' }],
    [[]],
    [null],
  ])('%j', async (body) => {
    expect(await problemIn(await post(body))).toMatchObject({ code: 'request_malformed', status: 400 });
  });

  it('with a text that is no token', async () => {
    expect((await problemIn(await post({ authenticationToken: 'a.b.c' }))).code).toBe('session_token_invalid');
  });
});
