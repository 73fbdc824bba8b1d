import { endOfLife } from '../../shared/refresh/schedule.ts';
import { blobName, parseMarker, type SessionId, startOf } from '../../shared/token-store/names.ts';
import { decodeSession, type Entry, type Session } from '../../shared/token-store/session.ts';
import { type Family, type Ledger, lossOf } from './ledger.ts';
import type { ModelContainer } from './model-container.ts';
import type { ModelProvider } from './model-provider.ts';
import type { Plan } from './plan.ts';
import { violation } from './violation.ts';

/** What is known of a session from outside. */
export interface Witness {
  readonly id: SessionId;
  readonly family: Family;
  /** As it is stored; undefined where it is not there. */
  session: Session | undefined;
  /** The highest number of a refresh token that was stored. */
  newest: number;
  isRemoved: boolean;
  /** Whether its user knows of it. */
  isKnown: boolean;
  /** Somebody has asked to sign out; the answer may be yet to come, or may have been a failure. */
  isEnding: boolean;
  /** A sign-out was confirmed. */
  isOver: boolean;
}

interface InvariantParts {
  readonly plan: Plan;
  readonly model: ModelContainer;
  readonly provider: ModelProvider;
  readonly ledger: Ledger;
  readonly document: (sealed: string) => string;
  readonly now: () => number;
}

/** A marker this much overdue is one that nobody visits, in milliseconds. */
const longestOverdue = 5 * 60_000;
const minute = 60_000;

/** Looks at every change of the container as it happens, and at the whole once all is quiet. */
export function createInvariants({ plan, model, provider, ledger, document, now }: InvariantParts) {
  const { largestSkew, refreshExtension } = plan;
  const slack = minute + largestSkew + plan.longestStandstill;
  const witnesses = new Map<SessionId, Witness>();
  const entryOf = (session: Session): Entry => session.entries['model'] as Entry;
  const numberOf = ({ refreshToken }: Entry) => (refreshToken ? provider.familyOf(refreshToken).number : -1);

  function sessionChanged(witness: Witness, sealed: string | undefined): void {
    const before = witness.session;
    if (sealed === undefined) {
      witness.session = undefined;
      witness.isRemoved = true;
      const isPast = before && endOfLife(before, refreshExtension) * 1000 <= now() + largestSkew;
      if (!witness.isEnding && !isPast) violation('session-lost', witness.id.slice(0, 4));
      return;
    }
    if (witness.isRemoved) violation('came-back', witness.id.slice(0, 4));
    const session = decodeSession(document(sealed));
    const number = numberOf(entryOf(session));
    if (number < witness.newest) violation('overwritten', `${witness.family.name}: ${witness.newest} by ${number}`);
    const { failures, refreshAt = 0 } = entryOf(session);
    if (before && failures > entryOf(before).failures) {
      const pause = Math.min(15_000 * 2 ** (failures - 1), 900_000);
      const due = Math.min(refreshAt, endOfLife(session, refreshExtension)) * 1000;
      const isPaused = refreshAt * 1000 - now() > pause - slack && startOf(session.visitAt) + minute > due;
      if (!isPaused) violation('no-backoff', `after ${failures} failures: ${refreshAt * 1000 - now()} ms`);
    }
    witness.session = session;
    witness.newest = number;
    ledger.keep(witness.family, number, 'container');
    if (model.find(blobName.marker({ id: session.id, minute: session.visitAt })) === undefined) {
      violation('no-marker', `${session.id.slice(0, 4)} says ${session.visitAt}`);
    }
  }

  /** What is not as it should be yet, with the session it is about. */
  function* unsettled(): Iterable<readonly [Witness, 'tokens-lost' | 'left-undone', string]> {
    for (const witness of witnesses.values()) {
      const { session, family } = witness;
      if (!session) continue;
      const entry = entryOf(session);
      if (startOf(session.visitAt) < now() - longestOverdue) yield [witness, 'left-undone', `visit ${session.visitAt}`];
      if (entry.dead) yield [witness, 'tokens-lost', `dead: ${entry.dead.reason}`];
      else if (entry.attemptedAt !== undefined || entry.failures > 0) yield [witness, 'left-undone', 'a try is open'];
      else if (!entry.refreshToken || !provider.accepts(entry.refreshToken)) {
        yield [witness, 'tokens-lost', `${family.name}.${numberOf(entry)} is good for nothing`];
      }
    }
  }

  const isExcused = ({ family }: Witness) => lossOf(family) !== undefined;

  return {
    witnesses,
    witnessOf: (id: string | undefined) => witnesses.get(id as SessionId),
    add(id: SessionId, family: Family): Witness {
      const unseen = { session: undefined, newest: -1, isRemoved: false, isKnown: false };
      const witness = { id, family, ...unseen, isEnding: false, isOver: false };
      witnesses.set(id, witness);
      return witness;
    },
    changed(name: string, before: string | undefined, after: string | undefined): void {
      if (name.startsWith('sessions/')) {
        const witness = witnesses.get(name.slice('sessions/'.length) as SessionId);
        if (witness && (before ?? after) !== undefined) sessionChanged(witness, after);
      } else if (after === undefined && name.startsWith('agenda/')) {
        const marker = parseMarker(name);
        const session = marker && witnesses.get(marker.id)?.session;
        if (session && session.visitAt === marker.minute) violation('no-marker', `${marker.minute} was cleared`);
      }
    },
    /** How many sessions had tokens lost where nobody can help it, and how many of them must sign in again. */
    losses() {
      const lost = [...witnesses.values()].filter(({ family }) => family.calls.some(({ loss }) => loss));
      const over = [...unsettled()].filter(([, invariant]) => invariant === 'tokens-lost');
      return { lost: lost.length, signedOut: over.length };
    },
    isQuiet: () => [...unsettled()].every(([witness, invariant]) => invariant === 'tokens-lost' && isExcused(witness)),
    /** Throws what is not well although nothing has failed for long. */
    settled(): void {
      for (const [witness, invariant, detail] of unsettled()) {
        if (invariant === 'tokens-lost' && isExcused(witness)) continue;
        violation(invariant, `${witness.id.slice(0, 4)}: ${detail}`);
      }
    },
  };
}
