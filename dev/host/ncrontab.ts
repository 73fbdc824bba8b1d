/** A schedule in UTC. */
export interface Ncrontab {
  /**
   * The first occurrence after `after`, never `after` itself; whole seconds. A schedule that never occurs
   * (30 February) gives the last millisecond of the year 9999, the end of time in .NET.
   */
  nextOccurrence(after: Date): Date;
}

interface Field {
  name: string;
  minimum: number;
  maximum: number;
  /** Names of the values from `minimum` on; any beginning of one will do, the first that fits counts. */
  names?: readonly string[];
}

const months = 'january february march april may june july august september october november december'.split(' ');
const weekdays = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

const fields: readonly Field[] = [
  { name: 'second', minimum: 0, maximum: 59 },
  { name: 'minute', minimum: 0, maximum: 59 },
  { name: 'hour', minimum: 0, maximum: 23 },
  { name: 'day', minimum: 1, maximum: 31 },
  { name: 'month', minimum: 1, maximum: 12, names: months },
  { name: 'day of week', minimum: 0, maximum: 6, names: weekdays },
];

const endOfTime = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * Parses an NCRONTAB expression: six fields with seconds first, or five without (second 0). Day of month AND day of
 * week must fit, unlike in cron; days of the week are 0 to 6; names by prefix; ranges in either order; lists; steps,
 * also from one value on (`5/15`). There is no `?`, `L`, `W` or `#`.
 * Source: https://github.com/atifaziz/NCrontab (`CrontabSchedule`, `CrontabFieldImpl`), which the timer extension uses,
 * and https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
 *
 * @throws Error in one sentence that quotes the expression.
 */
export function parseNcrontab(expression: string): Ncrontab {
  const given = expression.split(' ').filter((token) => token !== '');
  const tokens = given.length === 5 ? ['0', ...given] : given;
  if (tokens.length !== fields.length) {
    throw new Error(`"${expression}" is no NCRONTAB expression: it has ${given.length} fields, not six or five.`);
  }
  const [seconds = [], minutes = [], hours = [], days = [], monthsOfYear = [], daysOfWeek = []] = fields.map(
    (field, index) => {
      try {
        return parseField(field, tokens[index] ?? '');
      } catch (error) {
        throw new Error(`"${expression}" is no NCRONTAB expression: ${error instanceof Error ? error.message : error}`);
      }
    },
  );

  const nextTimeOfDay = (second: number): number | undefined => {
    const hour = Math.floor(second / 3600);
    const minute = Math.floor(second / 60) % 60;
    for (const h of hours.filter((value) => value >= hour)) {
      for (const m of minutes.filter((value) => h > hour || value >= minute)) {
        const s = seconds.find((value) => h > hour || m > minute || value >= second % 60);
        if (s !== undefined) return h * 3600 + m * 60 + s;
      }
    }
    return undefined;
  };
  const isDue = (day: Date) => days.includes(day.getUTCDate()) && daysOfWeek.includes(day.getUTCDay());

  return {
    nextOccurrence(after) {
      const from = Math.floor(after.getTime() / 1000) * 1000 + 1000;
      let day = Math.floor(from / msPerDay) * msPerDay;
      let second = (from - day) / 1000;
      while (day < endOfTime) {
        const date = new Date(day);
        if (!monthsOfYear.includes(date.getUTCMonth() + 1)) {
          day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
        } else {
          const time = isDue(date) ? nextTimeOfDay(second) : undefined;
          if (time !== undefined) return new Date(day + time * 1000);
          day += msPerDay;
        }
        second = 0;
      }
      return new Date(endOfTime);
    },
  };
}

const msPerDay = 86_400_000;

/** The values that a field allows, ascending. */
function parseField(field: Field, text: string): number[] {
  const allowed = new Set(text.split(',').flatMap((item) => parseItem(field, item)));
  return [...allowed].sort((a, b) => a - b);
}

function parseItem(field: Field, item: string): number[] {
  const [, range = '', step] = /^([^/]+)(?:\/(.*))?$/s.exec(item) ?? [];
  const interval = step === undefined ? 1 : parseStep(step, item, field);
  const [low, high] = parseRange(field, range, step !== undefined);
  const values: number[] = [];
  for (let value = low; value <= high; value += interval) values.push(value);
  return values;
}

/** .NET reads a signed number here, and takes what is below 1 as 1. */
function parseStep(step: string, item: string, field: Field): number {
  if (!/^[+-]?\d{1,9}$/.test(step)) throw new Error(`"${item}" has no valid step in the ${field.name} field.`);
  return Math.max(1, Number(step));
}

function parseRange(field: Field, range: string, hasStep: boolean): [low: number, high: number] {
  if (range === '*') return [field.minimum, field.maximum];
  const dash = range.indexOf('-');
  if (dash <= 0) {
    const value = parseValue(field, range);
    return [value, hasStep ? field.maximum : value];
  }
  const first = parseValue(field, range.slice(0, dash));
  const last = parseValue(field, range.slice(dash + 1));
  return first <= last ? [first, last] : [last, first];
}

function parseValue({ name, minimum, maximum, names = [] }: Field, text: string): number {
  const byName = text === '' ? -1 : names.findIndex((each) => each.startsWith(text.toLowerCase()));
  const value = byName === -1 ? (/^\d{1,9}$/.test(text) ? Number(text) : undefined) : minimum + byName;
  if (value === undefined) throw new Error(`"${text}" is no value of the ${name} field.`);
  if (value < minimum || value > maximum) {
    throw new Error(`${value} is outside ${minimum} to ${maximum}, the range of the ${name} field.`);
  }
  return value;
}
