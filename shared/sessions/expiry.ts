import type { EpochSeconds } from '../platform.ts';
import type { Session } from '../token-store/session.ts';

/** How long a session token is valid: auth.json's `login.cookieExpiration`. */
export interface ExpiryRule {
  /** Seconds. */
  readonly lifetime: number;
  /**
   * `fixed`: from the sign-in or the last refresh. `identity-provider`: as long as the access token, where the provider
   * says how long that is. `sliding`: as `fixed`, and each use in the second half extends it.
   */
  readonly convention: 'fixed' | 'identity-provider' | 'sliding';
}

/** Until when a session is valid that begins or is extended at `now`; never longer than its absolute end. */
export function sessionExpiry(
  { endsAt, provider, entries }: Pick<Session, 'endsAt' | 'provider' | 'entries'>,
  { lifetime, convention }: ExpiryRule,
  now: EpochSeconds,
): EpochSeconds {
  const derived = convention === 'identity-provider' ? entries[provider]?.expiresAt : undefined;
  return Math.min(derived ?? now + lifetime, endsAt);
}

/** Whether a session that is used now is to be extended: the second half of its time has begun, as ASP.NET has it. */
export function slides(
  { expiresAt, endsAt }: Pick<Session, 'expiresAt' | 'endsAt'>,
  { lifetime, convention }: ExpiryRule,
  now: EpochSeconds,
): boolean {
  return convention === 'sliding' && expiresAt < endsAt && expiresAt - now < lifetime / 2;
}
