import { expect, test } from 'vitest';
import { pollDelay } from '../../../dev/demo-page/polling.ts';
import { entryOf, minute, noon, second } from './entry.ts';

test('the page asks every 3 seconds while a refresh is near or overdue, else every 15', () => {
  const due = (at: number) => entryOf({ issued: noon, due: at });
  expect(pollDelay([due(noon + 121 * second)], noon)).toBe(15_000);
  expect(pollDelay([due(noon + 120 * second)], noon)).toBe(3_000);
  expect(pollDelay([due(noon - minute)], noon)).toBe(3_000);
  expect(pollDelay([{ ...due(noon), refreshable: false }], noon)).toBe(15_000);
  expect(pollDelay([entryOf({ issued: noon })], noon)).toBe(15_000);
  expect(pollDelay([due(noon + 10 * minute), due(noon)], noon)).toBe(3_000);
});
