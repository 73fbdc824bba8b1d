import { type Explanation, explanations } from './explanations.ts';
import { type Figure, shown } from './figure.ts';

/** A line of bench/results/latest.jsonl: a figure, and the run that it comes from. */
export interface Result extends Omit<Figure, 'aim'> {
  readonly aim: Figure['aim'] | null;
  readonly met: boolean | null;
  /** ISO 8601. */
  readonly date: string;
  /** Version of Node.js. */
  readonly node: string;
  readonly cores: number;
}

/** docs/reference/performance.md, from the results of one run of `npm run bench`. */
export function performancePage(results: readonly Result[], sections = explanations): string {
  const [first] = results;
  const explained = new Set(sections.flatMap(({ figures }) => Object.keys(figures)));
  const others = results.filter(({ name }) => !explained.has(name));
  return [
    '# Performance',
    wrapped(
      'What `npm run bench` has measured last. The command measures anew and writes this page; nobody edits it. Code: `bench/`.',
    ),
    wrapped(
      `Measured on ${first?.date}: ${first?.cores} cores, Node.js ${first?.node}. Callers, function hosts, Azurite and the demo provider run on this one machine and share its cores. So a figure alone says little about Azure; a ratio compares two ways that have met the same conditions, in turns, in one run.`,
    ),
    ...sections.flatMap((section) => sectionOf(section, results)),
    ...(others.length === 0 ? [] : ['## Others', table(others)]),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

function sectionOf({ title, how, figures }: Explanation, results: readonly Result[]): string[] {
  const rows = results.filter(({ name }) => name in figures);
  if (rows.length === 0) return [];
  const notes = rows.flatMap(({ name, met }) => {
    const { means, obstacle = 'no reason is known.' } = figures[name] ?? {};
    const missed = met === false ? ` **Not met:** ${obstacle}` : '';
    return means === undefined && missed === '' ? [] : [wrapped(`- *${name}*: ${means ?? ''}${missed}`, '  ')];
  });
  return [`## ${title}`, wrapped(how), table(rows), ...(notes.length === 0 ? [] : [notes.join('\n')])];
}

function table(results: readonly Result[]): string {
  const rows = results.map(({ name, value, unit, aim, met, detail }) => {
    const what = detail === undefined ? name : `${name}: ${detail}`;
    const amount = unit === 'ratio' ? shown(value) : `${shown(value)} ${unit}`;
    return `| ${what} | ${amount} | ${aim ?? ''} | ${met === null ? '' : met ? 'yes' : '**no**'} |`;
  });
  return ['| Figure | Value | Aim | Met |', '|---|--:|--:|---|', ...rows].join('\n');
}

/** In lines of at most 120 characters, those after the first indented. */
function wrapped(text: string, indent = ''): string {
  return text
    .replace(/(.{1,118})(?: |$)/g, '$1\n')
    .trimEnd()
    .replaceAll('\n', `\n${indent}`);
}
