import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseNcrontab } from '../../../dev/host/ncrontab.ts';

const next = (expression: string, after: string) =>
  parseNcrontab(expression).nextOccurrence(new Date(after)).toISOString();

describe('parseNcrontab', () => {
  test.each([
    ['0 */5 * * * *', '2026-01-01T00:02:10Z', '2026-01-01T00:05:00.000Z'],
    ['0 5/15 * * * *', '2026-01-01T00:06:00Z', '2026-01-01T00:20:00.000Z'],
    ['0 5/15 * * * *', '2026-01-01T00:51:00Z', '2026-01-01T01:05:00.000Z'],
    ['*/20 * * * * *', '2026-01-01T00:00:40Z', '2026-01-01T00:01:00.000Z'],
    ['0 0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['0 0 0 31 * *', '2026-01-31T00:00:00Z', '2026-03-31T00:00:00.000Z'],
    ['0 30 9 * Jan-mar Mon', '2026-03-30T10:00:00Z', '2027-01-04T09:30:00.000Z'],
    ['0 0 12 * * Fri-Mon', '2026-01-01T13:00:00Z', '2026-01-02T12:00:00.000Z'],
    ['59 59 23 31 12 *', '2026-12-31T23:59:59Z', '2027-12-31T23:59:59.000Z'],
    ['0 0 0 * * su', '2026-01-01T00:00:00Z', '2026-01-04T00:00:00.000Z'],
    // The first name that begins so.
    ['0 0 0 1 J *', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00.000Z'],
    ['0 0 0 * * T', '2026-01-01T00:00:00Z', '2026-01-06T00:00:00.000Z'],
    ['  0   0 0 1 * *  ', '2026-01-15T00:00:00Z', '2026-02-01T00:00:00.000Z'],
    ['*/0 0 0 1 1 *', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01.000Z'],
  ])('%s after %s', (expression, after, expected) => {
    expect(next(expression, after)).toBe(expected);
  });

  test('day of month and day of week must both fit', () => {
    expect(next('0 0 0 13 * 5', '2026-01-01T00:00:00Z')).toBe('2026-02-13T00:00:00.000Z');
  });

  test('five fields are at second 0', () => {
    expect(next('30 9 * * 1-5', '2026-01-03T00:00:00Z')).toBe('2026-01-05T09:30:00.000Z');
    expect(next('* * * * *', '2026-01-03T00:00:00.001Z')).toBe('2026-01-03T00:01:00.000Z');
  });

  test('an occurrence is after the given time, also by a millisecond', () => {
    expect(next('* * * * * *', '2026-01-01T00:00:00.000Z')).toBe('2026-01-01T00:00:01.000Z');
    expect(next('* * * * * *', '2026-01-01T00:00:00.999Z')).toBe('2026-01-01T00:00:01.000Z');
  });

  test('a schedule that never occurs gives the end of time', () => {
    expect(next('0 0 0 30 2 *', '2026-01-01T00:00:00Z')).toBe('9999-12-31T23:59:59.999Z');
  });

  test.each([
    '',
    '* * * *',
    '* * * * * * *',
    '60 * * * * *',
    '* 60 * * * *',
    '* * 24 * * *',
    '0 0 0 0 * *',
    '0 0 0 32 * *',
    '0 0 0 * 0 *',
    '0 0 0 * 13 *',
    '0 0 0 * * 7',
    '0 0 0 ? * *',
    '0 0 0 L * *',
    '0 0 0 15W * *',
    '0 0 0 * * 5#2',
    '0 0 0 * * Funday',
    '0 0 0 * * Mondays',
    '0,,5 * * * * *',
    ',5 * * * * *',
    '5- * * * * *',
    '-5 * * * * *',
    '/5 * * * * *',
    '*/ * * * * *',
    '*/x * * * * *',
    '*-5 * * * * *',
    '1.5 * * * * *',
    '00:05:00',
    '0\t0 0 * * *',
  ])('refuses "%s"', (expression) => {
    expect(() => parseNcrontab(expression)).toThrow(/is no NCRONTAB expression/);
  });

  test('agrees with a search through every second', () => {
    fc.assert(
      fc.property(
        schedules,
        fc.date({ min: new Date('2000-01-01'), max: new Date('2099-01-01'), noInvalidDate: true }),
        (schedule, after) => {
          const expression = schedule.map(({ text }) => text).join(' ');
          expect(parseNcrontab(expression).nextOccurrence(after).getTime()).toBe(search(schedule, after.getTime()));
        },
      ),
      { numRuns: 300 },
    );
  });
});

interface Field {
  text: string;
  fits(value: number): boolean;
}

const upperOrLower = fc.constantFrom(
  (name: string) => name.toLowerCase(),
  (name: string) => name.toUpperCase(),
  (name: string) => name,
);

/** Items of one field, each as text and as what it says. */
function field(minimum: number, maximum: number, names: string[] = []): fc.Arbitrary<Field> {
  const value = fc.integer({ min: minimum, max: maximum });
  const written = (number: number) =>
    fc.tuple(fc.boolean(), upperOrLower, fc.integer({ min: 3, max: 9 })).map(([named, letters, length]) => {
      const name = names[number - minimum];
      return named && name !== undefined ? letters(name.slice(0, length)) : String(number);
    });
  const step = fc.integer({ min: 1, max: maximum });
  const item = fc.oneof(
    fc.constant({ text: '*', fits: () => true }),
    step.map((n) => ({ text: `*/${n}`, fits: (x: number) => (x - minimum) % n === 0 })),
    value.chain((a) => written(a).map((text) => ({ text, fits: (x: number) => x === a }))),
    fc.tuple(value, step).map(([a, n]) => ({ text: `${a}/${n}`, fits: (x: number) => x >= a && (x - a) % n === 0 })),
    fc.tuple(value, value, fc.option(step)).chain(([a, b, n]) =>
      fc.tuple(written(a), written(b)).map(([from, to]) => ({
        text: `${from}-${to}${n === null ? '' : `/${n}`}`,
        fits: (x: number) => {
          const low = Math.min(a, b);
          return x >= low && x <= Math.max(a, b) && (x - low) % (n ?? 1) === 0;
        },
      })),
    ),
  );
  return fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => ({
    text: items.map(({ text }) => text).join(','),
    fits: (x) => items.some((each) => each.fits(x)),
  }));
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const schedules = fc.tuple(
  field(0, 59),
  field(0, 59),
  field(0, 23),
  field(1, 31),
  field(1, 12, months),
  field(0, 6, weekdays),
);

/** The oracle: each day, then each second of a day that fits. */
function search(
  [second, minute, hour, day, month, weekday]: [Field, Field, Field, Field, Field, Field],
  after: number,
) {
  const end = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
  for (let midnight = Math.floor(after / 86_400_000) * 86_400_000; midnight < end; midnight += 86_400_000) {
    const date = new Date(midnight);
    if (!month.fits(date.getUTCMonth() + 1) || !day.fits(date.getUTCDate()) || !weekday.fits(date.getUTCDay()))
      continue;
    for (let s = 0; s < 86_400; s += 1) {
      const time = midnight + s * 1000;
      if (time <= after) continue;
      if (hour.fits(Math.floor(s / 3600)) && minute.fits(Math.floor(s / 60) % 60) && second.fits(s % 60)) return time;
    }
  }
  return end;
}
