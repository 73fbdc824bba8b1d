import { createActs } from './acts.ts';
import { drawPlan, withAmendments } from './plan.ts';
import { drawFrom } from './random.ts';
import { Violation } from './violation.ts';
import { beginning, createWorld, timeOfDay } from './world.ts';

/** What became of one schedule. */
export interface Outcome {
  readonly seed: number;
  readonly violation?: Violation;
  readonly provider: 'single-use' | 'grace' | 'reusable';
  readonly counts: Counts;
}

/** Things that happened, by name; `lost`: sessions whose newest tokens nobody could keep, of which some live on. */
export interface Counts {
  readonly steps: number;
  readonly sessions: number;
  readonly refreshes: number;
  readonly crashes: number;
  /** Processes that stood still, leases that an operator broke. */
  readonly interventions: number;
  readonly faults: number;
  readonly lost: number;
  readonly signedOut: number;
}

const minute = 60_000;
/** After the last fault everything is to be well within this time, in milliseconds. */
const longestRecovery = 60 * minute;

/** Runs the schedule that a seed determines; `trace` gets a line for each step. */
export async function runSchedule(seed: number, trace?: (line: string) => void): Promise<Outcome> {
  const draw = drawFrom(seed);
  const drawn = drawPlan(draw);
  const plan = seed % 2 === 0 ? withAmendments(drawn, drawFrom(~seed)) : drawn;
  trace?.(JSON.stringify({ ...plan, phases: plan.phases.length, acts: plan.acts.length }));
  for (const phase of plan.phases) trace?.(`${timeOfDay(beginning + phase.from)} phase ${JSON.stringify(phase)}`);
  const world = createWorld(plan, draw, trace);
  const { scheduler, invariants, weather } = world;
  const act = createActs(world, plan, draw);
  const end = beginning + plan.end;
  let steps = 0;
  let isOver = false;

  const isDone = () => scheduler.now > end + longestRecovery || (world.isIdle() && invariants.isQuiet());

  function everyMinute(): void {
    scheduler.after(minute, {
      label: () => 'the timer',
      run() {
        isOver = scheduler.now > end && isDone();
        const instance = isOver ? undefined : world.anyone();
        if (instance) world.ask(instance, instance.sweep());
        everyMinute();
      },
    });
  }

  for (let count = 0; count < plan.sessions; count++) act('sign-in');
  for (const { at, kind } of plan.acts) {
    scheduler.after(at, { label: () => `ACT ${kind}`, run: () => act(kind) });
  }
  scheduler.after(plan.end, { label: () => 'nothing fails any more', run: () => weather.clear() });
  everyMinute();

  const outcome = (): Outcome => {
    const families = [...world.provider.families()];
    const answered = families.flatMap(({ calls }) => calls).filter(({ issued }) => issued !== undefined);
    return {
      seed,
      provider: plan.manners.kind,
      counts: {
        steps,
        sessions: families.length,
        refreshes: answered.length,
        ...world.counts,
        faults: weather.faults(),
        ...invariants.losses(),
      },
    };
  };
  try {
    await scheduler.run(() => {
      steps += 1;
      return isOver || world.failure() !== undefined;
    });
    const failure = world.failure();
    if (failure) throw failure;
    invariants.settled();
    world.settled();
    return outcome();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { ...outcome(), violation: error };
  }
}
