import { type Platform, seconds } from '../platform.ts';
import type { Identity, TokenSet } from '../providers/provider.ts';
import { tokenTimes } from '../refresh/refreshed-entry.ts';
import { nextVisit } from '../refresh/schedule.ts';
import type { SessionKey } from '../sessions/session-token.ts';
import { type Epoch, userNames } from '../token-store/epoch.ts';
import { sessionIdOf } from '../token-store/names.ts';
import type { Session } from '../token-store/session.ts';

/** Seconds. */
export interface SessionLifetimes {
  readonly lifetime: number;
  readonly refreshExtension: number;
  readonly absoluteLifetime: number;
}

/** The session of somebody who has just signed in, and the key that opens it, which is stored nowhere. */
export function newSession(
  provider: string,
  { issuer, subject, claims, tokens }: Identity & { readonly tokens: TokenSet },
  lifetimes: SessionLifetimes,
  epoch: Epoch,
  platform: Platform,
): { readonly session: Session; readonly key: SessionKey } {
  const now = seconds(platform.clock);
  const key = Buffer.from(platform.random.bytes(32)).toString('base64url') as SessionKey;
  const { accessToken, idToken, refreshToken } = tokens;
  const endsAt = now + lifetimes.absoluteLifetime;
  const timed = {
    expiresAt: Math.min(now + lifetimes.lifetime, endsAt),
    endsAt,
    entries: {
      [provider]: {
        issuer,
        subject,
        claims,
        accessToken,
        ...(idToken === undefined ? {} : { idToken }),
        ...(refreshToken === undefined ? {} : { refreshToken }),
        ...tokenTimes(tokens, now, platform.random),
        failures: 0,
        history: [],
      },
    },
  };
  const session = {
    ...timed,
    ...userNames(epoch, provider, issuer, subject),
    id: sessionIdOf(key),
    provider,
    signedInAt: now,
    visitAt: nextVisit(timed, now, lifetimes.refreshExtension),
  };
  return { session, key };
}
