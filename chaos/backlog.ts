import { QueueServiceClient } from '@azure/storage-queue';
import { recoveryQueueName } from '../shared/refresh/queues.ts';
import { type Marker, minuteOf, parseMarker } from '../shared/token-store/names.ts';
import type { Session } from '../shared/token-store/session.ts';
import type { Client } from './seeding.ts';
import type { Site } from './site.ts';

/** Of so many overdue markers at most it is looked up whether they are but left over. */
const lookedUp = 200;

/**
 * How many signed-in clients should have been visited before this minute. A marker that a crash has left beside its
 * successor does not count, nor, while something is `awaited` from the recovery queue, what is left alone for that.
 * Throws while Azurite is away.
 */
export async function overdue({ app }: Site, clients: readonly Client[], awaited: number): Promise<number> {
  const known = new Set<string>(clients.filter(({ state }) => state === 'signed-in').map(({ id }) => id));
  const minute = minuteOf(Date.now());
  const markers: Marker[] = [];
  for await (const name of app.container.list('agenda/')) {
    const marker = parseMarker(name);
    if (!marker || marker.minute >= minute) break;
    if (known.has(marker.id)) markers.push(marker);
  }
  if (markers.length > lookedUp) return markers.length;
  const waiting = await Promise.all(
    markers.map(async (marker) => {
      const session = (await app.store.read(marker.id))?.session;
      return session?.visitAt === marker.minute && !(awaited > 0 && hasOpenTry(session));
    }),
  );
  return waiting.filter(Boolean).length;
}

function hasOpenTry({ entries }: Session): boolean {
  return Object.values(entries).some(({ attemptedAt, unanswered }) => attemptedAt !== undefined && !unanswered);
}

/** Sessions that wait in the recovery queue, those that a host has just taken included. */
export async function awaitingRecovery({ azurite }: Site): Promise<number> {
  const queue = QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient(recoveryQueueName);
  const count = async () => (await queue.getProperties()).approximateMessagesCount ?? 0;
  return (await queue.exists()) ? count() : 0;
}
