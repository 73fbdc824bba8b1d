import type { Clock, Platform } from '../../shared/platform.ts';
import type { Draw } from './random.ts';
import type { Actor, Scheduler } from './scheduler.ts';
import type { Failure, Fate, Service, Weather } from './weather.ts';

/** One process: its clock, and its ways to the outside, each of which may fail. */
export interface Process extends Actor {
  readonly index: number;
  readonly platform: Platform;
  /** Calls a service: `effect` happens there at one moment, and what it gave, or `failed`, is known at another. */
  call<T>(call: Call<T>): Promise<T>;
  /** Nothing that it was about to do happens any more, except for what it has already sent. */
  crash(): void;
  /** For so many milliseconds nothing reaches it, as where the machine is stopped. */
  standStill(milliseconds: number): void;
  /** For how long of this time it stood still, in milliseconds. */
  stoodStillFor(from: number, to: number): number;
  /** Whether a call of the service that it made since then has failed. */
  failedSince(service: Service, from: number): boolean;
}

export interface Call<T> {
  readonly service: Service;
  readonly label: () => string;
  readonly effect: (fate: Fate) => T;
  /** Gives or throws what the caller makes of a failure. */
  readonly failed: (failure: Failure) => T;
}

export interface ProcessParts {
  readonly scheduler: Scheduler;
  readonly draw: Draw;
  readonly weather: Weather;
  readonly index: number;
  /** How far its clock is off, in milliseconds. */
  readonly skew: number;
}

export function createProcess({ scheduler, draw, weather, index, skew }: ProcessParts): Process {
  const standstills: [number, number][] = [];
  const lastFailed = new Map<Service, number>();
  const state = { alive: true, standsStillUntil: 0 };
  const clock: Clock = {
    now: () => Math.floor(scheduler.now + skew),
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const what = { run: () => resolve(), label: () => `${index} wakes after ${milliseconds} ms`, to: state };
        const callOff = scheduler.after(milliseconds, what);
        signal?.addEventListener('abort', () => {
          callOff();
          reject(signal.reason);
        });
      }),
  };
  const fetch = () => Promise.reject(new Error('nothing here calls by HTTP'));

  return {
    index,
    platform: { clock, random: draw, fetch },
    get alive() {
      return state.alive;
    },
    get standsStillUntil() {
      return state.standsStillUntil;
    },
    call: ({ service, label, effect, failed }) =>
      new Promise((resolve, reject) => {
        const fate = weather.fate(service, index, scheduler.now);
        const settle = (delay: number, how: string, answer: () => ReturnType<typeof effect>) =>
          scheduler.after(delay, {
            label: () => `${index} is told: ${how} of ${label()}`,
            to: state,
            run() {
              try {
                resolve(answer());
              } catch (error) {
                reject(error);
              }
            },
          });
        const { failure } = fate;
        if (failure) lastFailed.set(service, scheduler.now);
        if (failure) settle(fate.answer, failure, () => failed(failure));
        if (fate.effect === undefined) return;
        scheduler.after(fate.effect, {
          label: () => `${service}: ${label()} by ${index}`,
          run() {
            // What was on its way when its process ended may have been lost with it.
            if (!state.alive && draw.chance(0.5)) return;
            const answer = effect(fate);
            if (!failure) settle(fate.answer, 'outcome', () => answer);
          },
        });
      }),
    crash() {
      state.alive = false;
    },
    standStill(milliseconds) {
      state.standsStillUntil = scheduler.now + milliseconds;
      standstills.push([scheduler.now, state.standsStillUntil]);
    },
    stoodStillFor: (from, to) =>
      standstills.reduce((sum, [began, ended]) => sum + Math.max(Math.min(to, ended) - Math.max(from, began), 0), 0),
    failedSince: (service, from) => (lastFailed.get(service) ?? -Infinity) >= from,
  };
}
