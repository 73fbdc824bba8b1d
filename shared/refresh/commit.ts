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
import type { RecoveryQueue } from './recovery.ts';
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
  /** The session as it was read under the lease. */
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
}

/** Pauses between tries, in milliseconds: doubling from the first to the longest. */
const firstPause = 200;
const longestPause = 4_000;

/**
 * Writes new tokens whatever it takes. The provider may accept the old refresh token no longer, so giving up would
 * sign the user out: storage faults are retried until the lease would lapse, then the sealed document goes to the
 * recovery queue. A write whose answer was lost is recognized by reading; a newer document is kept and amended.
 */
export async function commitTokens(parts: CommitParts, tokens: NewTokens): Promise<RefreshOutcome> {
  const { store, platform } = parts;
  const deadline = platform.clock.now() + leaseSeconds * 1000;
  let base = tokens.base;
  let lease: { leaseId: LeaseId } | Record<string, never> = { leaseId: tokens.leaseId };
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      const session = tokens.rewrite(base.session);
      if (await store.update(session, base.session, { etag: base.etag, ...lease }))
        return { status: 'refreshed', session };
      // Either the content has changed, or the lease is lost: the next try goes without it, the one after with it.
      lease = lease.leaseId === undefined ? { leaseId: tokens.leaseId } : {};
      const current = await store.read(base.session.id);
      if (!current) return await discard(parts, tokens);
      const stored = current.session.entries[tokens.provider];
      if (stored && holds(stored, tokens)) return { status: 'refreshed', session: current.session };
      if (!stored || !isSame(stored.refreshToken, tokens.spent)) {
        return settledOutcome(current.session, tokens.provider, seconds(platform.clock));
      }
      base = current;
    } catch (error) {
      if (!isTokenkeepError(error)) throw error;
      if (platform.clock.now() + pause >= deadline) return rescue(parts, base, tokens, error);
    }
    if (platform.clock.now() + pause >= deadline) return rescue(parts, base, tokens);
    await platform.clock.sleep(pause);
  }
}

/** The user signed out while the provider was answering: the new tokens must not live on. */
async function discard(parts: CommitParts, { provider: name, entry, base }: NewTokens): Promise<RefreshOutcome> {
  parts.log.event('refresh_discarded', { session: base.session.id, provider: name });
  await revokeLate(entry, name, parts);
  return { status: 'ended' };
}

async function rescue(
  parts: CommitParts,
  base: StoredSession,
  tokens: NewTokens,
  why?: unknown,
): Promise<RefreshOutcome> {
  const { id } = base.session;
  try {
    const sealed = await parts.store.seal(tokens.rewrite(base.session));
    await parts.recovery.put({ id, provider: tokens.provider, sealed });
    parts.log.event('refresh_rescued', { session: id, provider: tokens.provider }, why);
  } catch (error) {
    parts.log.event('refresh_lost', { session: id, provider: tokens.provider }, error);
  }
  return { status: 'unavailable', reason: 'container_unreachable', retryAfterSeconds: 30 };
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
