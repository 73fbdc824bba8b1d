import * as z from 'zod';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import type { Clock } from '../platform.ts';
import type { Agenda } from '../token-store/agenda.ts';
import { type Marker, parseMarker, startOf } from '../token-store/names.ts';

/** One message of the visit queue: markers to look at, as `<minute>/<id>`. */
export interface VisitMessage {
  readonly visits: readonly string[];
}

/** What a sweep found. */
export interface Swept {
  readonly messages: readonly VisitMessage[];
  /** Sessions in them. */
  readonly due: number;
  /** Why the agenda could not be listed to its end; what was found until then counts all the same. */
  readonly trouble?: unknown;
}

/** Sessions in one message: few enough to be visited well within the message's visibility timeout. */
const batchSize = 64;
/** Sessions one sweep enqueues at most; the next minute's sweep goes on with the rest. */
const largestSweep = 96_000;
/**
 * What became due in this minute or the one before is handed out, since a timer may be late; what is overdue, only every
 * so many minutes: workers that are behind do not catch up by being sent everything again each minute.
 */
const againAfter = 3;
const minute = 60_000;

const message = z.object({ visits: z.array(z.string()).max(1000) });

/** What is due now, in messages. */
export async function sweep(agenda: Agenda, clock: Clock): Promise<Swept> {
  const messages: string[][] = [];
  let due = 0;
  const found = () => ({ messages: messages.map((visits) => ({ visits })), due });
  try {
    for await (const marker of agenda.due()) {
      const age = Math.floor((clock.now() - startOf(marker.minute)) / minute);
      if (age > 1 && age % againAfter !== 0) continue;
      if (due % batchSize === 0) messages.push([]);
      messages.at(-1)?.push(`${marker.minute}/${marker.id}`);
      due += 1;
      if (due >= largestSweep) break;
    }
  } catch (trouble) {
    return { ...found(), trouble };
  }
  return found();
}

/** Reads a message of the visit queue. Throws `request_malformed`, which sends it to the poison queue in the end. */
export function markersIn(input: unknown): Marker[] {
  const parsed = message.safeParse(input);
  const markers = parsed.success ? parsed.data.visits.map(parseMarker) : [undefined];
  if (!markers.every((marker) => marker !== undefined)) {
    throw new TokenkeepError('request_malformed', { detail: 'not a message of the sweep' });
  }
  return markers;
}
