import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errorTable } from '../../shared/errors/table.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = read('docs/reference/errors.md');

it('the page has every error with its status, title and remedy, in the order of the table, and no other', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+) \| (.+) \| (.+) \|$/gm)].map(
    ([, code, status, title, remedy]) => ({ code, status: Number(status), title, remedy }),
  );
  expect(rows).toEqual(Object.entries(errorTable).map(([code, row]) => ({ code, ...row })));
});

it('the page groups them as the table does', () => {
  const groupsOfPage = page.split(/^## /m).slice(1);
  const rooms = ['requests', 'sign-in', 'sessions', 'backends', 'storage', 'table'];
  const groupsOfTable = rooms.flatMap((room) =>
    read(`shared/errors/${room}.ts`)
      .split(/^ {2}\/\/ /m)
      .slice(1),
  );
  const titled = (group: string, code: RegExp) => [
    group.split('\n')[0],
    [...group.matchAll(code)].map(([, one]) => one),
  ];
  expect(groupsOfPage.map((group) => titled(group, /^\| `(\w+)` \|/gm))).toEqual(
    groupsOfTable.map((group) => titled(group, /^ {2}(\w+): \{$/gm)),
  );
});
