import * as z from 'zod';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import type { Agenda } from '../token-store/agenda.ts';
import { type Marker, parseMarker } from '../token-store/names.ts';

/** One message of the visit queue: markers to look at, as `<minute>/<id>`. */
export interface VisitMessage {
  readonly visits: readonly string[];
}

/** Sessions in one message: few enough to be visited well within the message's visibility timeout. */
const batchSize = 32;
/** Sessions one sweep enqueues at most; the next minute's sweep goes on with the rest. */
const largestSweep = 32_000;

const message = z.object({ visits: z.array(z.string()).max(1000) });

/** What is due now, in messages. */
export async function sweep(agenda: Agenda): Promise<VisitMessage[]> {
  const messages: string[][] = [];
  let count = 0;
  for await (const { minute, id } of agenda.due()) {
    if (count % batchSize === 0) messages.push([]);
    messages.at(-1)?.push(`${minute}/${id}`);
    count += 1;
    if (count >= largestSweep) break;
  }
  return messages.map((visits) => ({ visits }));
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
