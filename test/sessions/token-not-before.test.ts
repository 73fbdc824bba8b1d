import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type LocalApp, localApp, origin, signedIn } from '../fixtures/local-app.ts';
import { problemIn } from '../fixtures/problem.ts';
import { sessionIdIn, storedEntry } from '../fixtures/stored.ts';

const signingKey = randomBytes(32);
let local: LocalApp;
let nameid: string;
beforeAll(async () => {
  local = await localApp({ environment: { WEBSITE_AUTH_SIGNING_KEY: signingKey.toString('hex') } });
  nameid = (await storedEntry(local.app, sessionIdIn((await signedIn(local)).cookie))).subject;
});
afterEach(() => local.clock.reset());
afterAll(() => local.close());

/** A token of a server with the shared key, that is good in so many seconds. */
async function goodIn(seconds: number): Promise<string> {
  const now = Math.floor(local.clock.now() / 1000);
  const claims = { idp: 'demo', nameid, iss: `${origin}/`, aud: `${origin}/`, nbf: now + seconds, exp: now + 7200 };
  return new SignJWT(claims).setProtectedHeader({ typ: 'JWT', alg: 'HS256' }).sign(signingKey);
}

const me = (token: string) => local.fetch('/.auth/me', { headers: { 'x-zumo-auth': token } });

it('a token that is good later only is refused, and taken once its time has come', async () => {
  const token = await goodIn(3600);
  expect(await problemIn(await me(token))).toMatchObject({ status: 401, code: 'session_token_invalid' });
  local.clock.advance(3600);
  expect((await me(token)).status).toBe(200);
});

it('a server whose clock is some minutes ahead makes good tokens', async () => {
  expect((await me(await goodIn(240))).status).toBe(200);
});
