import type { Draw } from './random.ts';

export type Service = 'container' | 'queue' | 'provider';

/** How a call fails: without an answer, refused for want of access, or turned away for now. */
export type Failure = 'cut' | 'refused' | 'busy';

/** What becomes of one call of an outside service. All times are milliseconds from the call. */
export interface Fate {
  /** When it takes effect; undefined where it never does. */
  readonly effect: number | undefined;
  /** When the caller knows; for an answer, from the effect. */
  readonly answer: number;
  readonly failure: Failure | undefined;
}

/** A time in which a service fails: for all, or for one process that has lost its way there. */
export interface Phase {
  readonly service: Service;
  /** The share of the calls that fail, and of these the share that take effect all the same. */
  readonly fails: number;
  readonly takesEffect: number;
  readonly failure: Failure;
  readonly from: number;
  readonly to: number;
  readonly process?: number;
}

/** What goes wrong at any time, as shares of all calls. */
export interface Faults {
  readonly fails: number;
  readonly slow: number;
  /** Given up by the caller, and then it takes effect. */
  readonly late: number;
}

/** How long a caller waits at most, in milliseconds: that is what the real clients do. */
const patience: Record<Service, number> = { container: 10_000, queue: 10_000, provider: 5_000 };

/** The share of a provider's answers that take long, whatever the weather. */
const slowProviders = 0.25;
/** How late a call takes effect at most that its caller has given up, in milliseconds after that. */
const latest = [3_000, 20_000] as const;
/** How often a call to the container is made at most before it counts as failed. */
const repeats = 3;

export interface Weather {
  fate(service: Service, process: number, now: number): Fate;
  isAway(service: Service, now: number): boolean;
  /** From now on nothing fails any more. */
  clear(): void;
  /** How many calls have failed. */
  faults(): number;
  /** Whether whatever has gone wrong so far is made good by repeating a call: nobody need have noticed. */
  isHarmless(): boolean;
}

export function createWeather(draw: Draw, phases: readonly Phase[], faults: Faults): Weather {
  let isCalm = false;
  let failed = 0;
  let passing = 0;
  let lasting = 0;

  const at = (service: Service, process: number, now: number) =>
    phases.find(
      (one) => one.service === service && one.from <= now && now < one.to && (one.process ?? process) === process,
    );
  const quick = () => 2 + 80 * draw.fraction() ** 4;

  function failing(service: Service, failure: Failure, takesEffect: number): Fate {
    failed += 1;
    const isLong = draw.chance(0.2) && failure === 'cut';
    const answer = isLong ? patience[service] : quick() * 4;
    if (service === 'container' && failure === 'cut' && !isLong) passing += 1;
    else lasting += 1;
    return { effect: draw.chance(takesEffect) ? answer * draw.fraction() : undefined, answer, failure };
  }

  return {
    fate(service, process, now) {
      const longest = patience[service];
      const phase = isCalm ? undefined : at(service, process, now);
      if (phase && draw.chance(phase.fails)) return failing(service, phase.failure, phase.takesEffect);
      const luck = isCalm ? 1 : draw.fraction();
      const slow = service === 'provider' ? Math.max(faults.slow, slowProviders) : faults.slow;
      if (luck < faults.fails) return failing(service, 'cut', 0.5);
      if (luck < faults.fails + slow) {
        if (service !== 'provider') lasting += 1;
        const whole = draw.between(200, longest);
        const effect = whole * draw.fraction();
        return { effect, answer: whole - effect, failure: undefined };
      }
      if (luck < faults.fails + slow + faults.late) {
        failed += 1;
        lasting += 1;
        return { effect: longest + draw.between(0, draw.one(latest)), answer: longest, failure: 'cut' };
      }
      return { effect: quick(), answer: quick(), failure: undefined };
    },
    isAway: (service, now) => !isCalm && at(service, -1, now) !== undefined,
    clear() {
      isCalm = true;
    },
    faults: () => failed,
    isHarmless: () => lasting === 0 && passing < repeats,
  };
}
