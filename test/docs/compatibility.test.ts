import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { namedTests } from './named-tests.ts';

const page = readFileSync(new URL('../../docs/reference/easy-auth-compatibility.md', import.meta.url), 'utf8');

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

/** What is wrong with a row's proof; empty where nothing is. */
function faults({ clause, verdict, proof }: Row): string[] {
  const { count, wrong, rest } = namedTests(proof);
  const isBare = count === 0 && (verdict !== 'not here' || rest !== '–');
  const isMore = count > 0 && rest !== '';
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
