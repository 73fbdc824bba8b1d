import { type Platform, seconds } from '../platform.ts';
import type { Provider, SignedIn } from '../providers/provider.ts';
import { newEntry } from '../refresh/refreshed-entry.ts';
import { nextVisit } from '../refresh/schedule.ts';
import { type ExpiryRule, sessionExpiry } from '../sessions/expiry.ts';
import type { SessionKey } from '../sessions/session-token.ts';
import { aliasOf, type Epoch, userNames } from '../token-store/epoch.ts';
import { sessionIdOf } from '../token-store/names.ts';
import type { Session } from '../token-store/session.ts';

/** How long sessions last. Times in seconds. */
export interface SessionLifetimes extends ExpiryRule {
  readonly refreshExtension: number;
  readonly absoluteLifetime: number;
}

/** Who has signed in, and with what. */
export interface SignIn extends SignedIn {
  /** In a few words. */
  readonly device?: string;
}

/** The session of somebody who has just signed in, and the key that opens it, which is stored nowhere. */
export function newSession(
  provider: Pick<Provider, 'name' | 'principalId'>,
  { device, ...signedIn }: SignIn,
  lifetimes: SessionLifetimes,
  epoch: Epoch,
  platform: Platform,
): { readonly session: Session; readonly key: SessionKey } {
  const now = seconds(platform.clock);
  const key = Buffer.from(platform.random.bytes(32)).toString('base64url') as SessionKey;
  const { issuer, subject, claims } = signedIn;
  const begun = {
    ...userNames(epoch, provider.name, issuer, subject),
    aliases: [aliasOf(epoch, provider.name, provider.principalId(claims, subject))],
    id: sessionIdOf(key),
    provider: provider.name,
    signedInAt: now,
    ...(device === undefined ? {} : { device }),
    endsAt: now + lifetimes.absoluteLifetime,
    entries: { [provider.name]: newEntry(signedIn, now, platform.random) },
  };
  const timed = { ...begun, expiresAt: sessionExpiry(begun, lifetimes, now) };
  return { session: { ...timed, visitAt: nextVisit(timed, now, lifetimes.refreshExtension) }, key };
}
