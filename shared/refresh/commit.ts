import { isTokenkeepError } from '../errors/tokenkeep-error.ts';
import { type Platform, seconds } from '../platform.ts';
import type { Provider } from '../providers/provider.ts';
import type { Log } from '../telemetry/log.ts';
import type { AccessToken, RefreshToken } from '../telemetry/secret.ts';
import type { LeaseId } from '../token-store/container.ts';
import { leaseSeconds } from '../token-store/lease.ts';
import type { Entry, Session } from '../token-store/session.ts';
import type { SessionStore, StoredSession } from '../token-store/session-store.ts';
import { type RefreshOutcome, settledOutcome } from './outcome.ts';
import { holderOf, isSameConnection, type RecoveryQueue, toRescue } from './recovery.ts';
import { revokeLate } from './revocation.ts';

interface CommitParts {
  readonly store: SessionStore;
  readonly provider: (name: string) => Provider | undefined;
  readonly recovery: RecoveryQueue;
  readonly platform: Platform;
  readonly log: Log;
}

/** New tokens that the provider has given out, on their way into the container. */
export interface NewTokens {
  /** The session as it was when the provider was asked. */
  readonly base: StoredSession;
  readonly leaseId: LeaseId;
  readonly provider: string;
  /** The refresh token that was redeemed for them. */
  readonly spent: RefreshToken;
  /** The new access token: the entry's own, or one for a further resource. */
  readonly accessToken: AccessToken | undefined;
  readonly entry: Entry;
  /** Puts them into a session, be it the one that was read or a newer one. */
  readonly rewrite: (session: Session) => Session;
  /** Whether the caller waits until they lie somewhere, however long that takes. */
  readonly isPatient: boolean;
}

/** Pauses between tries, in milliseconds: doubling from the first to the longest. */
const firstPause = 200;
const longestPause = 4_000;
/** How long the container is waited for before the recovery queue takes the tokens as well, in milliseconds. */
const patience = 2_000;
/** How long tokens that neither the container nor the recovery queue takes are kept in memory, in milliseconds. */
const longestKept = 4 * 60_000;

/**
 * Writes new tokens whatever it takes. The provider may accept the old refresh token no longer, so giving up would
 * sign the user out. Where the container does not take them at once, the sealed document goes to the recovery queue,
 * lest they be lost with this process; the container is tried on until the lease would lapse. If the queue is away too,
 * both are tried for some minutes more.
 */
export async function commitTokens(parts: CommitParts, tokens: NewTokens): Promise<RefreshOutcome> {
  const from = parts.platform.clock.now();
  const written = await writeUntil(from + patience, parts, tokens);
  if (!('error' in written)) return written;
  const isRescued = await rescue(parts, tokens, written.error);
  const late = await writeUntil(from + leaseSeconds * 1000, parts, tokens);
  if (!('error' in late)) return late;
  if (!isRescued) {
    const trying = tryOn(from + longestKept, parts, tokens);
    if (tokens.isPatient) await trying;
  }
  return { status: 'unavailable', reason: 'container_unreachable', retryAfterSeconds: 30 };
}

/**
 * Tries until the deadline, once at least. A write whose answer was lost is recognized by reading; a newer document is
 * kept and amended.
 */
async function writeUntil(
  deadline: number,
  parts: CommitParts,
  tokens: NewTokens,
): Promise<RefreshOutcome | { readonly error: unknown }> {
  const { store, platform } = parts;
  let { base } = tokens;
  let lease: { leaseId: LeaseId } | Record<string, never> = { leaseId: tokens.leaseId };
  let error: unknown;
  /** Whoever asked is told of no session but their own. */
  const told = (outcome: RefreshOutcome, { id }: Session) => (id === tokens.base.session.id ? outcome : ended);
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      const session = tokens.rewrite(base.session);
      if (await store.update(session, base.session, { etag: base.etag, ...lease }))
        return told({ status: 'refreshed', session }, session);
      // Either the content has changed, or the lease is lost: the next try goes without it, the one after with it.
      lease = lease.leaseId === undefined ? { leaseId: tokens.leaseId } : {};
      const now = seconds(platform.clock);
      const current = await holderOf(store, base.session, tokens.provider, tokens.entry, now);
      const stored = current?.session.entries[tokens.provider];
      if (!current || !stored || !isSameConnection(stored, tokens.entry)) {
        await discard(parts, tokens);
        return current ? told(settledOutcome(current.session, tokens.provider, now), current.session) : ended;
      }
      if (holds(stored, tokens)) return told({ status: 'refreshed', session: current.session }, current.session);
      if (!isSame(stored.refreshToken, tokens.spent)) {
        return told(settledOutcome(current.session, tokens.provider, now), current.session);
      }
      base = current;
    } catch (trouble) {
      if (!isTokenkeepError(trouble)) throw trouble;
      error = trouble;
    }
    if (platform.clock.now() + pause >= deadline) return { error };
    await platform.clock.sleep(pause);
  }
}

const ended: RefreshOutcome = { status: 'ended' };

/** The user signed out, or disconnected the account, while the provider was answering: the new tokens must not live on. */
async function discard(parts: CommitParts, { provider: name, entry, base }: NewTokens): Promise<void> {
  parts.log.event('refresh_discarded', { session: base.session.id, provider: name });
  await revokeLate(entry, name, parts);
}

/** Whether the recovery queue has taken the tokens, which the container did not for this reason. */
async function rescue({ store, recovery, log }: CommitParts, tokens: NewTokens, why: unknown): Promise<boolean> {
  const { provider, base } = tokens;
  const { id } = base.session;
  try {
    const sealed = await store.seal(toRescue(tokens.rewrite(base.session), provider));
    await recovery.put({ id, provider, sealed });
    log.event('refresh_rescued', { session: id, provider }, why);
    return true;
  } catch {
    return false;
  }
}

/** Tries the recovery queue and the container until one has the tokens, or they are given up. Rejects never. */
async function tryOn(deadline: number, parts: CommitParts, tokens: NewTokens): Promise<void> {
  const { log, platform } = parts;
  let why: unknown;
  try {
    while (platform.clock.now() < deadline) {
      await platform.clock.sleep(longestPause / 2);
      // Twice: by now the lease has lapsed, or was given back, which the first try may have to find out.
      const written = await writeUntil(platform.clock.now() + 2 * firstPause, parts, tokens);
      if (!('error' in written)) return;
      why = written.error;
      if (await rescue(parts, tokens, why)) return;
    }
  } catch (error) {
    why = error;
  }
  log.event('refresh_lost', { session: tokens.base.session.id, provider: tokens.provider }, why);
}

/**
 * Whether it is these tokens that are stored. The access token alone does not tell: a provider may give the one that is
 * still good again, beside a refresh token that replaces the old one.
 */
function holds(stored: Entry, { accessToken, entry }: NewTokens): boolean {
  const held = [stored.accessToken, ...Object.values(stored.targets ?? {}).map((one) => one.accessToken)];
  const isLast = stored.history.at(-1)?.at === entry.history.at(-1)?.at;
  const isWhole = isLast && isSame(stored.refreshToken, entry.refreshToken);
  return isWhole && accessToken !== undefined && held.some((one) => isSame(one, accessToken));
}

function isSame(one: { reveal(): string } | undefined, other: { reveal(): string } | undefined): boolean {
  return one?.reveal() === other?.reveal();
}
