import * as z from 'zod';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { type Clock, type EpochSeconds, seconds } from '../platform.ts';
import type { Log } from '../telemetry/log.ts';
import { isSessionId, type SessionId } from '../token-store/names.ts';
import type { Entry, Session } from '../token-store/session.ts';
import type { SessionStore, StoredSession } from '../token-store/session-store.ts';
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
 * How long other writes of a session, each of which makes its content young again, can put off a try, in seconds: longer
 * than clocks are apart.
 */
const longestYouth = 2 * 3600;

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
  if (age < longestTry && now - attemptedAt < longestYouth) return true;
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

/**
 * The session that new tokens of an account belong into: the one they were got for or, where a new sign-in has taken its
 * place, the one that the account has gone over to. Undefined where neither is there. Throws `container_*`, also while the
 * account is on its way.
 */
export async function holderOf(
  store: SessionStore,
  session: Session,
  provider: string,
  entry: Entry,
  now: EpochSeconds,
): Promise<StoredSession | undefined> {
  const own = await store.read(session.id);
  if (own || provider === session.provider) return own;
  const others = await store.sessionsOf(session.user);
  const holder = others.find((other) => isSameConnection(other.session.entries[provider], entry));
  const isExpected = ({ entries, connected = [] }: Session) =>
    !entries[provider] && connected.some((name) => session.connected?.includes(name));
  // After a crash in between the name stays where no account will come.
  const isYoung = now - (entry.history.at(-1)?.at ?? 0) < longestWait;
  if (!holder && isYoung && others.some((other) => isExpected(other.session))) {
    throw new TokenkeepError('container_unreachable', { detail: 'the account is on its way to another session' });
  }
  return holder;
}

/** Whether an entry is of the same account, and has not been disconnected in between. */
export function isSameConnection(one: Entry | undefined, { issuer, subject, connectedAt }: Entry): boolean {
  return one?.issuer === issuer && one.subject === subject && one.connectedAt === connectedAt;
}

interface RecoveryParts {
  readonly store: SessionStore;
  readonly log: Log;
  readonly clock: Clock;
  /** Seconds. */
  readonly refreshExtension: number;
}

/**
 * Puts the rescued tokens into the session of their account. They are dropped where it has none, or newer ones. While
 * the container is still away, or somebody else is writing, this throws, and the queue delivers the message again.
 */
export async function recover(input: unknown, parts: RecoveryParts): Promise<void> {
  const { store, log, clock, refreshExtension } = parts;
  const parsed = message.safeParse(input);
  if (!parsed.success) throw new TokenkeepError('request_malformed', { detail: 'not a rescued session' });
  const { id, provider, sealed } = parsed.data;
  const rescued = await store.unseal(id, sealed);
  const entry = rescued.entries[provider];
  const current = entry && (await holderOf(store, rescued, provider, entry, seconds(clock)));
  const stored = current?.session.entries[provider];
  if (!current || !stored || !isSuccessor(entry, stored)) {
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
  log.event('refresh_recovered', { session: session.id, provider });
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
