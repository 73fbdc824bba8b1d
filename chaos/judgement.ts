import { isSealError } from '../shared/errors/tokenkeep-error.ts';
import { blobName } from '../shared/token-store/names.ts';
import type { Client } from './seeding.ts';
import type { Site } from './site.ts';
import { type Facts, type Stored, type Verdict, verdict } from './verdict.ts';

/** A session that was looked into at the end. */
export interface Judged extends Verdict {
  readonly client: Client;
  readonly facts: Facts;
}

const atOnce = 16;

/** Looks into every session. The faults must be over. */
export async function judge(site: Site, clients: readonly Client[]): Promise<Judged[]> {
  const { app, journal } = site;
  const markers = new Set<string>();
  for await (const name of app.container.list('agenda/')) markers.add(name);

  async function storedOf({ id, grantId }: Client): Promise<Facts['stored']> {
    const found = await app.store.read(id).catch((error: unknown) => {
      if (isSealError(error)) return 'unreadable' as const;
      throw error;
    });
    if (!found) return 'absent';
    if (found === 'unreadable') return found;
    const { session } = found;
    const entry = session.entries['demo'];
    const token = entry?.refreshToken?.reveal() ?? '';
    const record = site.records.get('RefreshToken', token);
    return {
      link: journal.link(token),
      isGood: record !== undefined && !record.consumed && site.records.get('Grant', grantId) !== undefined,
      isDead: entry?.dead !== undefined,
      hasMarker: markers.has(blobName.marker({ minute: session.visitAt, id })),
    } satisfies Stored;
  }

  const judged: Judged[] = [];
  const next = clients.values();
  const work = async () => {
    for (const client of next) {
      const facts: Facts = {
        client: client.state,
        stored: await storedOf(client),
        chain: journal.chain(client.grantId),
        writes: journal.writes(client.id),
      };
      judged.push({ client, facts, ...verdict(facts) });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return judged;
}
