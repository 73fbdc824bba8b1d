import type { Clock, Random } from '../platform.ts';
import type { Condition, Container, LeaseId } from './container.ts';

/** How long a lease lasts unless it is renewed, in seconds. The service allows 15 to 60. */
export const leaseSeconds = 30;

export type Leased<T> = { readonly status: 'done'; readonly result: T } | { readonly status: 'held' | 'absent' };

/** A lease that was granted, and on what content. */
export interface Lease extends Required<Condition> {
  /** How long the content had been as it was then, in milliseconds. */
  readonly age: number;
  /** Whether it is certain to last so many milliseconds more, unless somebody breaks it. */
  lasts(milliseconds: number): boolean;
}

/**
 * Does `work` as the only owner of a blob's lease, which is renewed at half its life and given up at the end. A lease
 * can be lost all the same (broken by a sign-out, or by a machine that stood still): writes carry a condition too.
 */
export async function withLease<T>(
  container: Container,
  name: string,
  platform: { readonly clock: Clock; readonly random: Random },
  work: (lease: Lease) => Promise<T>,
): Promise<Leased<T>> {
  const { clock } = platform;
  const leaseId = newLeaseId(platform.random);
  let heldFrom = clock.now();
  const leasing = await container.acquireLease(name, leaseId, leaseSeconds);
  if (leasing.status !== 'acquired') return leasing;

  /** A failed renewal is tried again at the next half-life; the lease then has lapsed, which the write will find out. */
  async function renewUntil(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await clock.sleep((leaseSeconds / 2) * 1000, stop).catch(() => undefined);
      if (stop.aborted) return;
      const asked = clock.now();
      if (await container.renewLease(name, leaseId).catch(() => false)) heldFrom = asked;
    }
  }

  const working = new AbortController();
  const renewing = renewUntil(working.signal);
  const { etag, age } = leasing;
  const lasts = (milliseconds: number) => clock.now() + milliseconds <= heldFrom + leaseSeconds * 1000;
  try {
    return { status: 'done', result: await work({ leaseId, etag, age, lasts }) };
  } finally {
    working.abort();
    await renewing;
    await container.releaseLease(name, leaseId).catch(() => undefined);
  }
}

/** A version 4 GUID (RFC 9562 section 5.4). */
function newLeaseId(random: Random): LeaseId {
  const bytes = Buffer.from(random.bytes(16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') as LeaseId;
}
