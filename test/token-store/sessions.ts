import { randomBytes } from 'node:crypto';
import { Secret } from '../../shared/telemetry/secret.ts';
import { type Minute, minuteOf, sessionIdOf, type UserId } from '../../shared/token-store/names.ts';
import type { Session } from '../../shared/token-store/session.ts';

/** A session as a sign-in at `now` (milliseconds) makes one, to be visited in an hour. */
export function aSession(now: number, changes: Partial<Session> = {}): Session {
  const seconds = Math.floor(now / 1000);
  return {
    id: sessionIdOf(randomBytes(32).toString('base64url')),
    user: randomBytes(32).toString('hex') as UserId,
    aliases: [],
    sid: `sid:${randomBytes(16).toString('hex')}`,
    provider: 'demo',
    signedInAt: seconds,
    expiresAt: seconds + 8 * 3600,
    endsAt: seconds + 30 * 24 * 3600,
    visitAt: inMinutes(now, 60),
    entries: {
      demo: {
        issuer: 'https://issuer.example',
        subject: 'ada',
        claims: { name: 'Ada', groups: ['a', 'b'] },
        accessToken: new Secret('access_token', randomBytes(16).toString('hex')),
        refreshToken: new Secret('refresh_token', randomBytes(16).toString('hex')),
        issuedAt: seconds,
        expiresAt: seconds + 3600,
        failures: 0,
        history: [],
      },
    },
    ...changes,
  };
}

export function inMinutes(now: number, minutes: number): Minute {
  return minuteOf(now + minutes * 60_000);
}
