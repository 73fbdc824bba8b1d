import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Browser } from '../../../dev/provider/sign-in-client.ts';
import { claimType } from '../../../shared/providers/claim-types.ts';
import type { EntryView } from '../../../shared/sessions/entry-view.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { type AppleImpersonator, ada, apple, startApple } from '../impersonators/apple.ts';

let server: AppleImpersonator;
let local: LocalApp;
beforeAll(async () => {
  server = await startApple();
  const key = new Secret('private_key', apple.key);
  local = await localApp({
    providers: [
      {
        kind: 'apple',
        name: 'apple',
        clientId: apple.servicesId,
        credential: { kind: 'key', teamId: apple.teamId, keyId: apple.keyId, key },
        scopes: ['name', 'email'],
        loginParameters: {},
        allowedAudiences: [apple.bundleId],
        endpoints: server.endpoints,
      },
    ],
  });
});
afterEach(() => server.reset());
afterAll(async () => {
  await local.close();
  await server.close();
});

/** Signs in with a browser, and tells by which methods the callback was reached. */
async function signIn() {
  const methods: string[] = [];
  const browser = new Browser({
    fetch: (url, request) => {
      if (url.startsWith(apple.callback)) methods.push(request.method);
      return url.startsWith(origin) ? local.fetch(url.slice(origin.length), request) : fetch(url, request);
    },
  });
  const visit = await browser.get(`${origin}/.auth/login/apple`, { accept: 'text/html' });
  const cookie = `AppServiceAuthSession=${browser.cookies(`${origin}/`).AppServiceAuthSession}`;
  return { visit, methods, cookie };
}

async function entryOf(cookie: string): Promise<EntryView> {
  const entries = (await (await local.fetch('/.auth/me', { headers: { cookie } })).json()) as EntryView[];
  return entries[0] ?? expect.fail('there is no entry');
}

const claimOf = ({ user_claims }: EntryView, type: string) => user_claims.find(({ typ }) => typ === type)?.val;

it('a sign-in by form post ends with a session that has the tokens, the claims and the name', async () => {
  const { visit, methods, cookie } = await signIn();
  expect(visit.url).toBe(`${origin}/.auth/login/done`);
  expect(methods).toEqual(['POST', 'GET']);
  const entry = await entryOf(cookie);
  expect(entry).toMatchObject({
    provider_name: 'apple',
    user_id: ada.email,
    access_token: expect.stringMatching(/^a/),
    id_token: expect.stringMatching(/^ey/),
    expires_on: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{7}Z$/),
  });
  expect(Object.fromEntries(entry.user_claims.map(({ typ, val }) => [typ, val]))).toMatchObject({
    iss: 'https://appleid.apple.com',
    aud: apple.servicesId,
    [claimType.nameIdentifier]: ada.sub,
    [claimType.emailAddress]: ada.email,
    [claimType.givenName]: 'Ada',
    [claimType.surname]: 'Lovelace',
    name: 'Ada Lovelace',
    email_verified: 'true',
    is_private_email: 'true',
  });
});

it('the name is in no address and in no log line', async () => {
  const { visit } = await signIn();
  expect(visit.visited.join('\n') + JSON.stringify(local.logged)).not.toContain('Lovelace');
});

it('the name stays with its session: through a refresh, and not in the next session', async () => {
  const { cookie } = await signIn();
  expect((await local.fetch('/.auth/refresh', { headers: { cookie } })).status).toBe(200);
  expect(claimOf(await entryOf(cookie), claimType.surname)).toBe('Lovelace');
  const again = await signIn();
  expect(claimOf(await entryOf(again.cookie), claimType.nameIdentifier)).toBe(ada.sub);
  expect(claimOf(await entryOf(again.cookie), claimType.surname)).toBeUndefined();
});

it('a refresh gives another access token, and the next is due in a day', async () => {
  const { cookie } = await signIn();
  const before = await entryOf(cookie);
  const response = await local.fetch('/.auth/refresh', { headers: { cookie } });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ refreshed: true });
  const after = await entryOf(cookie);
  expect(after.access_token).not.toBe(before.access_token);
  const due = Date.parse(after.refresh_state.due_on ?? '') - local.clock.now();
  expect(Math.abs(due - 86_400_000)).toBeLessThan(60_000);
});

it('a reader gets the access token as it is when its hour is over, and Apple is not asked', async () => {
  const { cookie } = await signIn();
  const before = await entryOf(cookie);
  server.clear();
  local.clock.advance(4000);
  try {
    expect((await entryOf(cookie)).access_token).toBe(before.access_token);
    expect(server.received).toEqual([]);
  } finally {
    local.clock.reset();
  }
});

it('a refresh is refused for good once the user has stopped using their account with the app', async () => {
  const { cookie } = await signIn();
  server.withdrawConsent();
  const response = await local.fetch('/.auth/refresh', { headers: { cookie } });
  expect(response.status).toBe(403);
  expect(await problemIn(response)).toMatchObject({ code: 'refresh_refused' });
});

it('a refresh is put off while Apple is down, and the tokens stay', async () => {
  const { cookie } = await signIn();
  const before = await entryOf(cookie);
  server.fail('/auth/token', { status: 503 });
  const response = await local.fetch('/.auth/refresh', { headers: { cookie } });
  expect(response.status).toBe(503);
  expect(await problemIn(response)).toMatchObject({ code: 'refresh_unavailable' });
  expect((await entryOf(cookie)).access_token).toBe(before.access_token);
});

it('nobody is signed in who cancels at Apple', async () => {
  server.user = { ...ada, cancels: true };
  const { visit, cookie } = await signIn();
  expect(visit.response.status).toBe(401);
  expect(visit.body).toContain('user_cancelled_authorize');
  expect(cookie).toMatch(/undefined$/);
});

it('only the sign-out from the last session of a user withdraws the permission at Apple', async () => {
  server.user = { ...ada, sub: '000042.of-two-devices' };
  const [one, other] = [await signIn(), await signIn()];
  const revoked = server.revoked.length;
  await local.fetch('/.auth/logout', { headers: { cookie: one.cookie } });
  expect(server.revoked).toHaveLength(revoked);
  expect((await local.fetch('/.auth/me', { headers: { cookie: one.cookie } })).status).toBe(401);
  expect((await local.fetch('/.auth/refresh', { headers: { cookie: other.cookie } })).status).toBe(200);
  await local.fetch('/.auth/logout', { headers: { cookie: other.cookie } });
  expect(server.revoked).toHaveLength(revoked + 1);
});
