import { beforeEach, describe, expect, test } from 'vitest';
import { type Ncrontab, parseNcrontab } from '../../../dev/host/ncrontab.ts';
import { type Clock, startTimer, type TimerFunction, type TimerInfo } from '../../../dev/host/timers.ts';

/** A clock that moves when told, and fires each longer timeout `early` milliseconds before its time. */
class TestClock implements Clock {
  #now = Date.UTC(2026, 0, 1);
  #waiting: { at: number; callback: () => void }[] = [];
  early = 0;
  readonly delays: number[] = [];

  now = () => this.#now;

  setTimeout(callback: () => void, milliseconds: number) {
    this.delays.push(milliseconds);
    const entry = { at: this.#now + milliseconds - (milliseconds > 1 ? this.early : 0), callback };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((each) => each !== entry);
    };
  }

  /** Moves on to `iso`, firing what falls due on the way and letting it run. */
  async advanceTo(iso: string): Promise<void> {
    const end = Date.parse(iso);
    for (;;) {
      const next = this.#waiting.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#waiting = this.#waiting.filter((each) => each !== next);
      this.#now = next.at;
      next.callback();
      await settle();
    }
    this.#now = end;
  }

  stepBack(milliseconds: number): void {
    this.#now -= milliseconds;
  }

  get isIdle() {
    return this.#waiting.length === 0;
  }
}

/** Lets promises that are ready run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

let clock: TestClock;
let runs: { at: string; info: TimerInfo }[];

beforeEach(() => {
  clock = new TestClock();
  runs = [];
});

function start(schedule: string | Ncrontab, options: Partial<TimerFunction> = {}) {
  const timer: TimerFunction = {
    name: 'timer',
    schedule: typeof schedule === 'string' ? parseNcrontab(schedule) : schedule,
    runOnStartup: false,
    useMonitor: true,
    invoke: async () => {},
    ...options,
  };
  const invoke = async (info: TimerInfo) => {
    runs.push({ at: new Date(clock.now()).toISOString().slice(11, 23), info });
    await timer.invoke(info);
  };
  return startTimer({ ...timer, invoke }, clock);
}

const times = () => runs.map(({ at }) => at);

/** A handler that ends when told to. */
function held() {
  const ends: (() => void)[] = [];
  return { invoke: () => new Promise<void>((resolve) => ends.push(resolve)), end: () => ends.shift()?.() };
}

