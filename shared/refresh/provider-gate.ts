import type { Platform } from '../platform.ts';
import type { RefreshFailure, RefreshResult } from '../providers/provider.ts';
import type { Log } from '../telemetry/log.ts';
import type { RefreshCause } from '../token-store/session.ts';
import { type CircuitBreaker, createCircuitBreaker, type Verdict } from './circuit-breaker.ts';
import { createSemaphore, type Semaphore } from './semaphore.ts';

/** The way to the providers: so many calls of each at a time, and none while it is out. */
export interface ProviderGate {
  /**
   * Runs `work`, which asks the provider once, as soon as one of its places is free: clients before the timer. Fails
   * without running it where the provider is out (`circuit_open`) or no place got free in time (`provider_busy`); both
   * are `unavailable` with `retryAfterSeconds` of at least 1. Throws what `work` throws, which counts for nothing.
   */
  through(provider: string, cause: RefreshCause, work: () => Promise<RefreshResult>): Promise<RefreshResult>;
}

export interface GateParts {
  readonly platform: Platform;
  readonly log: Log;
  /** Calls of one provider at a time, in this process. */
  readonly atOnce: number;
}

/** How long a call waits for a place, in milliseconds. */
const longestWait = 8_000;
/** A session that the timer postpones gets a minute for its next visit: a smaller spread, in seconds, spreads nothing. */
const leastSpread = 60;

/** How token endpoints say, with a status below 500, that they are out or asked too often. */
const notNowReasons = ['temporarily_unavailable', 'server_error', 'slow_down', 'http_429'];
/** What is found out before a token endpoint is asked. */
const unaskedReasons = ['busy', 'issuer_changed', 'provider_misconfigured', 'scopes_need_a_v2_issuer'];

export function createProviderGate({ platform, log, atOnce }: GateParts): ProviderGate {
  const ways = new Map<string, { readonly circuit: CircuitBreaker; readonly places: Semaphore }>();

  function wayTo(provider: string) {
    const places = createSemaphore(atOnce, longestWait, platform.clock);
    const circuit = createCircuitBreaker(platform, {
      opened(seconds, reason) {
        log.event('provider_circuit_opened', { provider, seconds, reason });
        places.dismiss();
      },
      closed: () => log.event('provider_circuit_closed', { provider }),
    });
    const way = { circuit, places };
    ways.set(provider, way);
    return way;
  }

  /** What the timer postpones together comes back apart. */
  function notNow(reason: string, secondsLeft: number, cause: RefreshCause): RefreshResult {
    const left = Math.max(secondsLeft, 1);
    const spread = cause === 'sweep' ? Math.floor(Math.max(left, leastSpread) * platform.random.fraction()) : 0;
    return { ok: false, failure: { kind: 'unavailable', reason, retryAfterSeconds: left + spread } };
  }

  return {
    async through(provider, cause, work) {
      const { circuit, places } = ways.get(provider) ?? wayTo(provider);
      const conclude = circuit.enter();
      const outcome = conclude && (await places.acquire(cause === 'sweep' ? 'low' : 'high'));
      if (!conclude || outcome === 'dismissed') return notNow('circuit_open', circuit.secondsLeft(), cause);
      // Never a probe: the call that opened the circuit has left a place.
      if (outcome === 'timed-out') return notNow('provider_busy', longestWait / 1000, cause);
      let verdict: Verdict = 'unknown';
      try {
        const result = await work();
        verdict = result.ok ? 'answers' : verdictOn(result.failure);
        return result;
      } finally {
        conclude(verdict);
        places.release();
      }
    },
  };
}

/** Only an outage may open the circuit: what is about one session or our settings is an answer like any other. */
function verdictOn({ kind, reason, retryAfterSeconds }: RefreshFailure): Verdict {
  if (unaskedReasons.includes(reason)) return 'unknown';
  const asksToWait = kind === 'unavailable' && (retryAfterSeconds !== undefined || notNowReasons.includes(reason));
  return kind === 'unanswered' || asksToWait ? { outage: reason, retryAfterSeconds } : 'answers';
}
