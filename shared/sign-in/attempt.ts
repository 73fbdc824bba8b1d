import { timingSafeEqual } from 'node:crypto';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { type Cookie, requestCookies } from '../http/cookies.ts';
import { type Clock, type EpochSeconds, type Platform, seconds } from '../platform.ts';
import type { TokenSet } from '../providers/provider.ts';
import type { KeyRing } from '../token-store/key-ring.ts';
import type { SessionId } from '../token-store/names.ts';
import type { Ending } from './ending.ts';
import { openValue, sealValue } from './sealed.ts';

/** One try to sign in, in one tab: what the callback must know, kept in a sealed cookie of its own. */
export interface Attempt {
  /** Names the cookie. */
  readonly id: string;
  readonly provider: string;
  /** With the id, the `state` of the authorization request. */
  readonly stateSecret: string;
  readonly nonce: string;
  /** PKCE (RFC 7636 section 4.1). */
  readonly codeVerifier: string;
  /** As it was checked when the attempt began. */
  readonly ending: Ending;
  /** The session that the account is to be connected in; absent for a sign-in. */
  readonly connectsIn?: SessionId;
  /** What was asked for, as far as that is not too long for a cookie. */
  readonly asked: Asked;
  /** OAuth 1.0a, which has no `state`: the token comes back in its place. */
  readonly requestToken?: { readonly token: string; readonly secret: string };
  readonly expiresAt: EpochSeconds;
}

/** What an authorization request asks for (RFC 6749 section 3.3, RFC 8707). */
export type Asked = Pick<TokenSet, 'scopes' | 'resources'>;

/** Tabs that may sign in at once; a further one makes the oldest give up. */
const mostAttempts = 5;
const purpose = 'attempt';
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

/** Draws the values of a new attempt, which asks for nothing yet: 256 bits each, base64url. `lifetime` is in seconds. */
export function newAttempt(
  platform: Platform,
  { lifetime, ...known }: Pick<Attempt, 'provider' | 'ending' | 'connectsIn'> & { readonly lifetime: number },
): Attempt {
  const draw = (bytes = 32) => Buffer.from(platform.random.bytes(bytes)).toString('base64url');
  return {
    id: platform.clock.now().toString(36).padStart(9, '0') + draw(6),
    ...known,
    asked: {},
    stateSecret: draw(),
    nonce: draw(),
    codeVerifier: draw(),
    expiresAt: seconds(platform.clock) + lifetime,
  };
}

/** With more characters of JSON the cookie would be too large. */
const longestAsked = 400;

/** What the address of an authorization request asks for; where that is too long, only the resources or nothing. */
export function askedBy({ searchParams }: URL): Asked {
  const scopes = searchParams.get('scope')?.split(' ');
  const resources = searchParams.getAll('resource');
  const named = resources.length === 0 ? {} : { resources };
  const candidates: Asked[] = [{ ...named, ...(scopes ? { scopes } : {}) }, named];
  return candidates.find((asked) => JSON.stringify(asked).length <= longestAsked) ?? {};
}

export function stateOf({ id, stateSecret }: Attempt): string {
  return `${id}.${stateSecret}`;
}

/** Seals an attempt: its cookie, and the deletion of cookies over the number allowed. */
export async function rememberAttempt(
  attempt: Attempt,
  request: Request,
  scope: AttemptScope,
  ring: KeyRing,
  clock: Clock,
): Promise<readonly Cookie[]> {
  const value = await sealValue(purpose, attempt, ring);
  const maxAge = Math.max(attempt.expiresAt - seconds(clock), 0) + outlived;
  const surplus = attemptCookies(request)
    .sort()
    .slice(0, -(mostAttempts - 1));
  return [
    ...surplus.map((name) => attemptCookie(name, '', 0, scope)),
    attemptCookie(`${cookiePrefix}${attempt.id}`, value, maxAge, scope),
  ];
}

/** What an authorization response says of the attempt that it belongs to. */
export interface AttemptReference {
  readonly state?: string | undefined;
  /** OAuth 1.0a: `oauth_token`, or `denied` where the user refused. */
  readonly requestToken?: string | undefined;
}

/**
 * The attempt that a response belongs to, and the deletion of its cookie, so that it is good once.
 * Throws `sign_in_state_invalid` (another browser, another provider, used before).
 */
export async function recallAttempt(
  reference: AttemptReference,
  provider: string,
  request: Request,
  scope: AttemptScope,
  ring: KeyRing,
): Promise<{ readonly attempt: Attempt; readonly cookie: Cookie }> {
  const cookies = requestCookies(request);
  for (const name of candidates(reference, request)) {
    const sealed = cookies.get(name);
    const attempt = sealed === undefined ? undefined : await openAttempt(sealed, ring);
    if (attempt?.provider === provider && isOf(attempt, reference)) {
      return { attempt, cookie: attemptCookie(name, '', 0, scope) };
    }
  }
  throw new TokenkeepError('sign_in_state_invalid');
}

/** The cookies that may hold the attempt: `state` begins with the name of its own. */
function candidates({ state }: AttemptReference, request: Request): string[] {
  if (state === undefined) return attemptCookies(request).slice(0, mostAttempts);
  const [id = ''] = state.split('.');
  return attemptId.test(id) ? [`${cookiePrefix}${id}`] : [];
}

function isOf(attempt: Attempt, { state, requestToken = '' }: AttemptReference): boolean {
  if (state !== undefined) return isSame(state, stateOf(attempt));
  return attempt.requestToken !== undefined && isSame(requestToken, attempt.requestToken.token);
}

/** Throws `sign_in_expired` once the attempt has taken too long. */
export function checkInTime({ expiresAt }: Attempt, clock: Clock): void {
  if (expiresAt <= seconds(clock)) throw new TokenkeepError('sign_in_expired');
}

async function openAttempt(sealed: string, ring: KeyRing): Promise<Attempt | undefined> {
  return (await openValue(purpose, sealed, ring)) as Attempt | undefined;
}

function attemptCookies(request: Request): string[] {
  return [...requestCookies(request).keys()].filter((name) => name.startsWith(cookiePrefix));
}

function attemptCookie(name: string, value: string, maxAge: number, { path, secure }: AttemptScope): Cookie {
  return { name, value, path, maxAge, secure, sameSite: 'Lax' };
}

function isSame(one: string, other: string): boolean {
  const [bytes, others] = [Buffer.from(one), Buffer.from(other)];
  return bytes.length === others.length && timingSafeEqual(bytes, others);
}
