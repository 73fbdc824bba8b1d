import { createHash } from 'node:crypto';

/** SHA-256 of a session's 256-bit key, as 64 lower-case hex digits: spreads over partitions and says nothing. */
export type SessionId = string & { readonly brand: 'SessionId' };
/** Keyed hash of provider, issuer and subject, as 64 lower-case hex digits. */
export type UserId = string & { readonly brand: 'UserId' };
/** A minute in UTC as `yyyyMMddHHmm`, so that names sort by time. */
export type Minute = string & { readonly brand: 'Minute' };
/** The number of a key-ring epoch, as six digits from `000001`. */
export type EpochNumber = string & { readonly brand: 'EpochNumber' };

const hex64 = /^[0-9a-f]{64}$/;
const twelveDigits = /^\d{12}$/;
const sixDigits = /^\d{6}$/;

/** The id of the session that `key` (base64url, the `jti` of a session token) opens. */
export function sessionIdOf(key: string): SessionId {
  return createHash('sha256').update(key, 'ascii').digest('hex') as SessionId;
}

export function isSessionId(text: string): text is SessionId {
  return hex64.test(text);
}

export function isEpochNumber(text: string): text is EpochNumber {
  return sixDigits.test(text);
}

/** The epoch after `number`; the first one where there is none yet. */
export function epochAfter(number: EpochNumber | undefined): EpochNumber {
  return String(Number(number ?? 0) + 1).padStart(6, '0') as EpochNumber;
}

/** The minute that `milliseconds` since 1970 falls in. */
export function minuteOf(milliseconds: number): Minute {
  return new Date(milliseconds).toISOString().replace(/[-T:]/g, '').slice(0, 12) as Minute;
}

/** Milliseconds since 1970 at which `minute` begins. */
export function startOf(minute: Minute): number {
  const [, year, month, day, hour, at] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(minute) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(at));
}

/** Blob names: one container, four prefixes. */
export const blobName = {
  epoch: (number: EpochNumber) => `keyring/${number}`,
  session: (id: SessionId) => `sessions/${id}`,
  marker: ({ minute, id }: Marker) => `agenda/${minute}/${id}`,
  ofUser: (user: UserId, { minute, id }: Marker) => `users/${user}/${minute}/${id}`,
};

/**
 * What an empty blob says by its name: in the agenda "visit session `id` at `minute`", below a user "session `id` began
 * in `minute`", so that a user's sessions are listed by age.
 */
export interface Marker {
  readonly minute: Minute;
  readonly id: SessionId;
}

/** Reads `<minute>/<id>`, with or without what stands before it in a blob's name; undefined where it is neither. */
export function parseMarker(text: string): Marker | undefined {
  const [minute = '', id = '', ...rest] = text.replace(/^(agenda|users\/[0-9a-f]{64})\//, '').split('/');
  return twelveDigits.test(minute) && isSessionId(id) && rest.length === 0
    ? { minute: minute as Minute, id }
    : undefined;
}
