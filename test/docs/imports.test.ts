import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');

interface Import {
  readonly file: string;
  readonly target: string;
}

/** A file's room: the folder right below `shared`, a file that lies there itself, or else the top folder. */
function roomOf(path: string): string {
  const [top = '', below = '', ...rest] = path.split('/');
  if (top !== 'shared') return top;
  return rest.length === 0 ? path : `shared/${below}`;
}

/** Every relative import of a file: static, by `export … from`, by `import()`, and of types alone. */
function importsOf(file: string): Import[] {
  const specifiers = [...read(file).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*(['"`])(\.{1,2}\/[^'"`]+)\1/g)];
  return specifiers.map(([, , specifier = '']) => ({ file, target: join(dirname(file), specifier) }));
}

const files = globSync('{functions,shared}/**/*.ts', { cwd: root });
const imports = files.flatMap(importsOf);
const between = (violates: (from: string, to: string) => boolean) =>
  imports
    .filter(({ file, target }) => roomOf(file) !== roomOf(target) && violates(roomOf(file), roomOf(target)))
    .map(({ file, target }) => `${file} imports ${target}`);

/** The table of the guide: each room with the rooms it may import. */
const [, table = ''] = read('docs/guides/work-on-tokenkeep.md').split('| From | may import |\n|---|---|\n');
const allowed = new Map(
  [...(table.split('\n\n')[0] ?? '').matchAll(/^\| `([\w/.-]+)` \| (.+) \|$/gm)].map(([, from = '', to = '']) => [
    from,
    [...to.matchAll(/`([\w/.-]+)`/g)].map(([, one = '']) => one),
  ]),
);

describe('imports run one way', () => {
  it('finds the imports it is about', () => {
    expect(imports.length).toBeGreaterThan(200);
    const targets = imports.map(({ file, target }) => `${file} ${target}`);
    expect(targets).toContain('functions/app.ts functions/behind.ts');
    expect(targets).toContain('functions/behind.ts shared/app.ts');
    expect(targets).toContain('shared/app.ts shared/token-store/vault.ts');
  });

  it('each room imports only what the guide allows it', () => {
    expect(between((from, to) => !allowed.get(from)?.includes(to))).toEqual([]);
  });

  it('the guide allows nothing that no file needs, and has every room', () => {
    const rooms = new Set(files.map(roomOf));
    expect([...allowed.keys()].toSorted()).toEqual([...rooms].toSorted());
    const used = new Set(imports.map(({ file, target }) => `${roomOf(file)} ${roomOf(target)}`));
    const unused = [...allowed]
      .flatMap(([from, to]) => to.map((one) => `${from} ${one}`))
      .filter((edge) => !used.has(edge));
    expect(unused).toEqual([]);
  });

  it('the guide allows no way back: its order of rooms is the order of imports', () => {
    const order = [...allowed.keys()];
    const backwards = [...allowed].flatMap(([from, to]) =>
      to.filter((one) => order.indexOf(one) <= order.indexOf(from)).map((one) => `${from} -> ${one}`),
    );
    expect(backwards).toEqual([]);
  });
});

describe('whatever the guide says', () => {
  const concepts = ['sign-in', 'sessions', 'refresh', 'settings', 'providers', 'token-store'].map(
    (one) => `shared/${one}`,
  );
  const grounds = ['shared/http', 'shared/errors', 'shared/telemetry', 'shared/platform.ts'];

  it('the app never imports the local stack, the measurements or the tests', () => {
    expect(between((_, to) => ['dev', 'bench', 'chaos', 'test'].includes(to))).toEqual([]);
  });

  it('shared imports no function', () => {
    expect(between((_, to) => to === 'functions')).toEqual([]);
  });

  it('nothing but functions imports endpoints, and nothing but functions and endpoints the composition root', () => {
    expect(between((from, to) => to === 'shared/endpoints' && from !== 'functions')).toEqual([]);
    const above = ['functions', 'shared/endpoints'];
    expect(between((from, to) => to === 'shared/app.ts' && !above.includes(from))).toEqual([]);
  });

  it('the token store knows no HTTP and no OAuth', () => {
    const strangers = ['shared/http', 'shared/providers', 'shared/sessions', 'shared/sign-in', 'shared/refresh'];
    expect(between((from, to) => from === 'shared/token-store' && strangers.includes(to))).toEqual([]);
  });

  it('providers know no storage', () => {
    expect(between((from, to) => from === 'shared/providers' && to === 'shared/token-store')).toEqual([]);
  });

  it('what stands on the ground knows no concept', () => {
    expect(between((from, to) => grounds.includes(from) && concepts.includes(to))).toEqual([]);
  });
});
