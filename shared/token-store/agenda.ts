import type { Clock } from '../platform.ts';
import type { Container } from './container.ts';
import { blobName, type Marker, type Minute, minuteOf, parseMarker, startOf } from './names.ts';
import { createWatermark, hour, hourOf } from './watermark.ts';

const prefix = 'agenda/';

/**
 * The due-time index: one empty marker a session, named by the minute of its next visit. Listing up to now costs by
 * what is due, not by what is stored.
 */
export interface Agenda {
  file(marker: Marker): Promise<void>;
  clear(marker: Marker): Promise<void>;
  /** The markers of this minute and of all before it, oldest first. */
  due(): AsyncIterable<Marker>;
}

export function createAgenda(container: Container, clock: Clock): Agenda {
  const watermark = createWatermark(container, clock);

  return {
    async file(marker) {
      await container.mark(blobName.marker(marker));
      if (!container.deletes) await watermark.admit(marker.minute);
    },

    clear: (marker) => container.unmark(blobName.marker(marker)),

    async *due() {
      const now = minuteOf(clock.now());
      if (container.deletes) {
        yield* dueUnder(container, prefix, now);
        return;
      }
      // Cleared markers stay behind as tombstones, so the hours before the watermark are passed over unread.
      const from = await watermark.read(() => oldestDue(container, now));
      let done = from.hour;
      // Of several containers one may be away: the hours behind are looked through all the same.
      let trouble: { readonly error: unknown } | undefined;
      for (let at = from.hour; at <= hourOf(now); at += hour) {
        let empty = true;
        try {
          for await (const marker of dueUnder(container, `${prefix}${minuteOf(at).slice(0, 10)}`, now)) {
            empty = false;
            yield marker;
          }
        } catch (error) {
          empty = false;
          trouble ??= { error };
        }
        if (empty && done === at && at + 2 * hour <= startOf(now)) done = at + hour;
      }
      await watermark.raise(from, done);
      if (trouble) throw trouble.error;
    },
  };
}

/** The markers under a prefix up to a minute. What is no marker is passed over: it must not hide those behind it. */
async function* dueUnder(container: Container, under: string, now: Minute): AsyncIterable<Marker> {
  for await (const name of container.list(under)) {
    if (name.slice(prefix.length, prefix.length + now.length) > now) return;
    const marker = parseMarker(name);
    if (marker) yield marker;
  }
}

/** The minute of the oldest marker, or an hour ago where none is older. */
async function oldestDue(container: Container, now: Minute): Promise<Minute> {
  const anHourAgo = minuteOf(startOf(now) - hour);
  for await (const { minute } of dueUnder(container, prefix, anHourAgo)) return minute;
  return anHourAgo;
}
