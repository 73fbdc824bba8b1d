import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import type { EpochSeconds } from '../platform.ts';
import type { BackendSettings } from '../settings/settings.ts';
import { type BackendUse, type Consent, keptUses, type Session } from '../token-store/session.ts';
import { consentIn } from './consent.ts';

/** What a backend wants a token for. */
export type Use = Pick<BackendUse, 'backend' | 'provider' | 'purpose'>;

const hour = 3600;

/** Throws `too_many_requests` where the backend has had its share of this user's tokens, by what these sessions say. */
export function checkShare(
  sessions: readonly Session[],
  { name, tokensPerHour }: BackendSettings,
  now: EpochSeconds,
): void {
  const counted = sessions.flatMap((session) => currentHour(consentIn(session, name), now) ?? []);
  if (counted.reduce((sum, { count }) => sum + count, 0) < tokensPerHour) return;
  const retryAfterSeconds = Math.min(...counted.map(({ from }) => from)) + hour - now;
  throw new TokenkeepError('too_many_requests', { detail: `${tokensPerHour} an hour and user`, retryAfterSeconds });
}

/** The session in which it is written that a token was given. Throws `consent_missing` where it has no consent. */
export function withUse(session: Session, use: Use, now: EpochSeconds): Session {
  const consent = consentIn(session, use.backend);
  if (!consent) throw new TokenkeepError('consent_missing');
  const { from, count } = currentHour(consent, now) ?? { from: now, count: 0 };
  const counted: Consent = { ...consent, hour: { from, count: count + 1 } };
  return {
    ...session,
    consents: { ...session.consents, [use.backend]: counted },
    uses: withOneMore(session.uses ?? [], use, now),
  };
}

function withOneMore(uses: readonly BackendUse[], use: Use, now: EpochSeconds): readonly BackendUse[] {
  const isSame = (one: BackendUse) =>
    one.backend === use.backend && one.provider === use.provider && one.purpose === use.purpose;
  const { firstAt, count } = uses.find(isSame) ?? { firstAt: now, count: 0 };
  const others = uses.filter((one) => !isSame(one)).slice(-(keptUses - 1));
  return [...others, { ...use, firstAt, lastAt: now, count: count + 1 }];
}

function currentHour(consent: Consent | undefined, now: EpochSeconds): Consent['hour'] {
  return consent?.hour && now < consent.hour.from + hour ? consent.hour : undefined;
}
