import { createHash } from 'node:crypto';
import type { AdapterPayload } from 'oidc-provider';
import { RecordStore } from '../dev/provider/record-store.ts';
import { recoveryQueueName } from '../shared/refresh/queues.ts';
import type { Passage } from './proxy.ts';

/** A host from its start to its end. Times in milliseconds since 1970. */
export interface Life {
  readonly host: number;
  readonly number: number;
  killedAt?: number;
}

/** A refresh token on its way to the provider, and the answer on its way back. */
export interface Exchange extends Pick<Passage, 'at' | 'answeredAt' | 'status' | 'delivered'> {
  readonly life: Life;
}

/** A refresh token that the provider gave out, and who presented it. */
export interface Link {
  readonly exchanges: Exchange[];
}

/** What a host put into storage for a session. */
export interface Write {
  readonly at: number;
  readonly life: Life;
  readonly place: 'container' | 'recovery queue';
}

/**
 * What really happened: which refresh tokens the provider gave out, who presented them, whether the answers arrived, and
 * what was written. Keeps no token, only hashes.
 */
export class Journal {
  readonly #links = new Map<string, Link>();
  readonly #chains = new Map<string, Link[]>();
  readonly #writes = new Map<string, Write[]>();

  /** The provider has given out a refresh token. */
  issued(token: string, grantId: string): void {
    const link = { exchanges: [] };
    this.#links.set(hash(token), link);
    this.#chains.set(grantId, [...this.chain(grantId), link]);
  }

  /** A request to the provider has gone by. */
  provider(passage: Passage, life: Life): void {
    if (passage.method !== 'POST' || !passage.target.startsWith('/token')) return;
    const token = new URLSearchParams(passage.body.toString()).get('refresh_token') ?? '';
    const { at, answeredAt, status, delivered } = passage;
    const answer = answeredAt === undefined || status === undefined ? {} : { answeredAt, status };
    this.#links.get(hash(token))?.exchanges.push({ at, ...answer, delivered, life });
  }

  /** A request to the blob service has gone by. */
  blobs({ method, target, status, answeredAt: at }: Passage, life: Life): void {
    const [, id] = /\/sessions\/([0-9a-f]{64})\?(?!.*comp=)/.exec(target) ?? [];
    if (method === 'PUT' && status === 201 && id && at) this.#written(id, { at, life, place: 'container' });
  }

  /** A request to the queue service has gone by. */
  queues({ method, target, body, status, answeredAt: at }: Passage, life: Life): void {
    if (method !== 'POST' || status !== 201 || !at || !target.includes(`/${recoveryQueueName}/messages?`)) return;
    const [, text = ''] = /<MessageText>([^<]*)</.exec(body.toString()) ?? [];
    const { id } = JSON.parse(Buffer.from(text, 'base64').toString()) as { id: string };
    this.#written(id, { at, life, place: 'recovery queue' });
  }

  /** The refresh tokens of a grant, in the order in which they were given out. */
  chain(grantId: string): readonly Link[] {
    return this.#chains.get(grantId) ?? [];
  }

  link(token: string): Link | undefined {
    return this.#links.get(hash(token));
  }

  writes(session: string): readonly Write[] {
    return this.#writes.get(session) ?? [];
  }

  #written(session: string, write: Write): void {
    this.#writes.set(session, [...this.writes(session), write]);
  }
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** The memory of the demo provider, which tells the journal of every refresh token. */
export class JournaledRecords extends RecordStore {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    super();
    this.#journal = journal;
  }

  override put(model: string, id: string, payload: AdapterPayload, expiresIn?: number): void {
    if (model === 'RefreshToken' && payload.grantId !== undefined) this.#journal.issued(id, payload.grantId);
    super.put(model, id, payload, expiresIn);
  }
}
