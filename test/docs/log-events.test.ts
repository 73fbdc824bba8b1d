import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { logEvents } from '../../shared/telemetry/events.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');

const rows = [
  ...read('docs/reference/log-events.md').matchAll(/^\| (\d+) \| `(\w+)` \| (\w+) \| (.+?) \|(.*)\|$/gm),
].map(([, id, event = '', level, meaning = '', fields = '']) => {
  return {
    id: Number(id),
    event,
    level,
    meaning,
    fields: [...fields.matchAll(/[`*](\w+)[`*]/g)].map(([, one]) => one),
  };
});

/** What every call of `log.event` in the code gives, by event: the names of its fields, and `error` where one follows. */
function loggedFields(): Map<string, Set<string>> {
  const logged = new Map<string, Set<string>>();
  for (const file of globSync('{shared,functions}/**/*.ts', { cwd: root })) {
    const source = read(file);
    for (const call of source.matchAll(/\.event\(\s*('\w+'|event)(?:,\s*\{([^}]*)\})?(,?)/g)) {
      const [, name = '', fields = '', more = ''] = call;
      const names = name === 'event' ? nearestChoice(source.slice(0, call.index)) : [name.slice(1, -1)];
      for (const one of names) {
        const known = logged.get(one) ?? new Set();
        for (const field of fields.split(',')) if (field.trim() !== '') known.add(field.trim().split(':')[0] ?? '');
        logged.set(one, more === ',' ? known.add('error') : known);
      }
    }
  }
  return logged;
}

/** The names between which the last `const event = … ? 'one' : 'other';` chooses. */
function nearestChoice(source: string): string[] {
  const [last = ''] = [...source.matchAll(/const event = [^;]*;/g)].at(-1) ?? [];
  return [...last.matchAll(/[?:] '(\w+)'/g)].map(([, name = '']) => name);
}

it('the page has every event with its number and level, in the order of the code, and no other', () => {
  expect(rows.map(({ id, event, level }) => ({ event, id, level }))).toEqual(
    Object.entries(logEvents).map(([event, { id, level }]) => ({ event, id, level })),
  );
});

it.each(rows.map((row) => [row.event, row] as const))(
  'the page says of %s what it means, and exactly the fields that the code gives',
  (event, { meaning, fields }) => {
    const logged = loggedFields().get(event);
    expect(meaning).toMatch(/^[A-Z`].{10,}/);
    expect(meaning.includes('nothing logs it')).toBe(logged === undefined);
    expect(fields.toSorted()).toEqual([...(logged ?? [])].toSorted());
  },
);

it('numbers are unique and say by their hundred what the event is about', () => {
  const numbers = rows.map(({ id }) => id);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
  const sections = read('docs/reference/log-events.md')
    .split(/^## (?=\dxx)/m)
    .slice(1);
  for (const section of sections) {
    for (const [, id] of section.matchAll(/^\| (\d)\d\d \|/gm)) expect(id).toBe(section[0]);
  }
});
