import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  blobName,
  type EpochNumber,
  epochAfter,
  isEpochNumber,
  isSessionId,
  type Minute,
  minuteOf,
  parseMarker,
  sessionIdOf,
  startOf,
} from '../../shared/token-store/names.ts';

/** Milliseconds in the years that a four-digit year can name. */
const times = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(9999, 11, 31, 23, 59, 59) });
const id = sessionIdOf('a session key');

it('names a session by the SHA-256 of its key', () => {
  expect(sessionIdOf('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(isSessionId(id)).toBe(true);
});

it.each(['', 'A'.repeat(64), 'a'.repeat(63), 'a'.repeat(65), `${'a'.repeat(64)}\n`, `${'a'.repeat(60)}/../`])(
  'takes %j for no session id',
  (text) => {
    expect(isSessionId(text)).toBe(false);
  },
);

it('names a minute in UTC', () => {
  expect(minuteOf(Date.UTC(2026, 1, 3, 4, 5, 59, 999))).toBe('202602030405');
  expect(minuteOf(Date.UTC(2026, 1, 3, 4, 6))).toBe('202602030406');
});

it('finds the beginning of every minute again', () => {
  fc.assert(fc.property(times, (time) => startOf(minuteOf(time)) === Math.floor(time / 60_000) * 60_000));
});

it('sorts minutes as time goes', () => {
  fc.assert(
    fc.property(times, times, (one, other) => {
      const [earlier, later] = [minuteOf(Math.min(one, other)), minuteOf(Math.max(one, other))];
      return earlier <= later;
    }),
  );
});

it('reads every marker back, with or without the prefix', () => {
  fc.assert(
    fc.property(times, fc.string(), (time, key) => {
      const marker = { minute: minuteOf(time), id: sessionIdOf(key) };
      expect(parseMarker(blobName.marker(marker))).toEqual(marker);
      expect(parseMarker(`${marker.minute}/${marker.id}`)).toEqual(marker);
    }),
  );
});

it.each(['', 'agenda/', 'agenda/watermark', '202602030405', `20260203040/${id}`, `202602030405/${id}/x`, `/${id}`])(
  'takes %j for no marker',
  (text) => {
    expect(parseMarker(text)).toBeUndefined();
  },
);

it('counts epochs from one, in six digits', () => {
  expect(epochAfter(undefined)).toBe('000001');
  expect(epochAfter('000009' as EpochNumber)).toBe('000010');
  expect(isEpochNumber(epochAfter(undefined))).toBe(true);
  for (const text of ['1', '0000001', 'watermark', '00000a', '000001\n']) expect(isEpochNumber(text)).toBe(false);
});

it('knows no time for what is no minute', () => {
  for (const text of ['', '2026', '20260203040a']) expect(startOf(text as Minute)).toBeNaN();
});
