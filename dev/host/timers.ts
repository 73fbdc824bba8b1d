import type { Ncrontab } from './ncrontab.ts';

/** Time as the timers see it; tests bring their own. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number;
  /** @returns cancels it. */
  setTimeout(callback: () => void, milliseconds: number): () => void;
}

export const systemClock: Clock = {
  now: Date.now,
  setTimeout(callback, milliseconds) {
    const timeout = setTimeout(callback, milliseconds);
    return () => clearTimeout(timeout);
  },
};

/** What a timer function is given, in the casing of the timer extension. Times are ISO 8601 UTC. */
export interface TimerInfo {
  Schedule: { AdjustForDST: boolean };
  /** Null when the schedule is not monitored. */
  ScheduleStatus: { Last: string; Next: string; LastUpdated: string } | null;
  /** The run is later than scheduled: its following occurrence is due already. */
  IsPastDue: boolean;
}

export interface TimerFunction {
  name: string;
  schedule: Ncrontab;
  runOnStartup: boolean;
  /** As registered. A schedule with more than one occurrence a minute is never monitored. */
  useMonitor: boolean;
  /** Runs the function once. Reports its failure itself, and rejects. */
  invoke(info: TimerInfo): Promise<void>;
}

export interface Timer {
  /**
   * Runs the function now, or right after a run that is under way; the schedule stays as it is. Rejects when it failed.
   */
  run(): Promise<void>;
  /** Ends the schedule. Resolves when a run that is under way has ended. */
  stop(): Promise<void>;
}

/** Longest delay of setTimeout; anything longer would fire at once. */
const longestDelay = 2 ** 31 - 1;
const never = '0001-01-01T00:00:00+00:00';

/**
 * Runs a function on its schedule, one run at a time. After a run that lasted beyond the next occurrence, the next one
 * starts at once, and what lies between is left out.
 * Source: https://github.com/Azure/azure-webjobs-sdk-extensions (`TimerListener`), except that nothing is stored: the
 * schedule's status begins anew with each start.
 */
export function startTimer(timer: TimerFunction, clock: Clock): Timer {
  let due = timer.schedule.nextOccurrence(new Date(clock.now()));
  let last: Date | undefined;
  let tail: Promise<unknown> = Promise.resolve();
  let cancel = () => {};
  let stopped = false;
  const monitored = timer.useMonitor && !isSubMinute(timer.schedule, clock.now());

  const info = (isPastDue: boolean): TimerInfo => ({
    Schedule: { AdjustForDST: true },
    ScheduleStatus: monitored ? { Last: text(last), Next: text(due), LastUpdated: text(last) } : null,
    IsPastDue: isPastDue,
  });

  const inTurn = (run: () => Promise<void>): Promise<void> => {
    const turn = tail.then(() => (stopped ? undefined : run()));
    tail = turn.catch(() => {});
    return turn;
  };

  const runScheduled = (isStartup: boolean) =>
    inTurn(async () => {
      const started = clock.now();
      const occurrence = new Date(isStartup ? started : Math.max(started, due.getTime()));
      const isPastDue = !isStartup && timer.schedule.nextOccurrence(due).getTime() <= started;
      await timer.invoke(info(isPastDue)).catch(() => {});
      last = occurrence;
      due = timer.schedule.nextOccurrence(occurrence);
      arm();
    });

  const arm = () => {
    if (stopped) return;
    const remaining = due.getTime() - clock.now();
    cancel = clock.setTimeout(
      // A timeout may fire a millisecond early, and a long delay comes in parts.
      () => (clock.now() < due.getTime() ? arm() : void runScheduled(false)),
      Math.min(Math.max(remaining, 0), longestDelay),
    );
  };

  if (timer.runOnStartup) cancel = clock.setTimeout(() => void runScheduled(true), 0);
  else arm();

  return {
    run: () => inTurn(() => timer.invoke(info(false))),
    async stop() {
      stopped = true;
      cancel();
      await tail;
    },
  };
}

/** More than one occurrence in the next minute: the timer extension then keeps no status. */
function isSubMinute(schedule: Ncrontab, now: number): boolean {
  const second = schedule.nextOccurrence(schedule.nextOccurrence(new Date(now)));
  return second.getTime() < now + 60_000;
}

const text = (time: Date | undefined) => (time === undefined ? never : time.toISOString().replace('Z', '+00:00'));
