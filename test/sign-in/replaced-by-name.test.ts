import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { holdingBrowser } from '../fixtures/holding-browser.ts';
import { type LocalApp, localApp, origin, signedIn } from '../fixtures/local-app.ts';
import { sessionIdIn, storedEntry, storedSession } from '../fixtures/stored.ts';

const signingKey = randomBytes(32);
let local: LocalApp;
beforeAll(async () => {
  local = await localApp({ environment: { WEBSITE_AUTH_SIGNING_KEY: signingKey.toString('hex') } });
});
afterAll(() => local.close());

it('a cookie that names its user, and no session, does not end the one that the sign-in has begun', async () => {
  const { subject } = await storedEntry(local.app, sessionIdIn((await signedIn(local)).cookie));
  const now = Math.floor(local.clock.now() / 1000);
  const claims = { idp: 'demo', nameid: subject, iss: `${origin}/`, aud: `${origin}/`, exp: now + 900 };
  const token = await new SignJWT(claims).setProtectedHeader({ typ: 'JWT', alg: 'HS256' }).sign(signingKey);
  local.clock.advance(60);
  const { authorize, open, browser } = holdingBrowser(local);
  browser.jar.store(origin, [`AppServiceAuthSession=${token}; Path=/`]);
  await open(await authorize());
  const id = sessionIdIn(`c=${browser.cookies(origin)['AppServiceAuthSession']}`);
  expect((await storedSession(local.app, id)).id).toBe(id);
});