describe('startTimer', () => {
  test('runs at each occurrence', async () => {
    start('0 */5 * * * *');
    await clock.advanceTo('2026-01-01T00:15:00Z');
    expect(times()).toEqual(['00:05:00.000', '00:10:00.000', '00:15:00.000']);
  });

  test('tells the status of the schedule in the casing of the extension', async () => {
    start('0 */5 * * * *');
    await clock.advanceTo('2026-01-01T00:10:00Z');
    expect(runs.map(({ info }) => info)).toEqual([
      {
        Schedule: { AdjustForDST: true },
        ScheduleStatus: {
          Last: '0001-01-01T00:00:00+00:00',
          Next: '2026-01-01T00:05:00.000+00:00',
          LastUpdated: '0001-01-01T00:00:00+00:00',
        },
        IsPastDue: false,
      },
      {
        Schedule: { AdjustForDST: true },
        ScheduleStatus: {
          Last: '2026-01-01T00:05:00.000+00:00',
          Next: '2026-01-01T00:10:00.000+00:00',
          LastUpdated: '2026-01-01T00:05:00.000+00:00',
        },
        IsPastDue: false,
      },
    ]);
  });

  test.each([
    ['*/30 * * * * *', true, false],
    ['0 * * * * *', true, true],
    ['0 * * * * *', false, false],
  ])('%s with the monitor %s: has a status %s', async (schedule, useMonitor, hasStatus) => {
    await clock.advanceTo('2026-01-01T00:00:10Z');
    start(schedule, { useMonitor });
    await clock.advanceTo('2026-01-01T00:01:00Z');
    expect(runs.at(-1)?.info.ScheduleStatus !== null).toBe(hasStatus);
  });

  test('a timeout that fires early neither runs early nor twice', async () => {
    clock.early = 1;
    start('* * * * * *');
    await clock.advanceTo('2026-01-01T00:00:03Z');
    expect(times()).toEqual(['00:00:01.000', '00:00:02.000', '00:00:03.000']);
  });

  test('waits for a far occurrence in parts that setTimeout can hold', async () => {
    start('0 0 0 1 6 *');
    await clock.advanceTo('2026-05-31T23:59:59Z');
    expect(runs).toEqual([]);
    await clock.advanceTo('2026-06-01T00:00:00Z');
    expect(times()).toEqual(['00:00:00.000']);
    expect(Math.max(...clock.delays)).toBe(2 ** 31 - 1);
  });

  test('runOnStartup runs at once, then on schedule', async () => {
    start('0 */5 * * * *', { runOnStartup: true });
    await clock.advanceTo('2026-01-01T00:05:00Z');
    expect(times()).toEqual(['00:00:00.000', '00:05:00.000']);
    expect(runs.map(({ info }) => info.IsPastDue)).toEqual([false, false]);
  });

  test('runs never overlap; what a long run missed is made up for once, past due when a later one is due too', async () => {
    const { invoke, end } = held();
    start('0 * * * * *', { invoke });
    await clock.advanceTo('2026-01-01T00:01:00Z');
    await clock.advanceTo('2026-01-01T00:04:30Z');
    expect(times()).toEqual(['00:01:00.000']);
    end();
    await settle();
    await clock.advanceTo('2026-01-01T00:04:30Z');
    expect(times()).toEqual(['00:01:00.000', '00:04:30.000']);
    expect(runs[1]?.info.IsPastDue).toBe(true);
    end();
    await settle();
    await clock.advanceTo('2026-01-01T00:05:00Z');
    expect(times()).toEqual(['00:01:00.000', '00:04:30.000', '00:05:00.000']);
    expect(runs[2]?.info.IsPastDue).toBe(false);
  });

  test('a failure leaves the schedule as it is', async () => {
    start('0 * * * * *', { invoke: () => Promise.reject(new Error('no')) });
    await clock.advanceTo('2026-01-01T00:02:00Z');
    expect(times()).toEqual(['00:01:00.000', '00:02:00.000']);
  });

  test('a run by hand waits for the one under way, and passes its failure on', async () => {
    const { invoke, end } = held();
    const timer = start('0 * * * * *', { invoke });
    await clock.advanceTo('2026-01-01T00:01:00Z');
    const byHand = timer.run();
    await settle();
    expect(runs).toHaveLength(1);
    end();
    await settle();
    expect(runs).toHaveLength(2);
    end();
    await byHand;

    const failing = start('0 * * * * *', { invoke: () => Promise.reject(new Error('no')) });
    await expect(failing.run()).rejects.toThrow('no');
  });

  test('a clock that is set back while an occurrence waits does not make it come twice', async () => {
    const { invoke, end } = held();
    const timer = start('0 * * * * *', { invoke });
    void timer.run();
    await settle();
    await clock.advanceTo('2026-01-01T00:01:00Z');
    clock.stepBack(5_000);
    end();
    await settle();
    end();
    await settle();
    await clock.advanceTo('2026-01-01T00:01:59Z');
    expect(times()).toEqual(['00:00:00.000', '00:00:55.000']);
  });

  test('stop ends the schedule and waits for the run under way', async () => {
    const { invoke, end } = held();
    const timer = start('0 * * * * *', { invoke });
    await clock.advanceTo('2026-01-01T00:01:00Z');
    let stopped = false;
    const stopping = timer.stop().then(() => {
      stopped = true;
    });
    await settle();
    expect(stopped).toBe(false);
    end();
    await stopping;
    expect(clock.isIdle).toBe(true);
    await timer.run();
    expect(runs).toHaveLength(1);
  });
});
