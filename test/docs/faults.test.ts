import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { namedTests } from './named-tests.ts';

const page = readFileSync(new URL('../../docs/reference/faults.md', import.meta.url), 'utf8');

/** What can go wrong, by where: each must stay on the page. */
const places = [
  'Storage',
  'The lease',
  'The process',
  'The provider’s answer',
  'The recovery queue',
  'Queues',
  'Clocks',
];

const columns = ['What happens', 'The caller gets', 'What is stored', 'How it heals', 'Test'];

/** The rows of the table below a heading, as cells. */
function rowsOf(section: string): string[][] {
  const lines = section.split('\n').filter((line) => line.startsWith('| '));
  return lines.map((line) => line.slice(2, -2).split(' | '));
}

const sections = page
  .split(/^## /m)
  .slice(1)
  .map((section) => [section.split('\n')[0] ?? '', rowsOf(section)] as const);

it('the page has every place, each with rows', () => {
  expect(sections.map(([place]) => place)).toEqual(places);
  for (const [place, [head, ...rows]] of sections) {
    expect([place, head]).toEqual([place, columns]);
    expect([place, rows.length > 0]).toEqual([place, true]);
  }
});

describe('every row says what comes of it, and names tests that exist', () => {
  it.each(sections)('%s', (_place, [, ...rows]) => {
    const wrong = rows.flatMap((row) => {
      const [what = '', ...cells] = row;
      const { count, wrong, rest } = namedTests(row.at(-1) ?? '');
      const isWhole = row.length === columns.length && cells.every((cell) => cell.trim() !== '');
      const faults = [...wrong, ...(isWhole ? [] : ['a cell is missing']), ...(count === 0 ? ['names no test'] : [])];
      return [...faults, ...(rest === '' ? [] : ['says more than its tests'])].map((fault) => `${what}: ${fault}`);
    });
    expect(wrong).toEqual([]);
  });
});
