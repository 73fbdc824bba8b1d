import { createHash, timingSafeEqual } from 'node:crypto';
import { type Clock, type EpochSeconds, seconds } from '../platform.ts';
import type { SessionKey } from '../sessions/session-token.ts';
import type { KeyRing } from '../token-store/key-ring.ts';
import { openValue, sealValue } from './sealed.ts';

/**
 * The authorization code of a native app that signs in by the system browser: it comes back by an address that other
 * apps might claim, so it is worth nothing without the verifier that only the app knows (RFC 8252 section 8.1, RFC 7636).
 * It carries the session's key, sealed; that it is used once is kept in the session (`appCode`).
 */
export interface AppCode {
  readonly key: SessionKey;
  readonly provider: string;
  /** base64url of the SHA-256 of the verifier. */
  readonly challenge: string;
  readonly expiresAt: EpochSeconds;
}

/** Seconds; RFC 6749 section 4.1.2 recommends ten minutes at most. */
const lifetime = 5 * 60;
const purpose = 'app-code';

export function sealAppCode(code: Omit<AppCode, 'expiresAt'>, ring: KeyRing, clock: Clock): Promise<string> {
  return sealValue(purpose, { ...code, expiresAt: seconds(clock) + lifetime }, ring);
}

/** What a code carries; undefined where it is none of ours. */
export async function openAppCode(code: string, ring: KeyRing): Promise<AppCode | undefined> {
  return (await openValue(purpose, code, ring)) as AppCode | undefined;
}

/** What the session remembers of a code until it is used. */
export function appCodeHash(code: string): string {
  return sha256(code).toString('base64url');
}

/**
 * The challenge in base64url, as which RFC 7636 section 4.2 has it. Microsoft's mobile SDKs send base64 with padding
 * instead, and a `+` that was not escaped arrives as a space. Undefined where it cannot be a SHA-256 hash.
 */
export function codeChallenge(text: string): string | undefined {
  const digits = text.replace(/[ +]/g, '-').replaceAll('/', '_').replace(/=$/, '');
  return /^[\w-]{42}[AEIMQUYcgkosw048]$/.test(digits) ? digits : undefined;
}

/** Whether the challenge was made of this verifier, which is hashed as the text it is (RFC 7636 section 4.6). */
export function isVerified({ challenge }: AppCode, verifier: string): boolean {
  const expected = Buffer.from(challenge, 'base64url');
  return timingSafeEqual(sha256(verifier.replaceAll(' ', '+')), expected);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
