import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type LocalApp, localApp, signedIn } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { sessionIdIn, storedEntry } from '../../fixtures/stored.ts';

const calendar = 'urn:demo:calendar';

let local: LocalApp;
let cookie: string;
beforeAll(async () => {
  local = await localApp({
    further: ['plain'],
    authJson: (document) => {
      const { demo } = document.identityProviders.customOpenIdConnectProviders;
      Object.assign(demo?.login ?? {}, {
        scopes: ['openid', 'profile', 'email', 'offline_access', 'calendar.read', 'calendar.write'],
        loginParameters: [`resource=${calendar}`],
        furtherResources: true,
      });
      const { plain } = document.identityProviders.customOpenIdConnectProviders;
      Object.assign(plain?.login ?? {}, { furtherResources: false });
      return document;
    },
  });
});
beforeEach(async () => {
  ({ cookie } = await signedIn(local));
});
afterEach(() => {
  local.clock.reset();
  local.services.provider.control.clear();
});
afterAll(() => local.close());

const ask = (path: string) => local.fetch(path, { headers: { cookie } });
const entry = () => storedEntry(local.app, sessionIdIn(cookie));
const grants = () => local.services.provider.counters.refreshGrants;

async function shown(query: string): Promise<{ token: string; expires: number }> {
  const [{ access_token, expires_on }] = await (await ask(`/.auth/me?${query}`)).json();
  return { token: access_token, expires: Date.parse(expires_on) };
}

it('me shows a token for the resource or for fewer scopes, fetched once each, beside the session’s own', async () => {
  const before = await entry();
  const asked = grants();
  for (const _twice of [1, 2]) {
    const { aud, scope } = decodeJwt((await shown(`resource=${calendar}`)).token);
    expect({ aud, scope }).toEqual({ aud: calendar, scope: 'calendar.read calendar.write' });
    const less = decodeJwt((await shown(`resource=${calendar}&scope=calendar.read`)).token);
    expect(less).toMatchObject({ aud: calendar, scope: 'calendar.read' });
  }
  expect(grants()).toBe(asked + 2);
  const after = await entry();
  expect(after.accessToken.reveal()).toBe(before.accessToken.reveal());
  expect(after).toMatchObject({ scopes: before.scopes, expiresAt: before.expiresAt });
  expect(after.refreshToken?.reveal()).not.toBe(before.refreshToken?.reveal());
});

it('each has an end of its own, shortly before which it is fetched anew', async () => {
  local.services.provider.control.fail('token', {
    status: 200,
    times: 1,
    when: 'after',
    body: (genuine) => ({ ...(genuine as object), expires_in: 90 }),
  });
  const first = await shown(`resource=${calendar}`);
  expect(first.expires - local.clock.now()).toBeLessThan(91_000);
  const own = (await entry()).expiresAt;
  local.clock.advance(85);
  const second = await shown(`resource=${calendar}`);
  expect(second.token).not.toBe(first.token);
  expect(second.expires).toBeGreaterThan(first.expires);
  expect((await entry()).expiresAt).toBe(own);
});

it('an answer without a refresh token leaves the old one', async () => {
  const before = await entry();
  local.services.provider.control.fail('token', {
    status: 200,
    times: 1,
    when: 'after',
    body: (genuine) => ({ ...(genuine as object), refresh_token: undefined }),
  });
  await shown(`resource=${calendar}`);
  expect((await entry()).refreshToken?.reveal()).toBe(before.refreshToken?.reveal());
});

it.each([
  ['resource=urn:demo:files', 'invalid_target'],
  [`resource=${calendar}&scope=files.read`, 'invalid_scope'],
])('%s, which was not granted, is refused, and the refresh token is as good as before', async (query, reason) => {
  const before = await entry();
  for (const route of ['me', 'refresh']) {
    const problem = await problemIn(await ask(`/.auth/${route}?${query}`));
    expect(problem).toMatchObject({ code: 'refresh_refused', detail: `the provider says ${reason}` });
  }
  const after = await entry();
  expect(after.refreshToken?.reveal()).toBe(before.refreshToken?.reveal());
  expect(after).not.toHaveProperty('dead');
  expect(after).toMatchObject({ failures: 0 });
  expect((await ask('/.auth/refresh')).status).toBe(200);
});

it('the session’s own refresh is for all that was granted, after one that was for less', async () => {
  const { scopes } = await entry();
  await shown(`resource=${calendar}&scope=calendar.read`);
  expect((await ask('/.auth/refresh')).status).toBe(200);
  expect((await entry()).scopes?.toSorted()).toEqual(scopes?.toSorted());
});

it('a custom provider without the setting has one resource only', async () => {
  for (const query of [`provider=plain&resource=${calendar}`, 'provider=plain&scope=openid']) {
    expect((await problemIn(await ask(`/.auth/me?${query}`))).code).toBe('request_malformed');
  }
});
