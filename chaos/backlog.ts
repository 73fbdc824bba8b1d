import { QueueServiceClient } from '@azure/storage-queue';
import { recoveryQueueName } from '../shared/refresh/queues.ts';
import { type Marker, minuteOf, parseMarker } from '../shared/token-store/names.ts';
import type { Client } from './seeding.ts';
import type { Site } from './site.ts';

/** Of so many overdue markers at most it is looked up whether they are but left over. */
const lookedUp = 200;

/**
 * How many signed-in clients should have been visited before this minute. A marker that a crash has left beside its
 * successor does not count. Throws while Azurite is away.
 */
export async function overdue({ app }: Site, clients: readonly Client[]): Promise<number> {
  const known = new Set<string>(clients.filter(({ state }) => state === 'signed-in').map(({ id }) => id));
  const minute = minuteOf(Date.now());
  const markers: Marker[] = [];
  for await (const name of app.container.list('agenda/')) {
    const marker = parseMarker(name);
    if (!marker || marker.minute >= minute) break;
    if (known.has(marker.id)) markers.push(marker);
  }
  if (markers.length > lookedUp) return markers.length;
  const stored = await Promise.all(
    markers.map(async ({ id, minute }) => (await app.store.read(id))?.session.visitAt === minute),
  );
  return stored.filter(Boolean).length;
}

/** Sessions that wait in the recovery queue, those that a host has just taken included. */
export async function awaitingRecovery({ azurite }: Site): Promise<number> {
  const queue = QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient(recoveryQueueName);
  const count = async () => (await queue.getProperties()).approximateMessagesCount ?? 0;
  return (await queue.exists()) ? count() : 0;
}
