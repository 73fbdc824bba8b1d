import * as z from 'zod';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { type Clock, type EpochSeconds, seconds } from '../platform.ts';
import type { Log } from '../telemetry/log.ts';
import { isSessionId, type SessionId } from '../token-store/names.ts';
import type { Entry, Session } from '../token-store/session.ts';
import type { SessionStore } from '../token-store/session-store.ts';
import { fingerprint } from './refreshed-entry.ts';
import { filedAnew } from './schedule.ts';

/** A sealed session that could not be written. */
export interface Rescued {
  readonly id: SessionId;
  readonly provider: string;
  readonly sealed: string;
}

/** The recovery queue in the storage account of the Functions host. Throws where it does not answer. */
export interface RecoveryQueue {
  put(rescued: Rescued): Promise<void>;
  /** Whether anything waits in it, whoever's it may be. */
  isWaiting(): Promise<boolean>;
}

const message = z.object({
  id: z.string().refine(isSessionId),
  provider: z.string(),
  sealed: z.string(),
});

/**
 * How long a try may go on that has lost its lease, in milliseconds: the provider's time, the tries to write the tokens,
 * and the call to the recovery queue.
 */
const longestTry = 50_000;
/**
 * How long a refresh token that may be spent is left alone while the recovery queue is not empty, in seconds: longer than
 * the ten minutes after which the Functions host gives out a message again whose receiver has died.
 */
const longestWait = 15 * 60;

/**
 * Whether tokens may be about to be stored that this entry's refresh token was spent for: by whoever has written down a
 * try `age` milliseconds ago, or by the recovery queue. To redeem it again would make a provider that detects reuse
 * revoke them.
 */
export async function mayBeRecovered(
  { attemptedAt, unanswered }: Entry,
  age: number,
  recovery: RecoveryQueue,
  now: EpochSeconds,
): Promise<boolean> {
  if (attemptedAt === undefined || unanswered) return false;
  if (age < longestTry) return true;
  return now - attemptedAt < longestWait && recovery.isWaiting().catch(() => true);
}

/**
 * The part of a session that goes to the recovery queue, whose messages hold 64 KiB: the one entry, without the tokens
 * for further resources, which can be had again.
 */
export function toRescue(session: Session, provider: string): Session {
  const { targets: _fetchedAgain, ...entry } = session.entries[provider] as Entry;
  return { ...session, entries: { [provider]: entry } };
}

interface RecoveryParts {
  readonly store: SessionStore;
  readonly log: Log;
  readonly clock: Clock;
  /** Seconds. */
  readonly refreshExtension: number;
}

/**
 * Puts the rescued tokens into their session. They are dropped where the session has ended or holds newer ones. While
 * the container is still away, or somebody else is writing, this throws, and the queue delivers the message again.
 */
export async function recover(input: unknown, parts: RecoveryParts): Promise<void> {
  const { store, log, clock, refreshExtension } = parts;
  const parsed = message.safeParse(input);
  if (!parsed.success) throw new TokenkeepError('request_malformed', { detail: 'not a rescued session' });
  const { id, provider, sealed } = parsed.data;
  const rescued = await store.unseal(id, sealed);
  const entry = rescued.entries[provider];
  const current = await store.read(id);
  const stored = current?.session.entries[provider];
  if (!current || !entry || !stored || !isSuccessor(entry, stored)) {
    log.event('refresh_discarded', { session: id, provider });
    return;
  }
  const { targets } = stored;
  const recovered = { ...entry, ...(targets === undefined ? {} : { targets }) };
  const entries = { ...current.session.entries, [provider]: recovered };
  const session = filedAnew({ ...current.session, entries }, seconds(clock), refreshExtension);
  if (!(await store.update(session, current.session, { etag: current.etag }))) {
    throw new TokenkeepError('container_unreachable', { detail: 'the session is being written' });
  }
  log.event('refresh_recovered', { session: id, provider });
}

/**
 * Whether the rescued tokens were got with the very refresh token that is stored. Where the provider gives the same one
 * again and again, the newer of two refreshes counts.
 */
function isSuccessor(rescued: Entry, stored: Entry): boolean {
  const { refreshToken } = stored;
  if (refreshToken === undefined || rescued.redeemed !== fingerprint(refreshToken)) return false;
  const isRotated = rescued.refreshToken?.reveal() !== refreshToken.reveal();
  return isRotated || (rescued.history.at(-1)?.at ?? 0) > (stored.history.at(-1)?.at ?? 0);
}
