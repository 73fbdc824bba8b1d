import { TokenkeepError } from '../../client/index.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** The local time of day, `12:03:41`; `12:03` without seconds. Times are milliseconds since 1970 UTC, here and below. */
export function clockTime(time: number, withSeconds = true): string {
  const date = new Date(time);
  const parts = [date.getHours(), date.getMinutes(), ...(withSeconds ? [date.getSeconds()] : [])];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** A moment as one would say it at `now`: the time, with the day before it where that is not today. */
export function moment(time: number, now: number): string {
  const date = new Date(time);
  if (date.toDateString() === new Date(now).toDateString()) return clockTime(time);
  return `${date.getDate()} ${months[date.getMonth()]}, ${clockTime(time)}`;
}

/** A length of time in its two largest units, rounded down: `34 s`, `1 min 12 s`, `2 h 5 min`, `3 days 4 h`. */
export function duration(milliseconds: number): string {
  const length = Math.abs(milliseconds);
  if (length < minute) return `${Math.floor(length / second)} s`;
  if (length < hour) return pair(length, [minute, 'min'], [second, 's']);
  if (length < day) return pair(length, [hour, 'h'], [minute, 'min']);
  return pair(length, [day, length < 2 * day ? 'day' : 'days'], [hour, 'h']);
}

type Unit = readonly [milliseconds: number, name: string];

function pair(length: number, [large, largeName]: Unit, [small, smallName]: Unit): string {
  const rest = Math.floor((length % large) / small);
  const first = `${Math.floor(length / large)} ${largeName}`;
  return rest === 0 ? first : `${first} ${rest} ${smallName}`;
}

/** `in 34 s`, `34 s ago`, or `now` within the second. */
export function fromNow(time: number, now: number): string {
  const difference = time - now;
  if (Math.abs(difference) < second) return 'now';
  return difference > 0 ? `in ${duration(difference)}` : `${duration(difference)} ago`;
}

/** Who refreshed, as `refresh_state.history` names it. */
export function byWhom(cause: string): string {
  switch (cause) {
    case 'sweep':
      return 'by the timer';
    case 'request':
      return 'on request';
    case 'read':
      return 'for a reader';
    default:
      return `by ${cause}`;
  }
}

/** One refresh as a sentence; how long before its end the old token was replaced, where that end is known. */
export function refreshSentence(at: number, cause: string, now: number, oldExpires?: number): string {
  const start = `Refreshed ${byWhom(cause)} at ${moment(at, now)}`;
  if (oldExpires === undefined) return `${start}.`;
  return oldExpires >= at
    ? `${start}, ${duration(oldExpires - at)} before the old token expired.`
    : `${start}, ${duration(at - oldExpires)} after the old token had expired.`;
}

/** What an error says after its title: detail, remedy and when to try again, as sentences. */
export function failureSentences({ detail, remedy, retryAfter }: TokenkeepError): string {
  const isIdentifier = detail !== undefined && /^[a-z\d]+(_[a-z\d]+)*$/.test(detail);
  const reason = isIdentifier ? `The reason given is ${detail}` : detail;
  const again = retryAfter === undefined ? undefined : `Retry-After is ${duration(retryAfter * second)}`;
  return [reason, remedy, again]
    .filter((text) => text !== undefined)
    .map(sentence)
    .join(' ');
}

/** The reason to show for a 401: none where nobody was signed in before, nor expected to be. */
export function whySignedOut(failure: TokenkeepError, wasSignedIn: boolean): TokenkeepError | undefined {
  if (failure.code !== 'not_signed_in') return failure;
  if (!wasSignedIn) return undefined;
  return new TokenkeepError(failure.code, 'You are no longer signed in', {
    status: failure.status,
    detail: 'This browser has no session any more; it may have been ended in another tab',
    remedy: 'Sign in again.',
  });
}

/** The text with a capital at its start and a full stop at its end. */
export function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}
