import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalApp, localApp, signedIn } from '../../fixtures/local-app.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp({
    accessTokenSeconds: 24 * 3600,
    settings: (settings) => ({ ...settings, session: { ...settings.session, convention: 'sliding' } }),
  });
});
afterAll(() => local.close());

it('extends a session that slides, by a cookie for the proxy to pass on', async () => {
  const { cookie } = await signedIn(local);
  const verify = async (carried: string) => local.fetch('/.auth/verify', { headers: { cookie: carried } });
  expect((await verify(cookie)).headers.getSetCookie()).toEqual([]);
  local.clock.advance(5 * 3600);
  const [set = ''] = (await verify(cookie)).headers.getSetCookie();
  expect(set).toMatch(/^AppServiceAuthSession=ey/);
  local.clock.advance(4 * 3600);
  expect((await verify(cookie)).status).toBe(401);
  expect((await verify(set.split(';')[0] ?? '')).status).toBe(200);
});
