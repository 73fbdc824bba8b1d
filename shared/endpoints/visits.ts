import type { App } from '../app.ts';
import { recover } from '../refresh/recovery.ts';
import { markersIn, sweep, type VisitMessage } from '../refresh/sweep.ts';
import { visit } from '../refresh/visit.ts';
import type { Marker } from '../token-store/names.ts';
import { warnOfSasExpiry } from './sas-expiry.ts';

/** Sessions of one message that are visited at a time. */
const atOnce = 8;

/** The timer: what is due, as messages for the visit queue. On the hour it also looks at the SAS. */
export async function sweepDue(app: App): Promise<readonly VisitMessage[]> {
  const { agenda, log, platform } = app;
  if (new Date(platform.clock.now()).getUTCMinutes() === 0) warnOfSasExpiry(app);
  const { messages, due, trouble } = await sweep(agenda, platform.clock);
  if (trouble !== undefined) log.event('sweep_incomplete', { due }, trouble);
  else if (due > 0) log.event('sweep_finished', { due });
  return messages;
}

/**
 * The visit queue: looks at every session a message names. One that fails keeps its marker, so the next sweep brings
 * it back; only a message that cannot be read throws.
 */
export async function visitAll(message: unknown, app: App): Promise<void> {
  const markers = markersIn(message);
  const next = markers.values();
  await Promise.all(Array.from({ length: atOnce }, () => visitEach(next, app)));
}

async function visitEach(markers: Iterable<Marker>, app: App): Promise<void> {
  const { store, agenda, refresh, expireSession: end, platform, log, settings } = app;
  const parts = {
    store,
    agenda,
    refresh,
    end,
    clock: platform.clock,
    log,
    refreshExtension: settings.session.refreshExtension,
  };
  for (const marker of markers) {
    await visit(parts, marker).catch((error: unknown) => log.event('visit_failed', { session: marker.id }, error));
  }
}

/** The recovery queue: tokens that were refreshed while the container was away. */
export async function recoverOne(message: unknown, { store, log, platform, settings }: App): Promise<void> {
  const { refreshExtension } = settings.session;
  await recover(message, { store, log, clock: platform.clock, refreshExtension });
}
