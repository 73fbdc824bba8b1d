import type { Clock } from '../platform.ts';
import type { Container, ETag } from './container.ts';
import { blobName, type Marker, type Minute, minuteOf, parseMarker, startOf } from './names.ts';

const hour = 3_600_000;
/** Sorts behind every minute, so that a listing up to now never meets it. */
const watermarkName = 'agenda/watermark';

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
  return {
    file: (marker) => container.mark(blobName.marker(marker)),
    clear: (marker) => container.unmark(blobName.marker(marker)),

    async *due() {
      const now = minuteOf(clock.now());
      if (container.deletes) {
        yield* dueUnder(container, 'agenda/', now);
        return;
      }
      // Cleared markers stay behind as tombstones, so the hours before the watermark are passed over unread.
      const from = await readWatermark(container, clock);
      let done = from.hour;
      for (let at = from.hour; at <= startOf(now); at += hour) {
        let empty = true;
        for await (const marker of dueUnder(container, `agenda/${minuteOf(at).slice(0, 10)}`, now)) {
          empty = false;
          yield marker;
        }
        if (empty && done === at && at + 2 * hour <= startOf(now)) done = at + hour;
      }
      if (done > from.hour) await writeWatermark(container, done, from.etag);
    },
  };
}

async function* dueUnder(container: Container, prefix: string, now: Minute): AsyncIterable<Marker> {
  for await (const name of container.list(prefix)) {
    const marker = parseMarker(name);
    if (!marker || marker.minute > now) return;
    yield marker;
  }
}

type Watermark = { readonly hour: number; readonly etag: ETag | undefined };

/** The hour before which everything is done, in milliseconds since 1970; at first the hour of the oldest marker. */
async function readWatermark(container: Container, clock: Clock): Promise<Watermark> {
  const read = await container.read(watermarkName);
  if (read.status === 'found') return { hour: startOf(read.body as Minute), etag: read.etag };
  let oldest = clock.now();
  for await (const marker of dueUnder(container, 'agenda/', minuteOf(oldest))) {
    oldest = startOf(marker.minute);
    break;
  }
  const start = Math.floor(oldest / hour) * hour;
  await container.create(watermarkName, minuteOf(start));
  return { hour: start, etag: undefined };
}

async function writeWatermark(container: Container, hour: number, etag: Watermark['etag']): Promise<void> {
  if (etag) await container.replace(watermarkName, minuteOf(hour), { etag });
}
