import type { Platform } from '../platform.ts';

/** So many outages in a row open the circuit. */
const outagesToOpen = 5;
/** How long it opens at first, doubled by each probe that fails, and at most, in milliseconds. */
const firstPause = 10_000;
const longestPause = 5 * 60_000;

/** What a call has shown: that the service is out, perhaps until when; that it answers; or neither. */
export type Verdict =
  | { readonly outage: string; readonly retryAfterSeconds: number | undefined }
  | 'answers'
  | 'unknown';

export interface CircuitBreaker {
  /** Lets a call through, which says when it ends what it has shown; undefined where no call is to be made just now. */
  enter(): ((verdict: Verdict) => void) | undefined;
  /** Until a probe may be made; 0 while one is under way, and in a closed circuit. */
  secondsLeft(): number;
}

export interface CircuitEvents {
  opened(seconds: number, reason: string): void;
  closed(): void;
}

interface Closed {
  readonly status: 'closed';
  /** In a row, and the latest time that one of them asked to wait for. */
  outages: number;
  retryAt: number;
}

type State =
  | Closed
  | { readonly status: 'open'; readonly pause: number; readonly until: number }
  | { readonly status: 'probing'; readonly pause: number };

type Outage = Exclude<Verdict, string>;

/**
 * Keeps calls away from a service that is out (https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker).
 * It stays open for at least as long as the outages that opened it asked for, up to the longest pause.
 */
export function createCircuitBreaker({ clock, random }: Platform, events: CircuitEvents): CircuitBreaker {
  let state: State = closed();

  function open(pause: number, retryAt: number, { outage }: Outage): void {
    const now = clock.now();
    const length = Math.max(pause * (0.5 + 0.5 * random.fraction()), Math.min(retryAt - now, longestPause));
    state = { status: 'open', pause, until: now + length };
    events.opened(Math.ceil(length / 1000), outage);
  }

  function counted(calls: Closed, verdict: Verdict): void {
    if (verdict === 'unknown') return;
    if (verdict === 'answers') {
      calls.outages = 0;
      calls.retryAt = 0;
      return;
    }
    calls.outages += 1;
    calls.retryAt = Math.max(calls.retryAt, retryTime(verdict));
    if (calls.outages === outagesToOpen) open(firstPause, calls.retryAt, verdict);
  }

  function probed(pause: number, verdict: Verdict): void {
    if (verdict === 'unknown') {
      state = { status: 'open', pause, until: clock.now() };
    } else if (verdict === 'answers') {
      state = closed();
      events.closed();
    } else {
      open(Math.min(pause * 2, longestPause), retryTime(verdict), verdict);
    }
  }

  function retryTime({ retryAfterSeconds = 0 }: Outage): number {
    return clock.now() + retryAfterSeconds * 1000;
  }

  function secondsLeft(): number {
    return state.status === 'open' ? Math.max(Math.ceil((state.until - clock.now()) / 1000), 0) : 0;
  }

  return {
    secondsLeft,
    enter() {
      if (state.status === 'probing' || secondsLeft() > 0) return undefined;
      if (state.status === 'open') state = { status: 'probing', pause: state.pause };
      const began = state;
      return (verdict) => {
        // A call of before the circuit opened or closed has no say in what it does next.
        if (began !== state) return;
        if (began.status === 'closed') counted(began, verdict);
        else probed(began.pause, verdict);
      };
    },
  };
}

function closed(): Closed {
  return { status: 'closed', outages: 0, retryAt: 0 };
}
