import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mergedNames } from '../../shared/token-store/merged-names.ts';
import { gathered } from './local-store.ts';

async function* listing(names: readonly string[], end?: Error, onClose?: () => void): AsyncIterable<string> {
  try {
    yield* names;
    if (end) throw end;
  } finally {
    onClose?.();
  }
}

/** Reads up to so many names; what was read and what was thrown. */
async function readUpTo(most: number, names: AsyncIterable<string>) {
  const read: string[] = [];
  try {
    if (most > 0) for await (const name of names) if (read.push(name) >= most) break;
    return { read };
  } catch (thrown) {
    return { read, thrown };
  }
}

it('all names come once, in lexical order', async () => {
  const sorted = fc.uniqueArray(fc.stringMatching(/^[a-c\d/]{1,4}$/)).map((names) => names.toSorted());
  await fc.assert(
    fc.asyncProperty(fc.array(sorted, { maxLength: 4 }), async (listings) => {
      const expected = [...new Set(listings.flat())].toSorted();
      expect(await gathered(mergedNames(listings.map((names) => listing(names))))).toEqual(expected);
    }),
  );
});

it('a listing that fails hides none of the others, nor what it gave before: its error comes at the end', async () => {
  const away = new Error('away');
  const merged = mergedNames([listing([], away), listing(['a', 'd']), listing(['b'], away), listing(['c', 'e'])]);
  expect(await readUpTo(100, merged)).toEqual({ read: ['a', 'b', 'c', 'd', 'e'], thrown: away });
});

it('who stops before the end is told of a listing that has failed, too', async () => {
  const away = new Error('away');
  expect(await readUpTo(1, mergedNames([listing([], away), listing(['a', 'b'])]))).toEqual({
    read: ['a'],
    thrown: away,
  });
  expect(await readUpTo(1, mergedNames([listing(['c']), listing(['a', 'b'])]))).toEqual({ read: ['a'] });
});

it('who stops before the end leaves no listing open', async () => {
  const closed: string[] = [];
  await readUpTo(
    1,
    mergedNames(['a', 'b'].map((one) => listing([`${one}1`, `${one}2`], undefined, () => closed.push(one)))),
  );
  expect(closed.toSorted()).toEqual(['a', 'b']);
});
