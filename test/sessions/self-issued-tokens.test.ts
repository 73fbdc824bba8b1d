import { randomBytes } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aliasOf } from '../../shared/token-store/epoch.ts';
import { type LocalApp, localApp, origin, signedIn } from '../fixtures/local-app.ts';
import { problemIn } from '../fixtures/problem.ts';
import { sessionIdIn, storedEntry, storedSession } from '../fixtures/stored.ts';

const signingKey = randomBytes(32);
let local: LocalApp;
let nameid: string;
beforeAll(async () => {
  local = await localApp({ environment: { WEBSITE_AUTH_SIGNING_KEY: signingKey.toString('hex') } });
});
beforeEach(async () => {
  local.clock.reset();
  nameid = (await storedEntry(local.app, sessionIdIn((await signedIn(local)).cookie))).subject;
});
afterAll(() => local.close());

/** A token as Microsoft's Graph extension makes it, good for 15 minutes. */
function selfIssued(changes: JWTPayload = {}, key: Uint8Array = signingKey): Promise<string> {
  const now = Math.floor(local.clock.now() / 1000);
  const claims = { idp: 'demo', nameid, iss: `${origin}/`, aud: `${origin}/`, nbf: now, iat: now, exp: now + 900 };
  return new SignJWT({ ...claims, ...changes }).setProtectedHeader({ typ: 'JWT', alg: 'HS256' }).sign(key);
}

async function me(token: string, query = ''): Promise<Response> {
  return local.fetch(`/.auth/me${query}`, { headers: { 'x-zumo-auth': token } });
}

describe('a token that a server has made with the shared key', () => {
  it('opens the session of the user it names, whatever the case of the provider', async () => {
    const response = await me(await selfIssued({ idp: 'DEMO' }), '?provider=DEMO');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ provider_name: 'demo', user_id: 'ada@example.com' });
  });

  it('opens the newest session of several', async () => {
    local.clock.advance(120);
    const { cookie } = await signedIn(local);
    const newest = await storedEntry(local.app, sessionIdIn(cookie));
    const [entry] = (await (await me(await selfIssued())).json()) as { access_token: string }[];
    expect(entry?.access_token).toBe(newest.accessToken.reveal());
  });

  it('goes on to the session before, once the newest has ended', async () => {
    local.clock.advance(600);
    const older = await storedEntry(local.app, sessionIdIn((await signedIn(local)).cookie));
    local.clock.advance(10);
    const { cookie } = await signedIn(local);
    await local.fetch('/.auth/logout', { headers: { cookie } });
    const [entry] = (await (await me(await selfIssued())).json()) as { access_token: string }[];
    expect(entry?.access_token).toBe(older.accessToken.reveal());
  });

  it('refreshes the tokens, and is given back as it is, not with a longer life', async () => {
    const token = await selfIssued();
    const before = (await (await me(token)).json()) as { access_token: string }[];
    const response = await local.fetch('/.auth/refresh', { headers: { 'x-zumo-auth': token } });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      authenticationToken: token,
      user: { userId: expect.stringMatching(/^sid:[\da-f]{32}$/) },
    });
    const after = (await (await me(token)).json()) as { access_token: string }[];
    expect(after[0]?.access_token).not.toBe(before[0]?.access_token);
  });

  it.each<[string, () => Promise<string>]>([
    ['of another key', () => selfIssued({}, randomBytes(32))],
    ['for another audience', () => selfIssued({ aud: 'https://other.example/' })],
    ['of another issuer', () => selfIssued({ iss: 'https://other.example/' })],
    ['that names nobody', () => selfIssued({ nameid: '' })],
    ['without a provider', () => selfIssued({ idp: undefined })],
  ])('is refused: one %s', async (_case, token) => {
    const response = await me(await token());
    expect(response.status).toBe(401);
    expect(await problemIn(response)).toMatchObject({ code: 'session_token_invalid' });
  });

  it('is refused once it has expired', async () => {
    const token = await selfIssued();
    local.clock.advance(901);
    expect(await problemIn(await me(token))).toMatchObject({ code: 'session_expired' });
  });

  it.each([
    ['a user who is not signed in', { nameid: 'nobody' }],
    ['the same user of another provider', { idp: 'other' }],
  ])('opens nothing for %s', async (_case, changes) => {
    const response = await me(await selfIssued(changes));
    expect(response.status).toBe(401);
    expect(await problemIn(response)).toMatchObject({ code: 'session_ended' });
  });

  it('opens no session whose own document does not name the user, whoever wrote the marker', async () => {
    const { cookie } = await signedIn(local);
    const { signedInAt, id } = await storedSession(local.app, sessionIdIn(cookie));
    const alias = aliasOf(await local.app.ring.newest(), 'demo', 'mallory');
    const minute = new Date(signedInAt * 1000).toISOString().replace(/[-T:]/g, '').slice(0, 12);
    await local.app.container.mark(`users/${alias}/${minute}/${id}`);
    expect((await me(await selfIssued({ nameid: 'mallory' }))).status).toBe(401);
  });
});

it('without a shared key, no token without a session is accepted', async () => {
  const plain = local.another({ WEBSITE_AUTH_SIGNING_KEY: '' });
  const request = new Request(`${origin}/.auth/me`, { headers: { 'x-zumo-auth': await selfIssued() } });
  await expect(plain.authenticate(request)).rejects.toMatchObject({ code: 'session_token_invalid' });
});
