import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalApp, localApp, origin, signedIn } from '../fixtures/local-app.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterAll(() => local.close());

it('without the deprecated sid a session token has version 4, and names the user by the same sub as before', async () => {
  const { cookie } = await signedIn(local);
  const before = decodeJwt(cookie.slice(cookie.indexOf('=') + 1));
  const app = local.another({ WEBSITE_AUTH_HIDE_DEPRECATED_SID: 'true' });
  const request = new Request(`${origin}/.auth/me`, { headers: { cookie } });
  const { session, key } = await app.authenticate(request);
  if (key === undefined) throw new Error('the session token has no key');
  const claims = decodeJwt((await app.sessionTokens.issue(session, key)).reveal());
  expect(before).toMatchObject({ ver: '3', stable_sid: before.sub });
  expect(claims).toMatchObject({ ver: '4', sub: before.sub });
  expect(claims).not.toHaveProperty('stable_sid');
});
