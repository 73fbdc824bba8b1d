import { outboundTimeout } from '../shared/http/outbound.ts';
import type { Exchange, Link, Write } from './journal.ts';

/** What is known of one session at the end of a run. */
export interface Facts {
  readonly client: 'signed-in' | 'leaving' | 'signed-out';
  /** What the container holds. */
  readonly stored: 'absent' | 'unreadable' | Stored;
  /** The refresh tokens of its grant, oldest first. */
  readonly chain: readonly Link[];
  /** What hosts have put into storage for it. */
  readonly writes: readonly Write[];
}

export interface Stored {
  /** Which refresh token of the chain; undefined where it is none of them. */
  readonly link: Link | undefined;
  /** Whether the provider would still take it. */
  readonly isGood: boolean;
  readonly isDead: boolean;
  /** Whether the agenda has the marker that the session names. */
  readonly hasMarker: boolean;
}

export type Fate =
  /** The session holds the newest refresh token, and the provider takes it. */
  | 'kept'
  /** Signed out, as its client had asked. */
  | 'signed-out'
  /** Lost, and nobody can prevent it: the answer of the provider never reached its host, or not in time. */
  | 'lost-with-answer'
  /** Lost, and nobody can prevent it: its host was killed between the answer and the write. */
  | 'lost-with-host'
  /** The recovery queue holds newer tokens than the container. */
  | 'awaiting-recovery'
  /** Refresh token lost. */
  | 'lost'
  /** Gone without having been signed out. */
  | 'vanished'
  /** There after having been signed out. */
  | 'returned'
  | 'unreadable';

export interface Verdict {
  readonly fate: Fate;
  /** Refresh tokens that were presented again after their successor had reached a host that lived on. */
  readonly duplicates: number;
  /** Live, but no marker leads to it. */
  readonly isUnmarked: boolean;
}

/** The fates that break the promise. */
export const brokenPromises: readonly Fate[] = ['lost', 'vanished', 'returned', 'unreadable'];
/** The losses that do not: the provider had rotated, and what it gave never got as far as a write. */
export const inevitable: readonly Fate[] = ['lost-with-answer', 'lost-with-host'];

export function verdict(facts: Facts): Verdict {
  const isLive = typeof facts.stored === 'object';
  return {
    fate: fateOf(facts),
    duplicates: facts.chain.reduce((sum, link) => sum + duplicates(link, facts), 0),
    isUnmarked: isLive && !(facts.stored as Stored).hasMarker && facts.client !== 'signed-out',
  };
}

function fateOf({ client, stored, chain, writes }: Facts): Fate {
  if (stored === 'absent') return client === 'signed-in' ? 'vanished' : 'signed-out';
  if (stored === 'unreadable') return 'unreadable';
  if (client === 'signed-out') return 'returned';
  if (stored.link && stored.link === chain.at(-1) && stored.isGood && !stored.isDead) return 'kept';
  if (client === 'leaving') return 'signed-out';
  const rotation = stored.link && rotationOf(stored.link);
  if (!rotation) return 'lost';
  const loss = inevitableLoss(rotation, writes);
  if (loss) return loss;
  const last = writesOf(rotation, writes).at(-1);
  return last?.place === 'recovery queue' && !stored.isDead ? 'awaiting-recovery' : 'lost';
}

/** The exchange in which the provider took a refresh token and gave another for it. Its answer may never have come. */
function rotationOf({ exchanges }: Link): Exchange | undefined {
  return exchanges.find(({ status }) => status === 200) ?? exchanges.find(({ status }) => status === undefined);
}

/** What the host that received new tokens has put into storage for their session since. */
function writesOf({ answeredAt = 0, life }: Exchange, writes: readonly Write[]): Write[] {
  return writes.filter((write) => write.life === life && write.at >= answeredAt);
}

/** An answer that comes at the last moment may be too late for the host, in milliseconds. */
const margin = 1_000;

/** A host that has written nothing for so long behind an answer will not have been about to, in milliseconds. */
const longestWriting = 60_000;

/** How new tokens were lost on their way from the provider to where their host could write them; undefined if not. */
function inevitableLoss(rotation: Exchange, writes: readonly Write[]): Fate | undefined {
  const { at, answeredAt, delivered, life } = rotation;
  if (!delivered || answeredAt === undefined || answeredAt - at > outboundTimeout - margin) return 'lost-with-answer';
  const { killedAt = Number.POSITIVE_INFINITY } = life;
  const isKilled = killedAt - answeredAt < longestWriting && writesOf(rotation, writes).length === 0;
  return isKilled ? 'lost-with-host' : undefined;
}

function duplicates(link: Link, { writes }: Facts): number {
  const rotation = rotationOf(link);
  if (!rotation || inevitableLoss(rotation, writes)) return 0;
  return link.exchanges.filter((one) => one !== rotation && one.status !== undefined).length;
}
