import type { Condition, ETag, LeaseId, Leasing, Read } from '../../shared/token-store/container.ts';

/** What a removed blob holds where the access may not delete. */
const tombstone = '-';

interface Blob {
  readonly body: string;
  readonly etag: ETag;
  /** When it was written, by the service's clock, in milliseconds. */
  readonly writtenAt: number;
  lease: Lease | undefined;
}

interface Lease {
  readonly id: LeaseId;
  readonly seconds: number;
  /** By the service's clock, in milliseconds. */
  readonly until: number;
  readonly isBroken: boolean;
}

type Conditions = { readonly etag: ETag | '*' | undefined; readonly leaseId?: LeaseId | undefined };

/** One page of a listing, and where the next begins. */
export interface Page {
  readonly names: readonly string[];
  readonly next: string | undefined;
}

/** Told of every change of a blob, as it happens; a removed blob has no body. */
export type OnChange = (name: string, before: string | undefined, after: string | undefined) => void;

/**
 * A blob container as the service behaves, each call at one moment: what `azureContainer` makes of the answers, without
 * the way there. Leases by
 * https://learn.microsoft.com/rest/api/storageservices/lease-blob#outcomes-of-use-attempts-on-blobs-by-lease-state
 */
export function createModelContainer(deletes: boolean, now: () => number, onChange: OnChange = () => {}) {
  const blobs = new Map<string, Blob>();
  let tags = 0;

  const isActive = (lease: Lease | undefined): lease is Lease =>
    lease !== undefined && !lease.isBroken && now() < lease.until;

  /** Whether a write may take effect: by its tag, and as the owner of the lease where there is one, only then. */
  function admits(blob: Blob | undefined, { etag, leaseId }: Conditions): boolean {
    if (!blob) return etag === undefined && leaseId === undefined;
    if (etag === undefined || (etag !== '*' && etag !== blob.etag)) return false;
    return isActive(blob.lease) ? leaseId === blob.lease.id : leaseId === undefined;
  }

  function put(name: string, body: string, lease: Lease | undefined): ETag {
    const before = shown(blobs.get(name));
    tags += 1;
    const etag = `"0x${tags}"` as ETag;
    blobs.set(name, { body, etag, writtenAt: now(), lease: isActive(lease) ? lease : undefined });
    onChange(name, before, body === tombstone ? undefined : body);
    return etag;
  }

  function write(name: string, body: string, conditions: Conditions): ETag | undefined {
    const blob = blobs.get(name);
    return admits(blob, conditions) ? put(name, body, blob?.lease) : undefined;
  }

  function removeIf(name: string, conditions: Conditions): boolean {
    const blob = blobs.get(name);
    if (!blob || !admits(blob, conditions)) return false;
    if (!deletes) return put(name, tombstone, blob.lease) !== undefined;
    blobs.delete(name);
    onChange(name, shown(blob), undefined);
    return true;
  }

  const leasedBy = (blob: Blob | undefined, id: LeaseId) => (blob?.lease?.id === id ? blob.lease : undefined);

  return {
    deletes,
    /** What is there; tombstones are not. */
    find: (name: string): string | undefined => shown(blobs.get(name)),
    names: (): Iterable<string> => blobs.keys(),

    read(name: string, ifNoneMatch?: ETag): Read {
      const blob = blobs.get(name);
      if (!blob) return { status: 'absent' };
      if (blob.etag === ifNoneMatch) return { status: 'unchanged' };
      return blob.body === tombstone ? { status: 'absent' } : { status: 'found', etag: blob.etag, body: blob.body };
    },
    create: (name: string, body: string) => write(name, body, { etag: undefined }),
    replace: (name: string, body: string, condition: Condition) => write(name, body, condition),
    remove: (name: string, condition: Condition) => removeIf(name, condition),
    mark(name: string): void {
      if (!write(name, '', { etag: undefined })) write(name, '', { etag: '*' });
    },
    unmark: (name: string): void => void removeIf(name, { etag: '*' }),

    page(prefix: string, from: string | undefined, size: number): Page {
      const names = [...blobs.keys()].filter((name) => name.startsWith(prefix) && (!from || name >= from)).sort();
      const listed = names.slice(0, size).filter((name) => shown(blobs.get(name)) !== undefined);
      return { names: listed, next: names[size] };
    },

    acquireLease(name: string, id: LeaseId, seconds: number): Leasing {
      const blob = blobs.get(name);
      if (!blob) return { status: 'absent' };
      if (isActive(blob.lease) && blob.lease.id !== id) return { status: 'held' };
      blob.lease = { id, seconds, until: now() + seconds * 1000, isBroken: false };
      // The service says both times in whole seconds (`Date` and `Last-Modified`, RFC 9110 sections 6.6.1 and 8.8.2).
      return { status: 'acquired', etag: blob.etag, age: wholeSeconds(now()) - wholeSeconds(blob.writtenAt) };
    },
    /** A lease that has lapsed is renewed too, unless somebody has written or leased the blob since. */
    renewLease(name: string, id: LeaseId): boolean {
      const blob = blobs.get(name);
      const lease = leasedBy(blob, id);
      if (!blob || !lease || lease.isBroken) return false;
      blob.lease = { ...lease, until: now() + lease.seconds * 1000 };
      return true;
    },
    releaseLease(name: string, id: LeaseId): void {
      const blob = blobs.get(name);
      if (blob && leasedBy(blob, id)) blob.lease = undefined;
    },
    breakLease(name: string): void {
      const blob = blobs.get(name);
      if (blob?.lease) blob.lease = { ...blob.lease, isBroken: true };
    },
  };
}

export type ModelContainer = ReturnType<typeof createModelContainer>;

function wholeSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000;
}

function shown(blob: Blob | undefined): string | undefined {
  return blob && blob.body !== tombstone ? blob.body : undefined;
}
