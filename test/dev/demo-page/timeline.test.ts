import { expect, test } from 'vitest';
import type { Life } from '../../../dev/demo-page/lives.ts';
import { layOut, ticksBetween } from '../../../dev/demo-page/timeline.ts';
import { clockTime } from '../../../dev/demo-page/words.ts';
import { minute, noon, second } from './entry.ts';

const lives: readonly Life[] = [
  { issued: noon, expires: noon + 180 * second, due: noon + 120 * second, replaced: noon + 120 * second },
  { issued: noon + 120 * second, by: 'sweep', expires: noon + 300 * second, due: noon + 240 * second },
];

test('time is spread over the width, less the margin on both sides', () => {
  const timeline = layOut(lives, noon + 150 * second, 620);
  expect(timeline.now).toBeCloseTo(310);
  expect(timeline.bars.map(({ left, used, right }) => [left, used, right].map(Math.round))).toEqual([
    [10, 250, 370],
    [250, 310, 610],
  ]);
  expect(timeline.due?.x).toBeCloseTo(490);
  expect(timeline.expiry?.x).toBeCloseTo(610);
  expect(timeline.bars.map(({ label }) => label.text)).toEqual(['12:00:00 sign-in', '12:02:00 by the timer']);
});

test('an expired token ends the bar, and now stays in the picture', () => {
  const timeline = layOut(lives, noon + 600 * second, 620);
  const [, current] = timeline.bars;
  expect(timeline.now).toBeCloseTo(610);
  expect(current?.used).toBeCloseTo(current?.right ?? 0);
  expect(current?.right).toBeCloseTo(310);
});

test('a replaced token of unknown expiry ends where it was replaced', () => {
  const [first] = layOut([{ issued: noon, by: 'read', replaced: noon + minute }, ...lives.slice(1)], noon, 600).bars;
  expect(first?.right).toBe(first?.used);
});

test.each([240, 600, 1000])('no label leaves a picture of %i pixels', (width) => {
  const [first, current] = lives;
  if (!first || !current) throw new Error('there are two lives');
  const late = { ...current, due: noon + 390 * second };
  for (const [shown, after] of [
    [lives, 121],
    [lives, 299],
    [lives, 2000],
    [[first, late], 299],
  ] as const) {
    const { bars, due, expiry } = layOut(shown, noon + after * second, width);
    for (const label of [...bars.map((bar) => bar.label), due?.label, expiry?.label]) {
      if (!label) throw new Error('a label is missing');
      const length = label.text.length * 6.6;
      const from = label.x - length * { start: 0, middle: 0.5, end: 1 }[label.anchor];
      expect(from).toBeGreaterThanOrEqual(-0.01);
      expect(from + length).toBeLessThanOrEqual(width + 0.01);
    }
  }
});

test('the labels of due and expiry share a line only where there is room', () => {
  expect(layOut(lives, noon + 130 * second, 900).isCrowded).toBe(false);
  expect(layOut(lives, noon + 130 * second, 280).isCrowded).toBe(true);
});

test('only the last five lives are drawn', () => {
  const many = Array.from({ length: 8 }, (_, index): Life => ({ issued: noon + index * minute, by: 'sweep' }));
  const { bars } = layOut(many, noon + 8 * minute, 600);
  expect(bars.map(({ life }) => life.issued)).toEqual(many.slice(3).map(({ issued }) => issued));
});

test('ticks stand at round local times and leave room for their texts', () => {
  const scale = 600 / (5 * minute);
  const ticks = ticksBetween(noon + 7 * second, noon + 5 * minute, scale);
  expect(ticks.map((time) => clockTime(time))).toEqual(['12:01:00', '12:02:00', '12:03:00', '12:04:00', '12:05:00']);
  const hours = ticksBetween(noon + minute, noon + 600 * minute, 600 / (600 * minute));
  expect(hours.map((time) => clockTime(time))).toEqual(
    [13, 14, 15, 16, 17, 18, 19, 20, 21, 22].map((hour) => `${hour}:00:00`),
  );
  expect(ticksBetween(noon, noon + minute, 0)).toEqual([]);
});
