import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ExpiryRule, sessionExpiry, slides } from '../../shared/sessions/expiry.ts';
import { aSession } from '../token-store/sessions.ts';

const now = 1_800_000_000;
const session = { ...aSession(now * 1000), endsAt: now + 30 * 24 * 3600 };
const rule = (convention: ExpiryRule['convention'], lifetime = 8 * 3600): ExpiryRule => ({ convention, lifetime });

it('a fixed time counts from now', () => {
  expect(sessionExpiry(session, rule('fixed'), now)).toBe(now + 8 * 3600);
});

it('derived from the identity provider, it is the end of the access token', () => {
  expect(sessionExpiry(session, rule('identity-provider'), now)).toBe(now + 3600);
});

it('where the provider does not say how long a token lives, the fixed time counts', () => {
  const { expiresAt: _, ...entry } = session.entries['demo'] ?? expect.fail('no entry');
  const without = { ...session, entries: { demo: entry } };
  expect(sessionExpiry(without, rule('identity-provider'), now)).toBe(now + 8 * 3600);
});

it('no convention goes past the absolute end', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<ExpiryRule['convention']>('fixed', 'identity-provider', 'sliding'),
      fc.nat(1e7),
      fc.nat(1e7),
      (convention, lifetime, left) => {
        const ending = { ...session, endsAt: now + left };
        expect(sessionExpiry(ending, rule(convention, lifetime), now)).toBeLessThanOrEqual(now + left);
      },
    ),
  );
});

it('slides in the second half of its time, by that convention alone, and not at its absolute end', () => {
  const half = now + 4 * 3600;
  const { endsAt } = session;
  expect(slides({ expiresAt: half + 1, endsAt }, rule('sliding'), now)).toBe(false);
  expect(slides({ expiresAt: half - 1, endsAt }, rule('sliding'), now)).toBe(true);
  expect(slides({ expiresAt: half - 1, endsAt: half - 1 }, rule('sliding'), now)).toBe(false);
  expect(slides({ expiresAt: half - 1, endsAt }, rule('fixed'), now)).toBe(false);
});
