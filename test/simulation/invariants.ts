import { canRefresh, endOfLife } from '../../shared/refresh/schedule.ts';
import { blobName, parseMarker, type SessionId, startOf } from '../../shared/token-store/names.ts';
import { decodeSession, type Entry, type Session } from '../../shared/token-store/session.ts';
import { type Family, type Ledger, lossOf } from './ledger.ts';
import type { ModelContainer } from './model-container.ts';
import type { ModelProvider } from './model-provider.ts';
import { type Amended, checkAmended, createPlaces, wrongNames } from './places.ts';
import type { Plan } from './plan.ts';
import { type Invariant, violation } from './violation.ts';

/** What is known of a session from outside. */
export interface Witness {
  readonly id: SessionId;
  /** All that were ever stored in it. */
  readonly families: Set<Family>;
  /** The accounts that were connected in it when it was removed. */
  last: readonly Family[];
  amended: Amended;
  /** Amendments that are under way, or were cut: what they have written nobody can say. */
  unsure: number;
  /** As it is stored; undefined where it is not there. */
  session: Session | undefined;
  isRemoved: boolean;
  /** Whether its user knows of it. */
  isKnown: boolean;
  /** Somebody has asked to sign out; the answer may be yet to come, or may have been a failure. */
  isEnding: boolean;
  /** It may have ended otherwise than in favour of another: by a sign-out, or with its life. */
  isLeft: boolean;
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

interface Unsettled {
  readonly id: SessionId;
  readonly family?: Family;
  readonly invariant: Invariant;
  readonly detail: string;
}

/** A marker this much overdue is one that nobody visits, in milliseconds. */
const longestOverdue = 5 * 60_000;
const minute = 60_000;

/** Looks at every change of the container as it happens, and at the whole once all is quiet. */
export function createInvariants({ plan, model, provider, ledger, document, now }: InvariantParts) {
  const { largestSkew, refreshExtension } = plan;
  const slack = minute + largestSkew + plan.longestStandstill;
  const witnesses = new Map<SessionId, Witness>();
  const places = createPlaces(provider);

  function sessionChanged(witness: Witness, sealed: string | undefined): void {
    const before = witness.session;
    if (sealed === undefined) {
      places.removed(witness);
      witness.session = undefined;
      witness.isRemoved = true;
      const isPast = before && endOfLife(before, refreshExtension) * 1000 <= now() + largestSkew;
      if (isPast) witness.isLeft = true;
      if (!witness.isEnding && !isPast) violation('session-lost', witness.id.slice(0, 4));
      return;
    }
    if (witness.isRemoved) violation('came-back', witness.id.slice(0, 4));
    const session = decodeSession(document(sealed));
    places.written(witness, session);
    checkAmended(session, witness.amended);
    for (const [name, entry] of Object.entries(session.entries)) entryWritten(entry, before?.entries[name], session);
    witness.session = session;
    if (model.find(blobName.marker({ id: session.id, minute: session.visitAt })) === undefined) {
      violation('no-marker', `${session.id.slice(0, 4)} says ${session.visitAt}`);
    }
  }

  function entryWritten(entry: Entry, before: Entry | undefined, session: Session): void {
    if (!entry.refreshToken) return;
    const { family, number } = provider.familyOf(entry.refreshToken);
    const newest = Math.max(-1, ...family.storedAt.keys());
    if (number < newest) violation('overwritten', `${family.name}: ${newest} by ${number}`);
    ledger.keep(family, number, 'container');
    const { failures, refreshAt = 0 } = entry;
    if (!before || failures <= before.failures) return;
    const pause = Math.min(15_000 * 2 ** (failures - 1), 900_000);
    const others = Object.values(session.entries).filter(canRefresh);
    const due =
      Math.min(...others.map((one) => one.refreshAt ?? Infinity), endOfLife(session, refreshExtension)) * 1000;
    const isPaused = refreshAt * 1000 - now() > pause - slack && startOf(session.visitAt) + minute > due;
    if (!isPaused) violation('no-backoff', `after ${failures} failures: ${refreshAt * 1000 - now()} ms`);
  }

  /** What is not as it should be yet, with the session and the tokens it is about. */
  function* unsettled(): Iterable<Unsettled> {
    for (const { id, session, unsure } of witnesses.values()) {
      if (!session) continue;
      const at = { id };
      if (startOf(session.visitAt) < now() - longestOverdue) {
        yield { ...at, invariant: 'left-undone', detail: `visit ${session.visitAt}` };
      }
      const wrong = wrongNames(session, (name) => model.find(name) !== undefined, unsure > 0);
      if (wrong) yield { ...at, invariant: 'names-differ', detail: wrong };
      for (const entry of Object.values(session.entries)) {
        const { refreshToken, dead } = entry;
        if (!refreshToken) continue;
        const { family, number } = provider.familyOf(refreshToken);
        if (dead) yield { ...at, family, invariant: 'tokens-lost', detail: `dead: ${dead.reason}` };
        else if (entry.attemptedAt !== undefined || entry.failures > 0) {
          yield { ...at, family, invariant: 'left-undone', detail: 'a try is open' };
        } else if (!provider.accepts(refreshToken)) {
          yield { ...at, family, invariant: 'tokens-lost', detail: `${family.name}.${number} is good for nothing` };
        }
      }
    }
  }

  /** Somebody has signed out of the session that it was moved from, at the same time. */
  const isLeft = (family: Family, id: SessionId) =>
    [...witnesses.values()].some((one) => one.id !== id && one.isLeft && one.families.has(family));
  const isExcused = ({ family, invariant, id }: Unsettled) =>
    invariant === 'tokens-lost' && family !== undefined && (lossOf(family) !== undefined || isLeft(family, id));

  return {
    witnesses,
    witnessOf: (id: string | undefined) => witnesses.get(id as SessionId),
    add(id: SessionId): Witness {
      const unseen = { session: undefined, isRemoved: false, isKnown: false, last: [], unsure: 0 };
      const ending = { isEnding: false, isLeft: false, isOver: false };
      const witness: Witness = { id, families: new Set(), amended: new Map(), ...unseen, ...ending };
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
    /** How many sign-ins had tokens lost where nobody can help it, and how many of them must be made again. */
    losses() {
      const lost = [...provider.families()].filter(({ calls }) => calls.some(({ loss }) => loss));
      const over = [...unsettled()].filter(({ invariant }) => invariant === 'tokens-lost');
      return { lost: lost.length, signedOut: over.length };
    },
    isQuiet: () => [...unsettled()].every(isExcused),
    /** Throws what is not well although nothing has failed for long. */
    settled(): void {
      for (const one of unsettled()) {
        if (!isExcused(one)) violation(one.invariant, `${one.id.slice(0, 4)}: ${one.detail}`);
      }
    },
  };
}
