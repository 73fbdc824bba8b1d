import type { EpochSeconds, Random } from '../platform.ts';
import { type Minute, minuteOf } from '../token-store/names.ts';
import type { Entry, Session } from '../token-store/session.ts';

/** Tokens are refreshed this long before they expire, in seconds, but never in the first half of their life. */
const longestLead = 10 * 60;
/** The share of a short life that the lead takes. */
const leadShare = 1 / 3;

/** A reader's token this close to its end, in seconds, is refreshed first; of a short life, this share. */
const readLead = 60;
const readLeadShare = 1 / 6;

const firstBackoff = 30;
const longestBackoff = 30 * 60;

/**
 * When a token that lives from `issuedAt` to `expiresAt` is due to be refreshed: at random between the middle of its
 * life and the lead, so that those who sign in together do not come back together.
 */
export function refreshDue(issuedAt: EpochSeconds, expiresAt: EpochSeconds, random: Random): EpochSeconds {
  const life = expiresAt - issuedAt;
  const lead = Math.min(longestLead, life * leadShare);
  return Math.floor(expiresAt - lead - (life / 2 - lead) * random.fraction());
}

/**
 * When to try again after `failures` failures in a row: doubling, with full jitter in its upper half, and never
 * before the provider's `Retry-After`, behind which tries that were turned away together spread as well.
 */
export function retryDue(
  now: EpochSeconds,
  failures: number,
  retryAfter: number | undefined,
  random: Random,
): EpochSeconds {
  const backoff = Math.min(firstBackoff * 2 ** Math.max(failures - 1, 0), longestBackoff);
  return Math.ceil(now + (backoff / 2) * random.fraction() + Math.max(backoff / 2, retryAfter ?? 0));
}

/**
 * When the session's blob has no further use: its token expired and may not be refreshed any more. One whose user lets
 * backends have tokens in their absence is of use until it ends.
 */
export function endOfLife(
  session: Pick<Session, 'expiresAt' | 'endsAt' | 'consents'>,
  refreshExtension: number,
): EpochSeconds {
  if (Object.keys(session.consents ?? {}).length > 0) return session.endsAt;
  return Math.min(session.expiresAt + refreshExtension, session.endsAt);
}

/** Whether the entry's tokens can be and are to be renewed by `time`. */
export function isDue(entry: Entry, time: EpochSeconds): boolean {
  return canRefresh(entry) && entry.refreshAt !== undefined && entry.refreshAt <= time;
}

/**
 * Whether a reader should not be given the entry's token as it is: it is about to expire, can be refreshed, and the
 * next refresh is not to come later, as after a failed try or by the provider's own rules.
 */
export function isExpiring(entry: Entry, now: EpochSeconds): boolean {
  return canRefresh(entry) && (entry.refreshAt ?? 0) <= now && isAtItsEnd(entry, now);
}

/** Whether a token is too close to its end to be handed out. */
export function isAtItsEnd({ issuedAt, expiresAt }: Pick<Entry, 'issuedAt' | 'expiresAt'>, now: EpochSeconds): boolean {
  if (expiresAt === undefined) return false;
  return expiresAt - now <= Math.min(readLead, (expiresAt - issuedAt) * readLeadShare);
}

export function canRefresh(entry: Entry): entry is Entry & Required<Pick<Entry, 'refreshToken'>> {
  return entry.refreshToken !== undefined && entry.dead === undefined;
}

/** What says when a session is to be visited. */
type Filing = Pick<Session, 'expiresAt' | 'endsAt' | 'entries' | 'consents'> &
  Partial<Pick<Session, 'visitAt' | 'movedFrom'>>;

/**
 * The minute of the session's next visit: of the first refresh that is due, or of its end. Never the current minute,
 * whose markers may have been listed already, nor the one that the session was moved from: the marker there may just
 * be being removed.
 */
export function nextVisit(session: Filing, now: EpochSeconds, refreshExtension: number): Minute {
  const times = Object.values(session.entries)
    .filter(canRefresh)
    .map(({ refreshAt }) => refreshAt)
    .filter((time) => time !== undefined);
  const earliest = Math.max(Math.min(endOfLife(session, refreshExtension), ...times), now + 60) * 1000;
  const minute = minuteOf(earliest);
  return minute === session.movedFrom && minute !== session.visitAt ? minuteOf(earliest + 60_000) : minute;
}

/** The session at the minute of its next visit, as far as that is another one. */
export function filedAnew(session: Session, now: EpochSeconds, refreshExtension: number): Session {
  const visitAt = nextVisit(session, now, refreshExtension);
  return visitAt === session.visitAt ? session : { ...session, visitAt, movedFrom: session.visitAt };
}
