import { isSealError } from '../errors/tokenkeep-error.ts';
import { type Clock, seconds } from '../platform.ts';
import type { Log } from '../telemetry/log.ts';
import type { Agenda } from '../token-store/agenda.ts';
import { type Marker, minuteOf, startOf } from '../token-store/names.ts';
import type { Entry } from '../token-store/session.ts';
import type { SessionStore, StoredSession } from '../token-store/session-store.ts';
import type { RefreshEngine } from './engine.ts';
import { isRecovering, isStored, type RefreshOutcome } from './outcome.ts';
import { endOfLife, filedAnew, isDue } from './schedule.ts';

export interface VisitParts {
  readonly store: SessionStore;
  readonly agenda: Agenda;
  readonly refresh: RefreshEngine;
  /** Ends a session that is past its life: deleted, and revoked as far as the provider plays along. */
  readonly end: (stored: StoredSession) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  /** Seconds. */
  readonly refreshExtension: number;
}

const aDay = 24 * 3600 * 1000;
/**
 * A marker this young may be one whose session is being written just now, by an instance whose clock is minutes off: it
 * is not taken for a stale one. In milliseconds.
 */
const settling = 15 * 60 * 1000;

/**
 * Looks at one due session: past its end it is ended; what is due is refreshed; otherwise its marker moves. The marker
 * is the truth, the message that brought us here only a hint: visiting twice, late or in vain does no harm.
 */
export async function visit(parts: VisitParts, marker: Marker): Promise<void> {
  const { store, agenda, clock, log } = parts;
  const stored = await store.read(marker.id).catch((error: unknown) => {
    if (isSealError(error)) return 'unreadable' as const;
    throw error;
  });
  if (stored === 'unreadable') {
    // The store has logged it. It stays for whoever looks into it, and is looked at once a day.
    await agenda.file({ id: marker.id, minute: minuteOf(clock.now() + aDay) });
    return agenda.clear(marker);
  }
  if (!stored || stored.session.visitAt !== marker.minute) {
    if (startOf(marker.minute) > clock.now() - settling) return;
    log.event('marker_cleared', { session: marker.id, minute: marker.minute });
    return agenda.clear(marker);
  }

  const { session } = stored;
  const now = seconds(clock);
  if (endOfLife(session, parts.refreshExtension) <= now) {
    log.event('session_past_its_end', { session: session.id });
    return parts.end(stored);
  }
  // Those with an open try go first: how long it is left alone counts from the last write, of the others' tokens too.
  const isOpen = ({ attemptedAt }: Entry) => Number(attemptedAt !== undefined);
  const due = Object.entries(session.entries)
    .filter(([, entry]) => isDue(entry, now + 60))
    .sort(([, one], [, other]) => isOpen(other) - isOpen(one));
  const outcomes: RefreshOutcome[] = [];
  for (const [provider] of due) outcomes.push(await parts.refresh({ id: session.id, provider, cause: 'sweep' }));
  // What may be about to be recovered is left as it is: the sweep brings it back in some minutes.
  if (outcomes.some(isRecovering)) return;
  if (outcomes.some((outcome) => isStored(outcome) && outcome.session.visitAt !== marker.minute)) return;

  // A refresh has moved the marker by now; where there was none, or it came to nothing, it is moved here.
  const after = due.length > 0 ? await store.read(session.id) : stored;
  if (after?.session.visitAt !== marker.minute) return;
  const moved = filedAnew(after.session, seconds(clock), parts.refreshExtension);
  await store.update(moved, after.session, { etag: after.etag });
}
