import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  agree,
  askFor,
  backendJson,
  documentedMembers,
  type JobIssuer,
  refusalIn,
  startJobIssuer,
} from '../../fixtures/backends.ts';
import { type LocalApp, localApp, signedIn } from '../../fixtures/local-app.ts';
import { sessionIdIn, storedEntry, storedSession } from '../../fixtures/stored.ts';
import { aSession } from '../../token-store/sessions.ts';

let jobs: JobIssuer;
let local: LocalApp;
let cookie: string;
let other: string;
beforeAll(async () => {
  jobs = await startJobIssuer();
  const reports = backendJson(jobs.issuer);
  const agent = backendJson(jobs.issuer, {
    title: 'Agent',
    applicationId: 'agent',
    providers: { Demo: ['calendar.read'] },
  });
  local = await localApp({ authJson: (document) => ({ ...document, backends: { reports, agent } }) });
});
beforeEach(async () => {
  if (cookie) await local.fetch('/.auth/sessions', { method: 'DELETE', headers: { cookie } });
  local.clock.reset();
  cookie = (await signedIn(local)).cookie;
  local.clock.advance(1);
  other = (await signedIn(local)).cookie;
  local.logged.length = 0;
});
afterAll(async () => {
  await local.close();
  await jobs.close();
});

const listed = async (of = cookie) => (await local.fetch('/.auth/consents', { headers: { cookie: of } })).json();
const consentsOf = async (of: string) => (await storedSession(local.app, sessionIdIn(of))).consents;
const withdraw = (headers: Record<string, string>, backend = 'reports') =>
  local.fetch(`/.auth/consents/${backend}`, { method: 'DELETE', headers });
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.0000000Z$/;

const reports = {
  backend: 'reports',
  title: 'Weekly reports',
  purpose: 'Reads your calendar to mail the weekly report',
  providers: { demo: ['*'] },
  uses: [],
};
const agent = { ...reports, backend: 'agent', title: 'Agent', providers: { demo: ['calendar.read'] } };

it('a user sees which backends may ask, and what they have agreed to on any device', async () => {
  expect(await listed()).toEqual([reports, agent]);
  await agree(local, other);
  expect(await listed()).toEqual([{ ...reports, consented_on: expect.stringMatching(time) }, agent]);
});

it('a user sees what backends had tokens for, by whichever session', async () => {
  const { subject } = await storedEntry(local.app, sessionIdIn(cookie));
  const ask = async () => askFor(local, await jobs.token(Date.now()), { user: `demo:${subject}` });
  const earlier = Math.floor(local.clock.now() / 1000);
  await agree(local, other);
  await ask();
  await local.app.amend(sessionIdIn(other), ({ consents: _none, ...session }) => session);
  local.clock.advance(60);
  const later = Math.floor(local.clock.now() / 1000);
  await agree(local, cookie);
  await ask();
  const [first] = (await listed()) as { uses: object[] }[];
  expect(Object.keys(first ?? {})).toEqual(documentedMembers('GET /.auth/consents'));
  expect(first?.uses).toEqual([
    {
      provider_name: 'demo',
      purpose: 'The weekly report',
      first_on: expect.stringMatching(time),
      last_on: expect.stringMatching(time),
      count: 2,
    },
  ]);
  const [use] = (first?.uses ?? []) as { first_on: string; last_on: string }[];
  expect(Date.parse(use?.first_on ?? '') / 1000).toBeLessThan(later);
  expect(Date.parse(use?.first_on ?? '') / 1000).toBeGreaterThanOrEqual(earlier);
  expect(Date.parse(use?.last_on ?? '') / 1000).toBeGreaterThanOrEqual(later);
});

it('a consent is of one session and one backend, and is given once', async () => {
  await agree(local, cookie);
  const given = await consentsOf(cookie);
  expect(Object.keys(given ?? {})).toEqual(['reports']);
  local.clock.advance(60);
  await agree(local, cookie);
  expect(await consentsOf(cookie)).toEqual(given);
  expect(await consentsOf(other)).toBeUndefined();
});

it('a consent is withdrawn in all sessions of the user, and for that backend alone', async () => {
  for (const one of [cookie, other]) {
    await agree(local, one);
    await agree(local, one, 'agent');
  }
  expect((await withdraw({ cookie })).status).toBe(204);
  for (const one of [cookie, other]) expect(Object.keys((await consentsOf(one)) ?? {})).toEqual(['agent']);
  expect((await withdraw({ cookie })).status).toBe(204);
});

it('a consent of a session that is far from the newest is seen and withdrawn all the same', async () => {
  await agree(local, cookie);
  const { user } = await storedSession(local.app, sessionIdIn(cookie));
  const now = local.clock.now();
  const newer = Array.from({ length: 55 }, (_, index) => aSession(now + (index + 1) * 60_000, { user, entries: {} }));
  await Promise.all(newer.map((session) => local.app.store.create(session)));
  expect(await listed(other)).toMatchObject([{ backend: 'reports', consented_on: expect.stringMatching(time) }, {}]);
  expect((await withdraw({ cookie: other })).status).toBe(204);
  expect(await consentsOf(cookie)).toEqual({});
});

it('giving and withdrawing are logged, by the session and without the user', async () => {
  await agree(local, cookie);
  await withdraw({ cookie });
  const session = sessionIdIn(cookie);
  expect(local.logged.filter(({ event }) => String(event).startsWith('consent'))).toMatchObject([
    { event: 'consent_given', session, backend: 'reports' },
    { event: 'consent_withdrawn', session, backend: 'reports' },
  ]);
  expect(JSON.stringify(local.logged)).not.toContain('ada@');
});

it('of a consent that was never given nothing is logged, since anything may stand in its place', async () => {
  expect((await withdraw({ cookie }, 'ada@example.com')).status).toBe(204);
  expect(JSON.stringify(local.logged)).not.toContain('ada@');
});

it.each(['unknown', 'constructor', '__proto__', ''])('no backend is called %j', async (name) => {
  const response = await local.fetch(`/.auth/consents/${name}`, { method: 'POST', headers: { cookie } });
  expect(response.status).toBe(404);
  if (name !== '') expect(await refusalIn(response)).toBe('404 backend_unknown');
  expect(await consentsOf(cookie)).toBeUndefined();
});

describe('only the user may', () => {
  const calls = [
    ['GET', '/.auth/consents'],
    ['POST', '/.auth/consents/reports'],
    ['DELETE', '/.auth/consents/reports'],
  ] as const;

  it.each(calls)('%s %s', async (method, path) => {
    expect(await refusalIn(await local.fetch(path, { method }))).toBe('401 not_signed_in');
    const headers = { authorization: `Bearer ${await jobs.token(Date.now())}` };
    expect((await local.fetch(path, { method, headers })).status).toBe(401);
  });

  it.each(calls.slice(1))('%s %s, and no page of another site in their name', async (method, path) => {
    await agree(local, cookie);
    const before = await consentsOf(cookie);
    const headers = { cookie, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    expect(await refusalIn(await local.fetch(path, { method, headers }))).toContain('403 cross_site_refused');
    expect(await consentsOf(cookie)).toEqual(before);
  });
});
