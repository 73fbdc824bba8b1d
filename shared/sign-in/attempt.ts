import { timingSafeEqual } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { type Cookie, requestCookies } from '../http/cookies.ts';
import { type Clock, type EpochSeconds, type Platform, seconds } from '../platform.ts';
import type { KeyRing } from '../token-store/key-ring.ts';
import { isEpochNumber } from '../token-store/names.ts';

/** One try to sign in, in one tab: what the callback must know, kept in a sealed cookie of its own. */
export interface Attempt {
  readonly provider: string;
  /** The second half of `state`; the first names the cookie. */
  readonly stateSecret: string;
  readonly nonce: string;
  /** PKCE (RFC 7636 section 4.1). */
  readonly codeVerifier: string;
  /** Where to land: an absolute URL that was checked when the attempt began; absent for the completion page. */
  readonly target?: string;
  /** Whether the app wants the session token in the fragment of the landing address. */
  readonly sessionMode: 'cookie' | 'token';
  readonly expiresAt: EpochSeconds;
}

/** Tabs that may sign in at once; a further one makes the oldest give up. */
const mostAttempts = 5;
const cookiePrefix = 'AppServiceAuthNonce_';
/** Nine characters of time, so that names sort by age, and eight at random. */
const attemptId = /^[0-9a-z]{9}[\w-]{8}$/;

/** The cookie outlives its attempt by this many seconds, so that a late callback is told that it is late. */
const outlived = 15 * 60;

/** Where the attempt cookies are sent: to the logins, whose number of attempts they limit together, and callbacks. */
export interface AttemptScope {
  readonly path: string;
  readonly secure: boolean;
}

/** Draws the values of a new attempt: 256 bits each, base64url. */
export function newAttempt(
  platform: Platform,
  fixed: Pick<Attempt, 'provider' | 'sessionMode'> & { readonly target: string | undefined; readonly lifetime: number },
): Attempt {
  const draw = () => Buffer.from(platform.random.bytes(32)).toString('base64url');
  return {
    provider: fixed.provider,
    sessionMode: fixed.sessionMode,
    ...(fixed.target === undefined ? {} : { target: fixed.target }),
    stateSecret: draw(),
    nonce: draw(),
    codeVerifier: draw(),
    expiresAt: seconds(platform.clock) + fixed.lifetime,
  };
}

/** Seals an attempt: the `state` to send, its cookie, and the deletion of cookies over the number allowed. */
export async function rememberAttempt(
  attempt: Attempt,
  request: Request,
  scope: AttemptScope,
  ring: KeyRing,
  platform: Platform,
): Promise<{ readonly state: string; readonly cookies: readonly Cookie[] }> {
  const epoch = await ring.newest();
  const value = await new CompactEncrypt(Buffer.from(JSON.stringify(attempt)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: epoch.number })
    .encrypt(epoch.attempts);
  const time = platform.clock.now().toString(36).padStart(9, '0');
  const id = `${time}${Buffer.from(platform.random.bytes(6)).toString('base64url')}`;
  const maxAge = Math.max(attempt.expiresAt - seconds(platform.clock), 0) + outlived;
  const surplus = attemptCookies(request)
    .sort()
    .slice(0, -(mostAttempts - 1));
  return {
    state: `${id}.${attempt.stateSecret}`,
    cookies: [
      ...surplus.map((name) => attemptCookie(name, '', 0, scope)),
      attemptCookie(`${cookiePrefix}${id}`, value, maxAge, scope),
    ],
  };
}

/**
 * The attempt that `state` belongs to, and the deletion of its cookie, so that it is good once.
 * Throws `sign_in_state_invalid` (another browser, another provider, used before).
 */
export async function recallAttempt(
  state: string,
  provider: string,
  request: Request,
  scope: AttemptScope,
  ring: KeyRing,
): Promise<{ readonly attempt: Attempt; readonly cookie: Cookie }> {
  const [id = '', secret = '', ...rest] = state.split('.');
  const name = `${cookiePrefix}${id}`;
  const sealed = attemptId.test(id) ? requestCookies(request).get(name) : undefined;
  const attempt = sealed && (await openAttempt(sealed, ring));
  const isForThis = attempt && attempt.provider === provider && rest.length === 0;
  if (!isForThis || !isSame(secret, attempt.stateSecret)) throw new TokenkeepError('sign_in_state_invalid');
  return { attempt, cookie: attemptCookie(name, '', 0, scope) };
}

/** Throws `sign_in_expired` once the attempt has taken too long. */
export function checkInTime({ expiresAt }: Attempt, clock: Clock): void {
  if (expiresAt <= seconds(clock)) throw new TokenkeepError('sign_in_expired');
}

function attemptCookies(request: Request): string[] {
  return [...requestCookies(request).keys()].filter((name) => name.startsWith(cookiePrefix));
}

function attemptCookie(name: string, value: string, maxAge: number, { path, secure }: AttemptScope): Cookie {
  return { name, value, path, maxAge, secure, sameSite: 'Lax' };
}

async function openAttempt(sealed: string, ring: KeyRing): Promise<Attempt | undefined> {
  try {
    const { kid = '' } = decodeProtectedHeader(sealed);
    if (!isEpochNumber(kid)) return undefined;
    const { plaintext } = await compactDecrypt(sealed, (await ring.epoch(kid)).attempts, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return JSON.parse(Buffer.from(plaintext).toString()) as Attempt;
  } catch (error) {
    if (error instanceof TokenkeepError && error.code !== 'seal_epoch_unknown') throw error;
    return undefined;
  }
}

function isSame(one: string, other: string): boolean {
  const [bytes, others] = [Buffer.from(one), Buffer.from(other)];
  return bytes.length === others.length && timingSafeEqual(bytes, others);
}
