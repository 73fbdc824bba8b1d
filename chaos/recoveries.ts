import type { Answered } from './load.ts';
import { describe, type Phase, type Trouble } from './plan.ts';

/** How long it took after a trouble until all was well, in milliseconds; absent where it was not by the end. */
export interface Recovery {
  readonly trouble: Trouble;
  readonly since: number;
  /** Until a request was answered 200 again, by the host concerned or any. */
  firstAnswer?: number;
  /** Until no visit was overdue. */
  caughtUp?: number;
}

/** Measures how fast the app recovers from the troubles of a run. */
export class Recoveries {
  readonly all: Recovery[] = [];
  readonly #origins: readonly string[];

  constructor(origins: readonly string[]) {
    this.#origins = origins;
  }

  /** A trouble is over. */
  ended({ trouble }: Phase): void {
    this.all.push({ trouble, since: Date.now() });
  }

  answered({ origin, status, at }: Answered): void {
    if (status !== 200) return;
    for (const recovery of this.all) {
      const { trouble, since } = recovery;
      const concerned = trouble.kind !== 'host-killed' || this.#origins[trouble.host] === origin;
      if (concerned && at >= since) recovery.firstAnswer ??= Date.now() - since;
    }
  }

  /** Nothing was overdue at this time. */
  caughtUp(at: number): void {
    for (const recovery of this.all) if (at >= recovery.since) recovery.caughtUp ??= at - recovery.since;
  }

  /** By what the trouble was. */
  byTrouble(): Map<string, readonly Recovery[]> {
    return Map.groupBy(this.all, ({ trouble }) => kindOf(trouble));
  }
}

function kindOf(trouble: Trouble): string {
  if (trouble.kind === 'host-killed') return 'a host killed';
  if (trouble.kind !== 'network') return describe(trouble);
  return `${trouble.service} ${trouble.fault.kind}${trouble.fault.share === 1 ? ' (all)' : ''}`;
}
