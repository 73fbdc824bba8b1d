import { expect, test } from 'vitest';
import { remember } from '../../../dev/demo-page/lives.ts';
import { entryOf, minute, noon } from './entry.ts';

const signedIn = entryOf({ issued: noon, expires: noon + 3 * minute, due: noon + 2 * minute });
const refreshed = entryOf({
  issued: noon + 2 * minute,
  expires: noon + 5 * minute,
  due: noon + 4 * minute,
  history: [{ at: noon + 2 * minute, by: 'sweep' }],
});

test('old tokens keep their expiry after they were replaced', () => {
  const lives = remember(remember([], signedIn), refreshed);
  expect(lives).toEqual([
    { issued: noon, expires: noon + 3 * minute, due: noon + 2 * minute, replaced: noon + 2 * minute },
    { issued: noon + 2 * minute, by: 'sweep', expires: noon + 5 * minute, due: noon + 4 * minute },
  ]);
  expect(remember(lives, refreshed)).toEqual(lives);

  const history = [
    { at: noon + 2 * minute, by: 'sweep' },
    { at: noon + 3 * minute, by: 'request' },
  ];
  const third = remember(lives, entryOf({ issued: noon + 3 * minute, expires: noon + 6 * minute, history }));
  expect(third.map(({ by, expires, replaced }) => [by, expires, replaced])).toEqual([
    [undefined, noon + 3 * minute, noon + 2 * minute],
    ['sweep', noon + 5 * minute, noon + 3 * minute],
    ['request', noon + 6 * minute, undefined],
  ]);
});

test('refreshes from before the page was opened are known without their expiry', () => {
  const history = [noon - 9 * minute, noon].map((at) => ({ at, by: 'request' }));
  expect(remember([], entryOf({ issued: noon, expires: noon + minute, history }))).toEqual([
    { issued: noon - 9 * minute, by: 'request', replaced: noon },
    { issued: noon, by: 'request', expires: noon + minute },
  ]);
});

test('a new sign-in starts from nothing', () => {
  const again = entryOf({ issued: noon + 10 * minute, expires: noon + 13 * minute });
  expect(remember(remember(remember([], signedIn), refreshed), again)).toEqual([
    { issued: noon + 10 * minute, expires: noon + 13 * minute },
  ]);
});

test('what cannot be refreshed any more is not due any more', () => {
  const refused = { ...signedIn, refreshable: false };
  expect(remember(remember([], signedIn), refused)).toEqual([{ issued: noon, expires: noon + 3 * minute }]);
});
