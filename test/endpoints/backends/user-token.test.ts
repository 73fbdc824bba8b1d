import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { userToken } from '../../../shared/endpoints/backends/user-token.ts';
import { handle } from '../../../shared/endpoints/handle.ts';
import { agree, askFor, backendJson, documentedMembers, refusalIn } from '../../fixtures/backends.ts';
import { type LocalApp, localApp, origin, signedIn } from '../../fixtures/local-app.ts';
import { sessionIdIn, storedEntry, storedSession } from '../../fixtures/stored.ts';

let local: LocalApp;
let cookie: string;
let token: string;
beforeAll(async () => {
  local = await localApp({
    further: ['second'],
    authJson: (document) => {
      const [issuer = ''] = /http:[^"]+(?=\/\.well-known)/.exec(JSON.stringify(document)) ?? [];
      const reports = backendJson(issuer, { applicationId: 'demo-job', tokensPerHour: 3 });
      return { ...document, backends: { reports, other: { ...reports, applicationId: 'another-job' } } };
    },
  });
  token = await jobToken();
});
beforeEach(async () => {
  local.clock.reset();
  local.services.provider.control.clear();
  // A session of an earlier test would do as well.
  if (cookie) await local.fetch('/.auth/sessions', { method: 'DELETE', headers: { cookie } });
  cookie = (await signedIn(local)).cookie;
  local.logged.length = 0;
});
afterAll(() => local.close());

/** The job's own token, by the client credentials grant. */
async function jobToken(): Promise<string> {
  const { provider, job } = local.services;
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    resource: 'api://tokenkeep',
    scope: 'tokens.read',
    client_id: job.clientId,
    client_secret: job.clientSecret,
  });
  const response = await fetch(`${provider.issuer}/token`, { method: 'POST', body });
  const { access_token } = (await response.json()) as { access_token: string };
  return access_token;
}

const ask = (question?: Parameters<typeof askFor>[2]) => askFor(local, token, question);
const stored = () => storedSession(local.app, sessionIdIn(cookie));
const userOf = async () => {
  const { entries } = await stored();
  const { claims = {}, subject = '' } = entries['demo'] ?? {};
  return `demo:${local.app.provider('demo')?.principalId(claims, subject)}`;
};

