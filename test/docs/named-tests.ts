import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** How a page names a test: a link to its file, and its title, with as many of those around it as it takes. */
const link = /\[`([\w/-]+)`\]\(\.\.\/\.\.\/test\/([\w/-]+)\.test\.ts\) "([^"]+)"/g;

/** The tests that a cell of a page names, what is wrong with them, and what else the cell says. */
export function namedTests(cell: string): { readonly count: number; readonly wrong: string[]; readonly rest: string } {
  const links = [...cell.matchAll(link)];
  const wrong = links.flatMap(([, label = '', path = '', title = '']) => {
    const file = `test/${path}.test.ts`;
    if (!`/${path}`.endsWith(`/${label}`)) return [`${label} leads to ${path}`];
    if (!existsSync(`${root}/${file}`)) return [`there is no ${file}`];
    const named = titlesIn(file).some((one) => one.isTest && ` › ${one.path}`.endsWith(` › ${title}`));
    return named ? [] : [`${file} has no test "${title}"`];
  });
  return { count: links.length, wrong, rest: cell.replace(link, '').replaceAll(/[,\s]/g, '') };
}

interface Title {
  readonly path: string;
  readonly isTest: boolean;
}

/**
 * The titles in a test file as they stand in its source, each with those around it. A title is the text right behind
 * `it(`, `describe(` or the `)(` of an `each`; how the formatter indents says what lies in what.
 */
function titlesIn(file: string): Title[] {
  const source = readFileSync(`${root}/${file}`, 'utf8');
  const calls = source.matchAll(/(?:\b(?:it|test|describe)(?:\.\w+)*|\))\(\s*(['"`])((?:\\.|(?!\1)[^\\\n])+)\1,/g);
  const found = [...calls].map(({ index, 2: title = '' }) => {
    const line = source.slice(source.lastIndexOf('\n', index) + 1);
    return { title, indent: line.length - line.trimStart().length };
  });
  return found.map(({ title, indent }, at) => {
    const around: string[] = [];
    let inner = indent;
    for (const one of found.slice(0, at).toReversed()) {
      if (one.indent >= inner) continue;
      around.unshift(one.title);
      inner = one.indent;
    }
    return { path: [...around, title].join(' › '), isTest: (found[at + 1]?.indent ?? 0) <= indent };
  });
}
