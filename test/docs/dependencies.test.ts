import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');
const manifest: Record<string, Record<string, string> | undefined> = JSON.parse(read('package.json'));
const lock: { packages: Record<string, { license?: string }> } = JSON.parse(read('package-lock.json'));

const sections = new Map([
  ['dependencies', 'In the bundle'],
  ['devDependencies', 'For development'],
  ['optionalDependencies', 'Optional'],
]);

interface Row {
  readonly name: string;
  readonly why: string;
  readonly licence: string;
}

function rowsBelow(title: string): Row[] {
  const [, below = ''] = read('docs/reference/dependencies.md').split(`\n## ${title}\n`);
  const [section = ''] = below.split('\n## ');
  return [...section.matchAll(/^\| `(.+)` \| (.+) \| (.+) \|$/gm)].map(([, name = '', why = '', licence = '']) => {
    return { name, why, licence };
  });
}

it('package.json names packages nowhere but where the page has a section', () => {
  expect(Object.keys(manifest).filter((key) => /dependencies$/i.test(key))).toEqual([...sections.keys()]);
});

it.each([...sections])('the page has every package of %s and no other, each with a reason', (kind, title) => {
  const rows = rowsBelow(title);
  expect(rows.map(({ name }) => name)).toEqual(Object.keys(manifest[kind] ?? {}));
  for (const { name, why } of rows) expect(why, name).toMatch(/^[A-Z].{5,}/);
});

it.each([...sections.values()].flatMap(rowsBelow))('the licence of $name is the one it states', ({ name, licence }) => {
  expect(licence).toBe(lock.packages[`node_modules/${name}`]?.license);
});

it('functions and shared import no package but those of the bundle', () => {
  const imported = globSync('{functions,shared}/**/*.ts', { cwd: root }).flatMap((file) =>
    [...read(file).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'((?:@[\w-]+\/)?[\w:-][\w.:-]*)/g)].map(
      ([, name = '']) => name,
    ),
  );
  const packages = new Set(imported.filter((name) => !name.startsWith('node:') && !builtinModules.includes(name)));
  expect([...packages].toSorted()).toEqual(Object.keys(manifest['dependencies'] ?? {}).toSorted());
});
