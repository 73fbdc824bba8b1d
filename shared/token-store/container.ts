/** An entity tag, opaque: it changes whenever a blob's content does. */
export type ETag = string & { readonly brand: 'ETag' };
/** The owner's id of a blob lease: a GUID that only its owner knows. */
export type LeaseId = string & { readonly brand: 'LeaseId' };

export type Read =
  | { readonly status: 'found'; readonly etag: ETag; readonly body: string }
  | { readonly status: 'unchanged' }
  | { readonly status: 'absent' };

/**
 * What became of a request for a lease: the tag of the content it was granted on, and for how many milliseconds that has
 * been as it is, by the clock of the service.
 */
export type Leasing =
  | { readonly status: 'acquired'; readonly etag: ETag; readonly age: number }
  | { readonly status: 'held' }
  | { readonly status: 'absent' };

/** Under which conditions a write may take effect. */
export interface Condition {
  /** Only if the content is still the one with this tag (`If-Match`). */
  readonly etag: ETag;
  /** As the owner of this lease. */
  readonly leaseId?: LeaseId;
}

/**
 * What the token store needs of a blob container, one round trip a call. No write is unconditional. Failures other
 * than the expected ones are TokenkeepErrors `container_*`.
 *
 * Blobs of at most one byte are markers (empty) and what is left of removed blobs (one byte) where the container may
 * not delete: `read` reports the latter as absent and `list` leaves them out.
 */
export interface Container {
  /** Downloads a blob, of one over 1 MiB only the beginning; with `ifNoneMatch`, only if its content changed. */
  read(name: string, ifNoneMatch?: ETag): Promise<Read>;
  /** Creates a blob that must not exist. Gives its tag, or undefined where it exists already. */
  create(name: string, body: string): Promise<ETag | undefined>;
  /** Replaces a blob. Gives the new tag, or undefined where the blob has changed, is gone, or the lease is lost. */
  replace(name: string, body: string, condition: Condition): Promise<ETag | undefined>;
  /** Removes a blob: false where it has changed since or was gone before. */
  remove(name: string, condition: Condition): Promise<boolean>;
  /** Creates an empty marker, also where one was removed; it is no error if it exists. */
  mark(name: string): Promise<void>;
  /** Removes a marker; it is no error if it is gone. */
  unmark(name: string): Promise<void>;
  /** Names under a prefix, in lexical order. */
  list(prefix: string): AsyncIterable<string>;
  /** Takes a lease for 15 to 60 seconds. */
  acquireLease(name: string, leaseId: LeaseId, seconds: number): Promise<Leasing>;
  /** Extends a lease by its seconds: false where it is lost. */
  renewLease(name: string, leaseId: LeaseId): Promise<boolean>;
  /** Gives a lease up; it is no error if it is lost or the blob is gone. */
  releaseLease(name: string, leaseId: LeaseId): Promise<void>;
  /** Ends whoever's lease at once; it is no error if there is none. */
  breakLease(name: string): Promise<void>;
  /** Proves the access: lists, reads, and tries a write that never takes effect. Throws what is missing. */
  probe(name: string): Promise<void>;
  /** Whether removed blobs disappear; false where the access lacks delete. */
  readonly deletes: boolean;
}
