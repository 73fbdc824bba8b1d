import { machine } from '../shared/platform.ts';
import { sweep } from '../shared/refresh/sweep.ts';
import { createAgenda } from '../shared/token-store/agenda.ts';
import { azureContainer } from '../shared/token-store/azure-container.ts';
import { blobName, minuteOf, sessionIdOf } from '../shared/token-store/names.ts';
import { startBlobListing } from './blob-listing.ts';
import { compared, type Figure } from './figure.ts';

const due = 100;
const few = 1_000;
const many = 100_000;
const rounds = 25;
const hour = 3_600_000;

/**
 * One sweep with 100 sessions due, among 1,000 stored and among 100,000. The app and the storage client are real; the
 * containers are generated, since Azurite takes minutes to be filled.
 */
export async function measureSweep(): Promise<Figure[]> {
  const [small, large] = [await container(few), await container(many)];
  try {
    for (let warmUp = 0; warmUp < 10; warmUp++) await Promise.all([small.sweep(), large.sweep()]);
    const before = large.listing.requests;
    const result = await compared(large.sweep, small.sweep, rounds);
    return [
      { name: 'sweep, 100 due of 1,000', value: result.other, unit: 'ms' },
      { name: 'sweep, 100 due of 100,000', value: result.one, unit: 'ms' },
      { name: 'sweep of 100,000 / of 1,000', value: result.ratio, unit: 'ratio', aim: '≤ 1.3' },
      { name: 'requests per sweep of 100,000', value: (large.listing.requests - before) / rounds, unit: 'requests' },
    ];
  } finally {
    await Promise.all([small.listing.close(), large.listing.close()]);
  }
}

/** A container with so many sessions, and their markers; those that are not due are so within the next 24 hours. */
async function container(stored: number) {
  const now = machine.clock.now();
  const ids = Array.from({ length: stored }, (_, number) => sessionIdOf(String(number)));
  const minuteFor = (place: number) => minuteOf(place < due ? now : now + hour + (place * 24 * hour) / stored);
  const markers = ids.map((id, place) => blobName.marker({ id, minute: minuteFor(place) }));
  const listing = await startBlobListing(['keyring/000001', ...ids.map(blobName.session), ...markers]);
  const agenda = createAgenda(azureContainer({ url: listing.url, deletes: true }), machine.clock);
  return {
    listing,
    /** Milliseconds. */
    async sweep(): Promise<number> {
      const from = performance.now();
      const swept = await sweep(agenda, machine.clock);
      const took = performance.now() - from;
      if (swept.due !== due) throw new Error(`The sweep found ${swept.due} sessions.`);
      return took;
    },
  };
}
