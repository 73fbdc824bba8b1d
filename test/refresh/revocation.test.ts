import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Provider } from '../../shared/providers/provider.ts';
import { endSession } from '../../shared/sessions/end-session.ts';
import { Secret } from '../../shared/telemetry/secret.ts';
import type { UserId } from '../../shared/token-store/names.ts';
import type { Session } from '../../shared/token-store/session.ts';
import { type LocalApp, localApp } from '../fixtures/local-app.ts';
import { aSession } from '../token-store/sessions.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterAll(() => local.close());

const aUser = () => randomBytes(32).toString('hex') as UserId;
const { entries } = aSession(Date.now());
const entry = entries['demo'] ?? expect.fail('there is no entry');

/** Ends a session where every provider ends whole grants; gives the names of those that were asked to. */
async function ended(session: Session): Promise<string[]> {
  const asked: string[] = [];
  const provider = (name: string): Provider | undefined => {
    const demo = local.app.provider('demo');
    const revoke = async () => asked.push(name) > 0;
    return demo && { ...demo, name, revocationEndsGrant: true, revoke };
  };
  await endSession(session, { store: local.app.store, provider, log: local.app.log });
  return asked.toSorted();
}

/** Sessions of a person who has signed in by both: one with both entries, as an import makes it, and one of `other`. */
async function both(subject = 'ada'): Promise<[Session, Session]> {
  const [user, otherUser] = [aUser(), aUser()];
  const imported = aSession(Date.now(), {
    user,
    aliases: [otherUser],
    entries: { demo: entry, other: { ...entry, issuer: 'https://other.example' } },
  });
  const other = aSession(Date.now(), {
    user: otherUser,
    provider: 'other',
    entries: { other: { ...entry, issuer: 'https://other.example', subject } },
  });
  await Promise.all([imported, other].map((one) => local.app.store.create(one)));
  return [imported, other];
}

it('a grant that another session of the user lives on is left to it, whichever provider began the one that ends', async () => {
  const [imported, other] = await both();
  expect(await ended(imported)).toEqual(['demo']);
  expect(await ended(other)).toEqual(['other']);
});

it('so the other way round', async () => {
  const [imported, other] = await both();
  expect(await ended(other)).toEqual([]);
  expect(await ended(imported)).toEqual(['demo', 'other']);
});

it('a session with somebody else’s grant is no reason to leave it', async () => {
  const [imported] = await both('bob');
  expect(await ended(imported)).toEqual(['demo', 'other']);
});

it('what is revoked is what was stored last: a refresh may have come in between', async () => {
  const { store, log } = local.app;
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
  await endSession(before, { store, provider, log });
  expect(revoked).toEqual(['rotated']);
});
