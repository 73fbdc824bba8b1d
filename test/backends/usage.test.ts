import { expect, it } from 'vitest';
import { consentIn } from '../../shared/backends/consent.ts';
import { checkShare, withUse } from '../../shared/backends/usage.ts';
import type { BackendSettings } from '../../shared/settings/settings.ts';
import { type Consent, keptUses, type Session } from '../../shared/token-store/session.ts';

const at = 1_800_000_000;
const session = (hour?: Consent['hour']) =>
  ({ consents: { reports: { at, ...(hour ? { hour } : {}) }, agent: { at } } }) as unknown as Session;
const use = (purpose: string) => ({ backend: 'reports', provider: 'google', purpose });
const reports = { name: 'reports', tokensPerHour: 3 } as BackendSettings;

it('the newest purposes are kept, whichever of them are new', () => {
  let current = session();
  for (let purpose = 0; purpose <= keptUses; purpose++) current = withUse(current, use(String(purpose)), at + purpose);
  current = withUse(current, use('5'), at + 100);
  expect(current.uses?.map(({ purpose }) => Number(purpose))).toEqual([1, 2, 3, 4, ...range(6, keptUses), 5]);
  expect(current.uses?.at(-1)).toEqual({ ...use('5'), firstAt: at + 5, lastAt: at + 100, count: 2 });
});

it('an hour begins with the first token in it', () => {
  const first = withUse(session(), use('a'), at);
  expect(withUse(first, use('b'), at + 3599).consents?.['reports']?.hour).toEqual({ from: at, count: 2 });
  expect(withUse(first, use('b'), at + 3600).consents?.['reports']?.hour).toEqual({ from: at + 3600, count: 1 });
  expect(first.consents?.['agent']).toEqual({ at });
});

it('the share of all sessions counts, and the wait is until the first of their hours is over', () => {
  const sessions = [session({ from: at, count: 1 }), session({ from: at - 600, count: 2 }), session()];
  expect(() => checkShare(sessions, reports, at + 100)).toThrow(
    expect.objectContaining({ code: 'too_many_requests', retryAfterSeconds: 2900 }),
  );
  expect(() => checkShare(sessions, reports, at + 3000)).not.toThrow();
  expect(() => checkShare(sessions.slice(0, 1), reports, at + 100)).not.toThrow();
});

it('what every object has is no consent', () => {
  for (const name of ['constructor', 'toString']) expect(consentIn(session(), name)).toBeUndefined();
});

it('what has no consent is not written down', () => {
  const { consents: _none, ...other } = session();
  expect(() => withUse(other as Session, use('a'), at)).toThrow(expect.objectContaining({ code: 'consent_missing' }));
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
