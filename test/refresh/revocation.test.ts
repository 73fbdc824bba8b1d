import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Provider } from '../../shared/providers/provider.ts';
import { endSession } from '../../shared/sessions/end-session.ts';
import { Secret } from '../../shared/telemetry/secret.ts';
import { connectionOf, userNames } from '../../shared/token-store/epoch.ts';
import type { Session } from '../../shared/token-store/session.ts';
import { type LocalApp, localApp } from '../fixtures/local-app.ts';
import { aSession } from '../token-store/sessions.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterAll(() => local.close());

const { entries } = aSession(Date.now());
const entry = entries['demo'] ?? expect.fail('there is no entry');
const aSubject = () => randomUUID();

/** Ends a session where every provider ends whole grants; gives the names of those that were asked to. */
async function ended(session: Session): Promise<string[]> {
  const asked: string[] = [];
  const provider = (name: string): Provider | undefined => {
    const demo = local.app.provider('demo');
    const revoke = async () => asked.push(name) > 0;
    return demo && { ...demo, name, revocationEndsGrant: true, revoke };
  };
  const { store, ring, log } = local.app;
  await endSession(session, { store, ring, provider, log });
  return asked.toSorted();
}

/** A session of the provider `demo` with a second entry, in one way or another, and one that `other` has begun. */
async function both(
  way: 'imported' | 'connected',
  subject = aSubject(),
  elsewhere = subject,
): Promise<[Session, Session]> {
  const epoch = await local.app.ring.newest();
  const [mine, others] = [
    { ...entry, subject: aSubject() },
    { ...entry, issuer: 'https://other.example', subject },
  ];
  const first = aSession(Date.now(), {
    ...userNames(epoch, 'demo', mine.issuer, mine.subject),
    ...(way === 'imported'
      ? { aliases: [userNames(epoch, 'other', others.issuer, subject).user] }
      : { connected: [connectionOf(epoch, 'other', others.issuer, subject)] }),
    entries: { demo: mine, other: others },
  });
  const second = aSession(Date.now(), {
    ...userNames(epoch, 'other', others.issuer, elsewhere),
    provider: 'other',
    entries: { other: { ...others, subject: elsewhere } },
  });
  await Promise.all([first, second].map((one) => local.app.store.create(one)));
  return [first, second];
}

describe.each(['imported', 'connected'] as const)('a grant of an account that is %s in another session, too', (way) => {
  it('is left to the session that the account has begun itself', async () => {
    const [first, second] = await both(way);
    expect(await ended(first)).toEqual(['demo']);
    expect(await ended(second)).toEqual(['other']);
  });

  it('is left to the session that it is beside another in', async () => {
    const [first, second] = await both(way);
    expect(await ended(second)).toEqual([]);
    expect(await ended(first)).toEqual(['demo', 'other']);
  });

  it('is not left to a session with somebody else’s', async () => {
    const [first] = await both(way, aSubject(), aSubject());
    expect(await ended(first)).toEqual(['demo', 'other']);
  });
});

it('a grant that is connected in two sessions ends with the second', async () => {
  const epoch = await local.app.ring.newest();
  const subject = aSubject();
  const sessions = ['ada', 'bob'].map((one) =>
    aSession(Date.now(), {
      ...userNames(epoch, 'demo', entry.issuer, `${one} ${subject}`),
      connected: [connectionOf(epoch, 'other', entry.issuer, subject)],
      entries: { demo: { ...entry, subject: `${one} ${subject}` }, other: { ...entry, subject } },
    }),
  );
  await Promise.all(sessions.map((one) => local.app.store.create(one)));
  const asked: string[][] = [];
  for (const session of sessions) asked.push(await ended(session));
  expect(asked).toEqual([['demo'], ['demo', 'other']]);
});

it('what is revoked is what was stored last: a refresh may have come in between', async () => {
  const { store, ring, log } = local.app;
  const before = aSession(Date.now());
  await store.create(before);
  const stored = (await store.read(before.id)) ?? expect.fail('there is no session');
  const refreshToken = new Secret('refresh_token', 'rotated');
  const rotated = { ...before, entries: { demo: { ...entry, refreshToken } } };
  await store.update(rotated, before, { etag: stored.etag });
  const revoked: (string | undefined)[] = [];
  const provider = (): Provider | undefined => {
    const demo = local.app.provider('demo');
    return demo && { ...demo, revoke: async (tokens) => revoked.push(tokens.refreshToken?.reveal()) > 0 };
  };
  await endSession(before, { store, ring, provider, log });
  expect(revoked).toEqual(['rotated']);
});
