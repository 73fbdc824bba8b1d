import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const pages = globSync('**/*.md', { cwd: root, exclude: ['node_modules', 'dist', '.git', '.tokenkeep'] }).toSorted();

/** A page without its fenced code, which has neither links nor headings; the lines stay where they are. */
function prose(path: string): string {
  return read(path).replace(/^( *)```.*?^\1```$/gms, (code) => code.replace(/[^\n]/g, ''));
}

/** The anchors of a page's headings, as GitHub makes them; a repeated one gets a number. */
function anchorsOf(path: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = [...prose(path).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = text.replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '').replaceAll(' ', '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
  return new Set(anchors);
}

interface Link {
  readonly page: string;
  readonly target: string;
}

/** The links of a page that lead into this repository, images included. */
function linksOf(page: string): Link[] {
  const text = prose(page).replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ' '));
  const inline = [...text.matchAll(/\]\(\s*<?([^)\s>]+)/g)].map(([, target = '']) => target);
  const references = [...text.matchAll(/^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)/gm)].map(([, target = '']) => target);
  const elements = [...text.matchAll(/\b(?:src|href)="([^"]+)"/g)].map(([, target = '']) => target);
  return [...inline, ...references, ...elements]
    .filter((target) => !/^[a-z][a-z\d+.-]*:/i.test(target))
    .map((target) => ({ page, target }));
}

/** What is wrong with a link; undefined where nothing is. */
function fault({ page, target }: Link): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : join(dirname(page), decodeURIComponent(path));
  if (file.startsWith('..') || !existsSync(join(root, file))) return `${page}: there is no ${target}`;
  if (anchor === undefined) return undefined;
  if (!file.endsWith('.md') || !anchorsOf(file).has(anchor)) return `${page}: no heading makes the anchor of ${target}`;
  return undefined;
}

describe('every page', () => {
  const links = pages.flatMap(linksOf);

  it('is found, with its links', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/README.md', 'docs/reference/http.md']));
    expect(links.length).toBeGreaterThan(100);
  });

  it.each(pages)('%s: every link into the repository leads to a file, and every anchor to a heading', (page) => {
    expect(links.filter((link) => link.page === page).flatMap((link) => fault(link) ?? [])).toEqual([]);
  });

  it.each(pages)('%s: every path in backticks is that of a file or folder', (page) => {
    const named = [...prose(page).matchAll(/`((?:shared|functions|dev|bench|test|infra|docs|\.ci)\/[\w./-]*)`/g)];
    const missing = named.map(([, path = '']) => path).filter((path) => !existsSync(join(root, path)));
    expect(missing).toEqual([]);
  });

  it.each(pages)('%s: every npm script it names is in package.json', (page) => {
    const { scripts }: { scripts: object } = JSON.parse(read('package.json'));
    const named = [...read(page).matchAll(/\bnpm run ([\w:-]+)/g)].map(([, script]) => script);
    expect(named.filter((script) => !Object.keys(scripts).includes(script ?? ''))).toEqual([]);
  });
});

it('the index leads to every page of the documentation', () => {
  const reached = linksOf('docs/README.md').map(({ target }) => join('docs', target.split('#')[0] ?? ''));
  const all = pages.filter((page) => /^docs\/(guides|reference)\//.test(page));
  expect(all.filter((page) => !reached.includes(page))).toEqual([]);
});

it('every room of the code has its line in the guide', () => {
  const guide = prose('docs/guides/work-on-tokenkeep.md').split('\n## ')[1] ?? '';
  const rooms = [
    ...globSync('shared/*', { cwd: root }),
    ...['functions', 'dev', 'bench', 'test', 'infra'].filter((room) => existsSync(join(root, room))),
  ].map((path) => (statSync(join(root, path)).isDirectory() ? `${path}/` : path));
  expect(rooms.filter((room) => !guide.includes(`| \`${room}\` |`))).toEqual([]);
});