describe('a backend that the user has agreed to', () => {
  beforeEach(() => agree(local, cookie));

  it('is given the access token of the user, and nothing else that is secret', async () => {
    const entry = await storedEntry(local.app, sessionIdIn(cookie));
    const response = await ask({ user: await userOf() });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const answer = (await response.json()) as object;
    expect(Object.keys(answer)).toEqual(documentedMembers('GET /.auth/users/{user}/tokens/{provider}'));
    expect(answer).toEqual({
      access_token: entry.accessToken.reveal(),
      token_type: 'Bearer',
      expires_on: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.0000000Z$/),
      provider_name: 'demo',
      user_id: 'ada@example.com',
      scope: 'openid profile email offline_access',
    });
  });

  it('leaves a trace in the session, and in the log without the name of the user', async () => {
    await ask({ user: await userOf() });
    await ask({ user: await userOf(), headers: { 'x-tokenkeep-purpose': 'Z%C3%BCrich' } });
    await ask({ user: await userOf() });
    const common = { backend: 'reports', provider: 'demo', firstAt: expect.any(Number), lastAt: expect.any(Number) };
    expect((await stored()).uses).toEqual([
      { ...common, purpose: 'Zürich', count: 1 },
      { ...common, purpose: 'The weekly report', count: 2 },
    ]);
    const lines = local.logged.filter(({ event }) => event === 'backend_token_given');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatchObject({
      backend: 'reports',
      provider: 'demo',
      purpose: 'Zürich',
      session: sessionIdIn(cookie),
    });
    expect(JSON.stringify(local.logged)).not.toContain((await userOf()).slice('demo:'.length));
  });

  it('is given a token that was refreshed first where it was about to expire', async () => {
    const before = await storedEntry(local.app, sessionIdIn(cookie));
    const { expiresAt } = await stored();
    local.clock.advance((before.expiresAt ?? 0) - local.clock.now() / 1000 - 30);
    const { access_token } = (await (await ask({ user: await userOf() })).json()) as { access_token: string };
    const after = await storedEntry(local.app, sessionIdIn(cookie));
    expect(after.history.map(({ by }) => by)).toEqual(['read']);
    expect(access_token).toBe(after.accessToken.reveal());
    expect(access_token).not.toBe(before.accessToken.reveal());
    expect((await stored()).expiresAt).toBe(expiresAt);
  });

  it('is given the token of the newest session that has its consent', async () => {
    const user = await userOf();
    const newer: string[] = [];
    for (const seconds of [60, 60]) {
      local.clock.advance(seconds);
      newer.push((await signedIn(local)).cookie);
    }
    const [second = '', third = ''] = newer;
    await agree(local, second);
    const { accessToken } = await storedEntry(local.app, sessionIdIn(second));
    expect(await (await ask({ user })).json()).toMatchObject({ access_token: accessToken.reveal() });
    cookie = third;
  });

  it('is given one of an older session where the newest has no live tokens', async () => {
    const older = await storedEntry(local.app, sessionIdIn(cookie));
    const user = await userOf();
    const newer = (await signedIn(local)).cookie;
    await agree(local, newer);
    await local.app.amend(sessionIdIn(newer), ({ entries: { demo, ...others }, ...session }) => ({
      ...session,
      entries: { ...others, ...(demo ? { demo: { ...demo, dead: { at: 1, reason: 'invalid_grant' } } } : {}) },
    }));
    expect(await (await ask({ user })).json()).toMatchObject({ access_token: older.accessToken.reveal() });
    await local.fetch('/.auth/logout', { headers: { cookie } });
    expect(await refusalIn(await ask({ user }))).toBe('403 refresh_refused: the provider says invalid_grant');
    cookie = newer;
  });

  it('is refused beyond its share of tokens, on every instance and whatever the session, until the hour is over', async () => {
    const user = await userOf();
    const newer = (await signedIn(local)).cookie;
    await ask({ user });
    await agree(local, newer);
    const app = local.another();
    const fetchThere = (path: string, init?: RequestInit) =>
      handle(userToken, new Request(`${origin}${path}`, init), app);
    const there = { ...local, fetch: fetchThere };
    const both = [local, there, local, there, local, there];
    const answers = await Promise.all(both.map((one) => askFor(one, token, { user })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 429, 429, 429, 429]);
    const refused = await ask({ user });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3500);
    expect(await refusalIn(refused)).toBe('429 too_many_requests: 3 an hour and user');
    local.clock.advance(Number(refused.headers.get('retry-after')));
    token = await jobToken();
    expect((await ask({ user })).status).toBe(200);
  });

  it('has nothing refreshed beyond its share', async () => {
    const user = await userOf();
    const { expiresAt = 0 } = await storedEntry(local.app, sessionIdIn(cookie));
    local.clock.advance(expiresAt - local.clock.now() / 1000 - 100);
    for (let call = 0; call < 3; call++) expect((await ask({ user })).status).toBe(200);
    local.clock.advance(80);
    expect((await ask({ user })).status).toBe(429);
    expect((await storedEntry(local.app, sessionIdIn(cookie))).history).toEqual([]);
  });

  it('is given nothing where that cannot be written down', async () => {
    const user = await userOf();
    const { amend } = local.app;
    const broken = { ...local.app, amend: async () => Promise.reject(new Error('no writes')) };
    Object.assign(local.app, broken);
    const response = await ask({ user });
    Object.assign(local.app, { amend });
    expect(await refusalIn(response)).toBe('500 internal');
    expect(JSON.stringify(local.logged)).not.toContain(user.slice('demo:'.length));
    expect((await ask({ user })).status).toBe(200);
  });

  it('is refused for other providers and other users, and without a purpose', async () => {
    const user = await userOf();
    expect(await refusalIn(await ask({ user, provider: 'second' }))).toBe('403 backend_provider_refused');
    expect(await refusalIn(await ask({ user, provider: 'nobody' }))).toBe('403 backend_provider_refused');
    expect(await refusalIn(await ask({ user: 'demo:nobody' }))).toBe('404 user_unknown');
    expect(await refusalIn(await ask({ user: `second:${user.slice(5)}` }))).toBe('404 user_unknown');
    expect(await refusalIn(await ask({ user: 'ada' }))).toBe('400 request_malformed: the user is {idp}:{id}');
    for (const purpose of ['', ' ', '%0A', '%E2%80%AEtxt', 'x'.repeat(201)]) {
      const headers = { 'x-tokenkeep-purpose': purpose };
      expect(await refusalIn(await ask({ user, headers }))).toBe('400 purpose_missing');
    }
    expect((await stored()).uses).toBeUndefined();
  });
});

describe('a backend is refused where the user', () => {
  it('has not agreed', async () => {
    expect(await refusalIn(await ask({ user: await userOf() }))).toBe('403 consent_missing');
  });

  it('has agreed to another', async () => {
    await agree(local, cookie, 'other');
    expect(await refusalIn(await ask({ user: await userOf() }))).toBe('403 consent_missing');
  });

  it('has withdrawn, on whichever device', async () => {
    const user = await userOf();
    const other = (await signedIn(local)).cookie;
    await agree(local, cookie);
    await agree(local, other);
    expect((await ask({ user })).status).toBe(200);
    await local.fetch('/.auth/consents/reports', { method: 'DELETE', headers: { cookie } });
    expect(await refusalIn(await ask({ user }))).toBe('403 consent_missing');
  });

  it('has signed out everywhere', async () => {
    const user = await userOf();
    await agree(local, cookie);
    await local.fetch('/.auth/sessions', { method: 'DELETE', headers: { cookie } });
    expect(await refusalIn(await ask({ user }))).toBe('404 user_unknown');
  });
});
