import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newSession, type SessionLifetimes } from '../../shared/sign-in/new-session.ts';
import { Secret } from '../../shared/telemetry/secret.ts';
import { type LocalApp, localApp } from '../fixtures/local-app.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterAll(() => local.close());

const tokens = { accessToken: new Secret('access_token', 'a'), refreshToken: new Secret('refresh_token', 'r') };
const ada = { issuer: 'https://issuer.example', subject: 'ada', claims: { sub: 'ada' }, tokens };
const lifetimes: SessionLifetimes = {
  convention: 'fixed',
  lifetime: 8 * 3600,
  refreshExtension: 72 * 3600,
  absoluteLifetime: 720 * 3600,
};

/** The session of a sign-in at the app's time. */
async function sessionOf(identity: Parameters<typeof newSession>[1] = ada, times = lifetimes, provider = 'demo') {
  const now = Math.floor(local.clock.now() / 1000);
  const made = newSession(
    { name: provider, principalId: (_, subject) => subject },
    identity,
    times,
    await local.app.ring.newest(),
    local.app.platform,
  );
  return { ...made, now };
}

describe('a new session', () => {
  it('is named by the hash of a key of 256 bits that it does not hold', async () => {
    const { session, key } = await sessionOf();
    expect(Buffer.from(key, 'base64url')).toHaveLength(32);
    expect(session.id).toBe(createHash('sha256').update(key).digest('hex'));
    expect(JSON.stringify(session)).not.toContain(key);
  });

  it('has another key each time, and the same user id and sid', async () => {
    const [one, other] = [await sessionOf(), await sessionOf()];
    expect(one.key).not.toBe(other.key);
    expect([one.session.user, one.session.sid]).toEqual([other.session.user, other.session.sid]);
    expect(one.session.sid).toMatch(/^sid:[0-9a-f]{32}$/);
  });

  it('belongs to another user when provider, issuer or subject differ, however they are joined', async () => {
    const users = [
      await sessionOf(),
      await sessionOf(ada, lifetimes, 'other'),
      await sessionOf({ ...ada, issuer: 'https://issuer.example/' }),
      await sessionOf({ ...ada, subject: 'Ada' }),
      await sessionOf({ ...ada, issuer: 'https://issuer.exampl', subject: 'eada' }),
    ];
    expect(new Set(users.map(({ session }) => session.user)).size).toBe(users.length);
    expect(new Set(users.map(({ session }) => session.sid)).size).toBe(users.length);
  });

  it('lives as long as the settings say, and never past its absolute end', async () => {
    const times = fc.record({
      lifetime: fc.integer({ min: 1, max: 1e6 }),
      refreshExtension: fc.integer({ min: 0, max: 1e6 }),
      absoluteLifetime: fc.integer({ min: 1, max: 1e6 }),
    });
    await fc.assert(
      fc.asyncProperty(times, async (one) => {
        const { session, now } = await sessionOf(ada, { convention: 'fixed', ...one });
        expect(session.endsAt - session.signedInAt).toBe(one.absoluteLifetime);
        expect(session.expiresAt - session.signedInAt).toBe(Math.min(one.lifetime, one.absoluteLifetime));
        expect(session.signedInAt - now).toBeLessThanOrEqual(1);
      }),
      { numRuns: 50 },
    );
  });

  it('holds one entry, with what the provider gave and nothing else', async () => {
    const { session } = await sessionOf({ ...ada, tokens: { ...tokens, expiresIn: 3600 } });
    expect(session.provider).toBe('demo');
    expect(Object.keys(session.entries)).toEqual(['demo']);
    const entry = session.entries['demo'];
    expect(entry).toMatchObject({ issuer: ada.issuer, subject: 'ada', claims: ada.claims, failures: 0, history: [] });
    expect((entry?.expiresAt ?? 0) - (entry?.issuedAt ?? 0)).toBe(3600);
    expect(entry).not.toHaveProperty('idToken');
    expect(entry).not.toHaveProperty('dead');
  });
});
