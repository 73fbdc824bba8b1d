import { expect, test } from 'vitest';
import { clockTime, duration, fromNow, moment, refreshSentence } from '../../../dev/demo-page/words.ts';
import { minute, noon, second } from './entry.ts';

test.each([
  [0, '0 s'],
  [34_900, '34 s'],
  [60_000, '1 min'],
  [72_900, '1 min 12 s'],
  [-72_000, '1 min 12 s'],
  [7_500_000, '2 h 5 min'],
  [24 * 60 * minute, '1 day'],
  [76 * 60 * minute, '3 days 4 h'],
])('%i ms is %s', (length, text) => {
  expect(duration(length)).toBe(text);
});

test('a time is told from now', () => {
  expect(fromNow(noon + 34 * second, noon)).toBe('in 34 s');
  expect(fromNow(noon - 90 * second, noon)).toBe('1 min 30 s ago');
  expect(fromNow(noon + 999, noon)).toBe('now');
});

test('a moment is told by the clock, and by the day too where that is another', () => {
  const morning = new Date(2026, 2, 17, 9, 5, 7).getTime();
  expect(clockTime(morning)).toBe('09:05:07');
  expect(clockTime(morning, false)).toBe('09:05');
  expect(moment(morning, noon)).toBe('09:05:07');
  expect(moment(new Date(2026, 2, 16, 23, 59, 59).getTime(), noon)).toBe('16 Mar, 23:59:59');
});

test('a refresh is told with the rest that the old token had, only where that is known', () => {
  expect(refreshSentence(noon, 'sweep', noon, noon + 34 * second)).toBe(
    'Refreshed by the timer at 12:00:00, 34 s before the old token expired.',
  );
  expect(refreshSentence(noon, 'read', noon, noon - 5 * second)).toBe(
    'Refreshed for a reader at 12:00:00, 5 s after the old token had expired.',
  );
  expect(refreshSentence(noon, 'request', noon)).toBe('Refreshed on request at 12:00:00.');
});
