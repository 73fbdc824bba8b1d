import type { TokenCredential } from '@azure/identity';
import {
  type BlobClient,
  BlobLeaseClient,
  type BlockBlobClient,
  ContainerClient,
  type RestError,
} from '@azure/storage-blob';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import type { Condition, Container, ETag, LeaseId, Leasing, Read } from './container.ts';
import { keepRecent } from './recently-used.ts';
import { attempt, conditionFailed } from './storage-answer.ts';

/** No call waits longer than this for the storage service, in milliseconds. */
const callTimeout = 10_000;
/** Sealed sessions are some kilobytes. Of what is larger only the beginning is read, which no seal fits. In bytes. */
const largestBlob = 1024 * 1024;
/** Blob clients that are kept. */
const keptClients = 1_000;
/** How often a marker is tried again to be made where others remove it at the same time. */
const markAttempts = 5;
/** What a removed blob holds where the access may not delete. */
const tombstone = '-';
/** A tag that no blob has: a write on this condition is authorized, and then never takes effect. */
const noTag = '"0x0"';

/** How the container is reached: a container URL with SAS, or a container URL and an identity. */
export interface ContainerAccess {
  readonly url: string;
  readonly credential?: TokenCredential;
  /** Whether the SAS grants delete; an identity is taken to have it until it is refused. */
  readonly deletes: boolean;
  /** Called once when the service refuses a delete that was thought to be allowed. */
  readonly onDeleteRefused?: () => void;
}

/**
 * The container in Azure Blob Storage. The client's own retries are off: a repeated conditional write cannot tell its
 * own success from somebody else's. `retryingContainer` can.
 */
export function azureContainer(access: ContainerAccess): Container {
  const client = new ContainerClient(access.url, access.credential, { retryOptions: { maxTries: 1 } });
  let deletes = access.deletes;

  const clients = new Map<string, BlockBlobClient>();

  /** Making a client takes a twentieth of a whole `/.auth/me`, so that those of the names asked for last are kept. */
  function blob(name: string): BlockBlobClient {
    return keepRecent(clients, name, clients.get(name) ?? client.getBlockBlobClient(name), keptClients);
  }

  const write = async (name: string, body: string, conditions: Conditions): Promise<ETag> => {
    const { etag } = await blob(name).upload(body, Buffer.byteLength(body), { conditions, ...bounded() });
    return etag as ETag;
  };
  const removeIf = async (name: string, conditions: Conditions): Promise<void> => {
    if (deletes) {
      try {
        // A blob of which somebody has taken snapshots is deleted only with them.
        await blob(name).delete({ conditions, deleteSnapshots: 'include', ...bounded() });
        return;
      } catch (error) {
        if ((error as Partial<RestError>).statusCode !== 403) throw error;
      }
    }
    await write(name, tombstone, conditions);
    // Only now is it known that delete is what the access lacks: a firewall or an expired SAS refuses the write too.
    if (deletes) {
      deletes = false;
      access.onDeleteRefused?.();
    }
  };
  const exists = { 409: undefined, 412: undefined };
  const createIfAbsent = (name: string, body: string): Promise<ETag | undefined> =>
    attempt<ETag | undefined>(() => write(name, body, { ifNoneMatch: '*' }), exists);

  return {
    get deletes() {
      return deletes;
    },

    read: (name, ifNoneMatch) => attempt(() => download(blob(name), ifNoneMatch), { 404: absent, 304: unchanged }),

    create: createIfAbsent,

    replace: (name, body, condition) =>
      attempt<ETag | undefined>(() => write(name, body, azureConditions(condition)), conditionFailed(undefined)),

    remove: (name, condition) =>
      attempt(() => removeIf(name, azureConditions(condition)).then(() => true), conditionFailed(false)),

    async mark(name) {
      // What exists may be a removed marker, left by an access without delete: it is made a marker again.
      for (let tries = 0; tries < markAttempts; tries++) {
        if (await createIfAbsent(name, '')) return;
        if (await attempt<ETag | undefined>(() => write(name, '', { ifMatch: '*' }), conditionFailed(undefined)))
          return;
      }
      throw new TokenkeepError('container_unreachable', { detail: 'the marker is being removed again and again' });
    },

    unmark: (name) => attempt(() => removeIf(name, { ifMatch: '*' }), conditionFailed(undefined)),

    async *list(prefix) {
      // Reading names costs the client more than a page costs the service: what comes behind what is due is in vain.
      const pages = client.listBlobsFlat({ prefix, ...bounded(60_000) }).byPage({ maxPageSize: 1000 });
      while (true) {
        const page = await attempt(() => pages.next(), {});
        if (page.done) return;
        for (const item of page.value.segment.blobItems) {
          if (item.properties.contentLength !== tombstone.length) yield item.name;
        }
      }
    },

    acquireLease: (name, leaseId, seconds) =>
      attempt<Leasing>(
        () =>
          lease(blob(name), leaseId)
            .acquireLease(seconds, bounded())
            .then(({ etag, date, lastModified }) => ({
              status: 'acquired',
              etag: etag as ETag,
              age: (date?.getTime() ?? 0) - (lastModified?.getTime() ?? 0),
            })),
        { 409: { status: 'held' }, 412: { status: 'held' }, 404: { status: 'absent' } },
      ),

    renewLease: (name, leaseId) =>
      attempt(
        () =>
          lease(blob(name), leaseId)
            .renewLease(bounded())
            .then(() => true),
        conditionFailed(false),
      ),

    releaseLease: (name, leaseId) =>
      attempt(
        () =>
          lease(blob(name), leaseId)
            .releaseLease(bounded())
            .then(() => undefined),
        conditionFailed(undefined),
      ),

    breakLease: (name) =>
      attempt(
        () => new BlobLeaseClient(blob(name)).breakLease(0, bounded()).then(() => undefined),
        conditionFailed(undefined),
      ),

    async probe(name) {
      await attempt(
        () =>
          client
            .listBlobsFlat({ prefix: name, ...bounded() })
            .byPage({ maxPageSize: 1 })
            .next(),
        {},
      );
      await attempt(() => download(blob(name), undefined), { 404: absent });
      await attempt<unknown>(() => write(name, '', { ifMatch: noTag }), { 409: undefined, 412: undefined });
    },
  };
}

type Conditions = { ifMatch?: string; ifNoneMatch?: string; leaseId?: string };

const absent: Read = { status: 'absent' };
const unchanged: Read = { status: 'unchanged' };

function azureConditions({ etag, leaseId }: Condition): Conditions {
  return leaseId === undefined ? { ifMatch: etag } : { ifMatch: etag, leaseId };
}

function bounded(milliseconds = callTimeout): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(milliseconds) };
}

function lease(client: BlobClient, leaseId: LeaseId): BlobLeaseClient {
  return new BlobLeaseClient(client, leaseId);
}

/** One `Get Blob`: unlike `downloadToBuffer`, which asks for the properties first. */
async function download(client: BlobClient, ifNoneMatch: ETag | undefined): Promise<Read> {
  const response = await client.download(0, undefined, {
    ...bounded(),
    ...(ifNoneMatch === undefined ? {} : { conditions: { ifNoneMatch } }),
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.readableStreamBody ?? []) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > largestBlob) break;
  }
  const body = Buffer.concat(chunks).toString('latin1');
  return body === tombstone ? absent : { status: 'found', etag: response.etag as ETag, body };
}
