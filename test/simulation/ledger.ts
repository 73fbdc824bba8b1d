import type { SessionId } from '../../shared/token-store/names.ts';
import type { Process } from './process.ts';
import { violation } from './violation.ts';

/** All refresh tokens that come from one sign-in; they are numbered from 0. */
export interface Family {
  readonly name: string;
  /** When each token was redeemed first, by its number; undefined for one that has not been. */
  readonly redeemedAt: (number | undefined)[];
  isRevoked: boolean;
  /** Why it was revoked by a second spending, where nobody can help that. */
  loss?: Loss | undefined;
  /** When each token came to lie in the container or in the recovery queue, and when in the container. */
  readonly keptAt: Map<number, number>;
  readonly storedAt: Map<number, number>;
  readonly calls: Redemption[];
  /** The live session that it is stored in. */
  place: SessionId | undefined;
  /** Whether a session that lives on has dropped it: disconnected, or replaced by another. */
  isOut: boolean;
}

/** One call of ours that has reached the provider. */
export interface Redemption {
  readonly token: number;
  readonly process: Process;
  readonly began: number;
  /** The number of the token that was given for it; undefined where it was refused. */
  readonly issued: number | undefined;
  /** Why what came of it is lost to us, where it is. */
  loss?: Loss | undefined;
}

/** What nobody can help. */
export type Loss =
  /** The provider's answer did not come. */
  | 'unanswered'
  /** The process ended before it had laid the tokens anywhere. */
  | 'crashed'
  /** The process stood still for longer than its lease lasts. */
  | 'stood-still'
  /** For longer than a try is left alone the process got through neither to the container nor to the queue. */
  | 'cut-off'
  /** The tokens lay in the recovery queue for longer than anybody waits for it. */
  | 'waited';

/** A lease is renewed when half of it is left, of 30 seconds: longer than that, in milliseconds, is more than it stands. */
const longestStandstill = 10_000;
/** How long an open try is left alone, and how long while something is in the recovery queue, in milliseconds. */
const longestTry = 50_000;
const longestWait = 15 * 60_000;
/** From the question to the recovery queue to that to the provider, in milliseconds. */
const longestDecision = 15_000;
/** How much time passes at most between two tries to lay tokens anywhere, in milliseconds. */
const longestSilence = 45_000;

/** Knows of every redemption what became of it. `largestSkew`: how far clocks are off at most, in milliseconds. */
export function createLedger(now: () => number, largestSkew: number) {
  const keptAt = ({ keptAt: kept }: Family, { issued }: Redemption) =>
    issued === undefined ? undefined : kept.get(issued);

  /** Whether it tries in vain all the while: the newest failures of both are young. */
  function wasCutOff({ process, began }: Redemption, until: number): boolean {
    const from = Math.max(began, until - longestSilence);
    return until - began > longestTry && process.failedSince('container', from) && process.failedSince('queue', from);
  }

  /** Why nobody could know, at the time `until`, what had come of a redemption. */
  function lossBefore(family: Family, call: Redemption, until: number): Loss | undefined {
    const { process, began, issued = -1 } = call;
    if ((family.storedAt.get(issued) ?? Infinity) < until) return undefined;
    // Who came second had asked the queue before it wrote its own try down.
    if ((keptAt(family, call) ?? Infinity) < until - longestDecision) {
      return until - began > longestWait - 2 * largestSkew ? 'waited' : undefined;
    }
    if (call.loss) return call.loss;
    if (process.stoodStillFor(began, until) > longestStandstill) return 'stood-still';
    return wasCutOff(call, until) ? 'cut-off' : undefined;
  }

  return {
    /** No refresh token is spent twice by us unless the first outcome was lost to us. */
    record(family: Family, call: Redemption): void {
      const isSpent = ({ token, issued = token }: Redemption) => token === call.token && issued !== token;
      for (const other of family.calls.filter(isSpent)) {
        const [first, second] = other.began <= call.began ? [other, call] : [call, other];
        first.loss = lossBefore(family, first, second.began);
        if (!first.loss) violation('spent-twice', `${family.name}.${call.token}`);
        if (family.isRevoked) family.loss ??= first.loss;
      }
      family.calls.push(call);
    },
    keep(family: Family, token: number, place: 'container' | 'queue'): void {
      if (!family.keptAt.has(token)) family.keptAt.set(token, now());
      if (place === 'container' && !family.storedAt.has(token)) family.storedAt.set(token, now());
    },
    /** What this process alone knew is lost with it. */
    crashed(family: Family, process: Process): void {
      for (const call of family.calls) {
        if (call.process === process && keptAt(family, call) === undefined) call.loss ??= 'crashed';
      }
    },
    /** A process says that it has given up on tokens. */
    gaveUp(family: Family, process: Process): void {
      for (const call of family.calls) {
        if (call.process !== process || keptAt(family, call) !== undefined) continue;
        if (wasCutOff(call, now())) call.loss ??= 'cut-off';
      }
    },
  };
}

export type Ledger = ReturnType<typeof createLedger>;

/** Why the newest tokens of a family are lost to us, where they are. */
export function lossOf({ calls, loss }: Family): Loss | undefined {
  return loss ?? calls.findLast(({ issued, token }) => issued !== undefined && issued !== token)?.loss;
}
