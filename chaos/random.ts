/** Random numbers that one seed determines. */
export interface Draw {
  /** From 0 (included) to 1 (excluded). */
  fraction(): number;
  between(least: number, most: number): number;
  /** A whole number from 0 to `count` - 1. */
  index(count: number): number;
  shuffled<T>(items: readonly T[]): T[];
}

/** Mulberry32: 32 bits of state, good enough to choose faults by. */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    fraction,
    between: (least, most) => least + fraction() * (most - least),
    index: (count) => Math.floor(fraction() * count),
    shuffled: (items) =>
      items
        .map((item) => ({ item, place: fraction() }))
        .toSorted((one, other) => one.place - other.place)
        .map(({ item }) => item),
  };
}
