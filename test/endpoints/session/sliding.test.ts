import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type LocalApp, localApp, signedIn } from '../../fixtures/local-app.ts';
import { sessionIdIn, storedSession } from '../../fixtures/stored.ts';

const hour = 3600;
let local: LocalApp;
beforeAll(async () => {
  local = await localApp({
    settings: ({ session, ...settings }) => ({
      ...settings,
      session: { ...session, convention: 'sliding', lifetime: 8 * hour, absoluteLifetime: 20 * hour },
    }),
    accessTokenSeconds: 24 * hour,
  });
});
afterEach(() => local.clock.reset());
afterAll(() => local.close());

const me = (headers: Record<string, string>) => local.fetch('/.auth/me', { headers });
const renewed = (response: Response) =>
  /AppServiceAuthSession=([^;]+)/.exec(response.headers.get('set-cookie') ?? '')?.[1];

it('a session that is used in its second half is extended, by a new cookie', async () => {
  const { cookie } = await signedIn(local);
  const before = await storedSession(local.app, sessionIdIn(cookie));
  local.clock.advance(5 * hour);
  const token = renewed(await me({ cookie })) ?? expect.fail('there is no new cookie');
  expect(sessionIdIn(`x=${token}`)).toBe(before.id);
  const after = await storedSession(local.app, before.id);
  expect(after.expiresAt - before.expiresAt).toBeGreaterThanOrEqual(5 * hour - 5);
  expect(decodeJwt(token).exp).toBe(after.expiresAt);
  local.clock.advance(7 * hour);
  expect((await me({ cookie: `AppServiceAuthSession=${token}` })).status).toBe(200);
});

it('it is left alone in its first half', async () => {
  const { cookie } = await signedIn(local);
  local.clock.advance(3 * hour);
  expect(renewed(await me({ cookie }))).toBeUndefined();
});

it('a client that carries its token itself is given the new one in a header', async () => {
  const { cookie } = await signedIn(local);
  local.clock.advance(5 * hour);
  const response = await me({ 'x-zumo-auth': cookie.slice(cookie.indexOf('=') + 1) });
  const token = response.headers.get('x-zumo-auth') ?? '';
  expect(sessionIdIn(`x=${token}`)).toBe(sessionIdIn(cookie));
  expect(response.headers.getSetCookie()).toEqual([]);
});

it('it ends at its absolute end all the same', async () => {
  let { cookie } = await signedIn(local);
  const { endsAt } = await storedSession(local.app, sessionIdIn(cookie));
  for (const _step of [1, 2, 3]) {
    local.clock.advance(6 * hour);
    const token = renewed(await me({ cookie }));
    if (token) cookie = `AppServiceAuthSession=${token}`;
  }
  expect((await storedSession(local.app, sessionIdIn(cookie))).expiresAt).toBe(endsAt);
  local.clock.advance(3 * hour);
  expect((await me({ cookie })).status).toBe(401);
});
