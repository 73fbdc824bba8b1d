import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');
const page = read('docs/reference/easy-auth-compatibility.md');

/** What App Service does, by route and topic: each must stay on the page. */
const topics = [
  'Starting a sign-in: `GET login/{provider}`',
  'Coming back: `login/{provider}/callback`, `login/done`',
  'Native apps, and windows of their own: `login/{provider}/token`, `login/iframereceiver`',
  'Tokens of the provider’s own SDK: `POST login/{provider}`, `POST login`',
  'Who is signed in: `GET me`',
  'Renewing: `GET refresh`',
  'Signing out and other routes: `GET logout`',
  'Status codes, and who may ask',
  'Claim types, and headers for servers',
  'Cookies and session tokens',
  'The token store',
  'App settings',
  'The configuration, of App Service and Container Apps',
  'Providers',
];

const verdicts = ['same', 'better', 'different on purpose', 'not here'] as const;

interface Row {
  readonly clause: string;
  readonly verdict: (typeof verdicts)[number] | undefined;
  readonly remark: string | undefined;
  readonly proof: string;
}

/** The rows below a heading, without those of the table's head. */
function rowsOf(section: string): Row[] {
  const lines = section.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| In App Service |'));
  return lines.map((line) => {
    const [clause = '', answer = '', proof = '', ...rest] = line.slice(2, -2).split(' | ');
    const [word, ...remark] = answer.split(': ');
    const verdict = rest.length === 0 ? verdicts.find((one) => one === word) : undefined;
    return { clause, verdict, remark: remark.length === 0 ? undefined : remark.join(': '), proof };
  });
}

const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split('\n')[0] ?? '', rowsOf(section)]),
);
const rows = [...sections.values()].flat();

const link = /\[`([\w/-]+)`\]\(\.\.\/\.\.\/test\/([\w/-]+)\.test\.ts\) "([^"]+)"/g;

interface Title {
  readonly path: string;
  readonly isTest: boolean;
}

/**
 * The titles in a test file as they stand in its source, each with those around it. A title is the text right behind
 * `it(`, `describe(` or the `)(` of an `each`; how the formatter indents says what lies in what.
 */
function titlesIn(file: string): Title[] {
  const source = read(file);
  const calls = source.matchAll(/(?:\b(?:it|describe)(?:\.\w+)*|\))\(\s*(['"`])((?:\\.|(?!\1)[^\\\n])+)\1,/g);
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

/** What is wrong with a row's proof; empty where nothing is. */
function faults({ clause, verdict, proof }: Row): string[] {
  const links = [...proof.matchAll(link)];
  const rest = proof.replace(link, '').replaceAll(/[,\s]/g, '');
  const wrong = links.flatMap(([, label = '', path = '', title = '']) => {
    const file = `test/${path}.test.ts`;
    if (!`/${path}`.endsWith(`/${label}`)) return [`${label} leads to ${path}`];
    if (!existsSync(`${root}/${file}`)) return [`there is no ${file}`];
    const named = titlesIn(file).some((one) => one.isTest && ` › ${one.path}`.endsWith(` › ${title}`));
    return named ? [] : [`${file} has no test "${title}"`];
  });
  const isBare = links.length === 0 && (verdict !== 'not here' || rest !== '–');
  const isMore = links.length > 0 && rest !== '';
  return [...wrong, ...(isBare ? ['names no test'] : []), ...(isMore ? ['says more than its tests'] : [])].map(
    (fault) => `${clause}: ${fault}`,
  );
}

it('the page has every topic, each with rows', () => {
  expect([...sections.keys()]).toEqual(topics);
  for (const [topic, its] of sections) expect([topic, its.length > 0]).toEqual([topic, true]);
});

it('every row has one of four verdicts, and says what is other than in App Service', () => {
  const wrong = rows.filter(
    ({ verdict, remark }) => verdict === undefined || (verdict !== 'same' && remark === undefined),
  );
  expect(wrong).toEqual([]);
});

it('the page counts its rows right, so that none is lost unseen', () => {
  const count = (verdict: string) => rows.filter((row) => row.verdict === verdict).length;
  const counted = verdicts.map((verdict) => `| ${verdict} | ${count(verdict)} |`);
  for (const line of counted) expect(page).toContain(line);
});

it('no clause stands there twice', () => {
  const clauses = [...sections].flatMap(([topic, its]) => its.map(({ clause }) => `${topic}: ${clause}`));
  expect(clauses.filter((clause, at) => clauses.indexOf(clause) !== at)).toEqual([]);
});

describe('every row names tests that exist, unless it says that there is nothing', () => {
  it.each([...sections])('%s', (_topic, its) => {
    expect(its.flatMap(faults)).toEqual([]);
  });
});
