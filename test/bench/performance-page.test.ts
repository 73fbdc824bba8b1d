import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explanations } from '../../bench/explanations.ts';
import { performancePage, type Result } from '../../bench/performance-page.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('docs/reference/performance.md', () => {
  const results: Result[] = read('bench/results/latest.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

  it('is what npm run bench has made of its last results', () => {
    expect(read('docs/reference/performance.md')).toBe(performancePage(results));
  });

  it('says of every ratio what it means', () => {
    const explained = explanations.flatMap(({ figures }) =>
      Object.entries(figures).flatMap(([name, { means }]) => (means === undefined ? [] : [name])),
    );
    const ratios = results.filter(({ unit }) => unit === 'ratio').map(({ name }) => name);
    expect(ratios.length).toBeGreaterThan(5);
    expect(ratios.filter((name) => !explained.includes(name))).toEqual([]);
  });

  it('says of every aim that is not met what stands in the way', () => {
    const missed = results.filter(({ met }) => met === false).map(({ name }) => name);
    const obstacles = explanations.flatMap(({ figures }) =>
      Object.entries(figures).flatMap(([name, { obstacle }]) => (obstacle === undefined ? [] : [name])),
    );
    expect(missed.filter((name) => !obstacles.includes(name))).toEqual([]);
  });
});

describe('the page', () => {
  const run = { date: '2026-01-02', node: '24.0.0', cores: 2 };
  const result = (name: string, rest: Partial<Result> = {}): Result => {
    return { name, value: 0.5, unit: 'ratio', aim: null, met: null, ...run, ...rest };
  };
  const sections = [
    {
      title: 'One thing',
      how: 'By measuring.',
      figures: { speed: { means: 'how fast it is.', obstacle: 'the wind.' }, size: { means: 'how large it is.' } },
    },
    { title: 'Another thing', how: 'Not measured.', figures: { weight: {} } },
  ];

  it('says on what machine and when the figures were measured', () => {
    expect(performancePage([result('speed')], sections)).toContain('Measured on 2026-01-02: 2 cores, Node.js 24.0.0.');
  });

  it('has a row for each figure, with its aim and whether that is met', () => {
    const page = performancePage(
      [
        result('speed', { value: 40, unit: 'ms', aim: '≤ 50', met: true }),
        result('size', { value: 3, aim: '≤ 2', met: false, detail: 'one, two, three' }),
      ],
      sections,
    );
    expect(page).toContain('\n| speed | 40 ms | ≤ 50 | yes |\n| size: one, two, three | 3 | ≤ 2 | **no** |\n');
  });

  it('says what stands in the way of an aim where it is not met, and only there', () => {
    const met = performancePage([result('speed', { aim: '≥ 0.4', met: true })], sections);
    expect(met).toContain('\n- *speed*: how fast it is.\n');
    const missed = performancePage([result('speed', { aim: '≥ 0.6', met: false })], sections);
    expect(missed).toContain('\n- *speed*: how fast it is. **Not met:** the wind.\n');
    const unknown = performancePage([result('size', { aim: '≥ 0.6', met: false })], sections);
    expect(unknown).toContain('\n- *size*: how large it is. **Not met:** no reason is known.\n');
  });

  it('leaves out what was not measured, and no figure that nobody has explained', () => {
    const page = performancePage([result('speed'), result('colour')], sections);
    expect(page).not.toContain('Another thing');
    expect(page).toMatch(/\n## Others\n\n\| Figure .+\n.+\n\| colour \| 0.50 \| {2}\| {2}\|\n$/);
  });

  it('has no line of prose longer than 120 characters', () => {
    const long = {
      ...sections[0],
      title: 'Long',
      how: 'word '.repeat(60),
      figures: { speed: { means: 'word '.repeat(60) } },
    };
    const lines = performancePage([result('speed')], [long]).split('\n');
    expect(lines.filter((line) => line.length > 120)).toEqual([]);
    expect(lines.join(' ').match(/word/g)).toHaveLength(120);
  });
});
