/** One measured figure, as it is printed and kept. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is meant to be; absent for figures that only explain others. */
  readonly aim?: `≤ ${number}` | `≥ ${number}`;
  /** What it is made of. */
  readonly detail?: string;
}

/** Whether a figure is as it is meant to be. */
export function isMet({ value, aim }: Figure): boolean | undefined {
  if (aim === undefined) return undefined;
  const bound = Number(aim.slice(2));
  return aim.startsWith('≤') ? value <= bound : value >= bound;
}

/** A value as it is printed: whole numbers and large ones without decimals. */
export function shown(value: number): string {
  return value.toFixed(Number.isInteger(value) || value >= 100 ? 0 : 2);
}

/** The middle of the sorted values; of two middles the lower. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
}

/** The value that `percent` of the values do not exceed: the nearest rank. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? Number.NaN;
}

/** Calls per second while `workers` loops call one after the other for some milliseconds. */
export async function throughput(call: () => Promise<void>, workers: number, milliseconds: number): Promise<number> {
  let calls = 0;
  const from = performance.now();
  const end = from + milliseconds;
  const work = async () => {
    while (performance.now() < end) {
      await call();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return (calls * 1000) / (performance.now() - from);
}

/** Measures two ways in turns, so that both meet the same noise: the medians, and the median of each round's ratio. */
export async function compared(
  one: () => Promise<number>,
  other: () => Promise<number>,
  rounds: number,
): Promise<{ readonly one: number; readonly other: number; readonly ratio: number }> {
  const results: { one: number; other: number }[] = [];
  for (let round = 0; round < rounds; round++) results.push({ one: await one(), other: await other() });
  return {
    one: median(results.map((result) => result.one)),
    other: median(results.map((result) => result.other)),
    ratio: median(results.map((result) => result.one / result.other)),
  };
}
