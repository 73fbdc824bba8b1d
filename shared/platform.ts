/** What the code takes from the machine it runs on. Tests bring their own. */
export interface Platform {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: typeof globalThis.fetch;
}

export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number;
  /** Resolves after `milliseconds`, or rejects with the signal's reason as soon as it aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** `count` bytes from a cryptographically secure source. */
  bytes(count: number): Uint8Array;
  /** A number from 0 (included) to 1 (excluded). */
  fraction(): number;
}

/** Seconds since 1970-01-01 UTC, as in JWT claims. */
export type EpochSeconds = number & { readonly unit?: 'seconds' };

/** The clock's time in whole seconds. */
export function seconds(clock: Clock): EpochSeconds {
  return Math.floor(clock.now() / 1000);
}

/** The real machine. */
export const machine: Platform = {
  clock: {
    now: Date.now,
    sleep: async (milliseconds, signal) => {
      const { setTimeout } = await import('node:timers/promises');
      await setTimeout(milliseconds, undefined, signal ? { signal } : {});
    },
  },
  random: {
    bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    fraction: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
  },
  fetch: (...request) => globalThis.fetch(...request),
};
