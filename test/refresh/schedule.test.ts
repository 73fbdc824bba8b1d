import fc from 'fast-check';
import { expect, it } from 'vitest';
import { endOfLife, nextVisit, refreshDue, retryDue } from '../../shared/refresh/schedule.ts';
import { Secret } from '../../shared/telemetry/secret.ts';
import { startOf } from '../../shared/token-store/names.ts';
import type { Entry } from '../../shared/token-store/session.ts';

const random = (fraction: number) => ({ bytes: (count: number) => new Uint8Array(count), fraction: () => fraction });
const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const lifetime = fc.integer({ min: 1, max: 400 * 24 * 3600 });
const now = 1_800_000_000;

const entry = (changes: Partial<Entry>): Entry => ({
  issuer: 'https://issuer.example',
  subject: 'somebody',
  claims: {},
  accessToken: new Secret('access_token', 'a'),
  refreshToken: new Secret('refresh_token', 'r'),
  issuedAt: now,
  failures: 0,
  history: [],
  ...changes,
});

it('makes a token due in the second half of its life, and before its end', () => {
  fc.assert(
    fc.property(lifetime, fraction, (life, drawn) => {
      const due = refreshDue(now, now + life, random(drawn));
      expect(due).toBeGreaterThanOrEqual(now + Math.floor(life / 2));
      expect(due).toBeLessThan(now + life);
    }),
  );
});

it('makes an hour-long token due 10 to 30 minutes before its end', () => {
  expect(refreshDue(now, now + 3600, random(0))).toBe(now + 3000);
  expect(refreshDue(now, now + 3600, random(0.999999))).toBe(now + 1800);
});

it('spreads tokens that were issued together', () => {
  const dues = Array.from({ length: 100 }, (_, index) => refreshDue(now, now + 3600, random(index / 100)));
  expect(new Set(dues).size).toBe(100);
});

it('doubles the pause between tries, up to half an hour', () => {
  const pauses = [1, 2, 3, 4, 20].map((failures) => retryDue(now, failures, undefined, random(0.999999)) - now);
  expect(pauses).toEqual([30, 60, 120, 240, 1800]);
  expect(retryDue(now, 3, undefined, random(0)) - now).toBe(60);
});

it('never tries again before Retry-After', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 0, max: 86_400 }),
      fraction,
      (failures, wait, drawn) => {
        expect(retryDue(now, failures, wait, random(drawn))).toBeGreaterThanOrEqual(now + wait);
      },
    ),
  );
});

it('spreads the tries that were turned away together', () => {
  const dues = [0, 0.5, 0.999].map((drawn) => retryDue(now, 3, 600, random(drawn)) - now);
  expect(dues).toEqual([600, 630, 660]);
});

it('ends a session after its refresh extension, or at its absolute end', () => {
  expect(endOfLife({ expiresAt: now, endsAt: now + 1000 }, 500)).toBe(now + 500);
  expect(endOfLife({ expiresAt: now, endsAt: now + 100 }, 500)).toBe(now + 100);
});

it('visits at the first refresh that is due, never in the current minute, and at the end of an idle session', () => {
  const times = { expiresAt: now + 3600, endsAt: now + 90_000 };
  const visit = (entries: Record<string, Entry>) => startOf(nextVisit({ ...times, entries }, now, 7200)) / 1000;
  const minute = (time: number) => Math.floor(time / 60) * 60;
  expect(visit({ a: entry({ refreshAt: now + 900 }), b: entry({ refreshAt: now + 700 }) })).toBe(minute(now + 700));
  expect(visit({ a: entry({ refreshAt: now - 50 }) })).toBe(minute(now + 60));
  expect(visit({ a: entry({ refreshAt: now + 900, dead: { at: now, reason: 'invalid_grant' } }) })).toBe(
    minute(now + 10_800),
  );
  expect(visit({})).toBe(minute(now + 10_800));
});
