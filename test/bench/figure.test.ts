import { expect, it } from 'vitest';
import { compared, isMet, percentile, shown } from '../../bench/figure.ts';

it('an aim is met up to its bound, and not beyond', () => {
  const figure = { name: '', unit: 'ratio' };
  expect([1.29, 1.3, 1.31].map((value) => isMet({ ...figure, value, aim: '≤ 1.3' }))).toEqual([true, true, false]);
  expect([0.79, 0.8, 0.81].map((value) => isMet({ ...figure, value, aim: '≥ 0.8' }))).toEqual([false, true, true]);
  expect(isMet({ ...figure, value: 1 })).toBeUndefined();
});

it('a percentile is the value that so many of a hundred do not exceed', () => {
  const values = Array.from({ length: 200 }, (_, place) => 200 - place);
  expect([1, 50, 99, 100].map((percent) => percentile(values, percent))).toEqual([2, 100, 198, 200]);
  expect(percentile([7], 99)).toBe(7);
});

it('two ways are measured in turns, and their ratio is that of the rounds, not of the medians', async () => {
  const turns: string[] = [];
  const way = (name: string, values: number[]) => async () => {
    turns.push(name);
    return values.shift() ?? Number.NaN;
  };
  const result = await compared(way('one', [10, 40, 30]), way('other', [5, 10, 30]), 3);
  expect(turns).toEqual(['one', 'other', 'one', 'other', 'one', 'other']);
  expect(result).toEqual({ one: 30, other: 10, ratio: 2 });
});

it('whole numbers and large ones are printed without decimals', () => {
  expect([0, 6, 0.714, 99.9, 1234.5].map(shown)).toEqual(['0', '6', '0.71', '99.90', '1235']);
});
