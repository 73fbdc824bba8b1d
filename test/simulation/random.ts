import type { Random } from '../../shared/platform.ts';

/** Random choices that one seed determines. */
export interface Draw extends Random {
  /** True in this share of the cases, from 0 to 1. */
  chance(share: number): boolean;
  /** A number from `least` (included) to `most` (excluded). */
  between(least: number, most: number): number;
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number;
  one<T>(items: readonly [T, ...T[]]): T;
  /** One of any list; undefined of an empty one. */
  any<T>(items: readonly T[]): T | undefined;
}

/** Mulberry32, 32 bits of state: good enough to choose by, and the same on every machine. */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const any = <T>(items: readonly T[]) => items[Math.floor(fraction() * items.length)];
  return {
    fraction,
    bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(fraction() * 256)),
    chance: (share) => fraction() < share,
    between: (least, most) => least + fraction() * (most - least),
    whole: (least, most) => least + Math.floor(fraction() * (most - least + 1)),
    one: (items) => any(items) ?? items[0],
    any,
  };
}
