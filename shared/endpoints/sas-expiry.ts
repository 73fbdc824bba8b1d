import type { App } from '../app.ts';
import { type EpochSeconds, seconds } from '../platform.ts';

/** A container SAS that ends sooner than this is worth a warning: 14 days in seconds. */
const soon = 14 * 24 * 3600;

/** When the container SAS ends; undefined for an identity, and for a SAS whose stored access policy says when. */
export function sasExpiry({ settings: { container } }: App): EpochSeconds | undefined {
  return 'sasUrl' in container ? container.expiresAt : undefined;
}

/** Logs a SAS that ends within 14 days, so that it is replaced before the store shuts. */
export function warnOfSasExpiry(app: App): void {
  const expiresAt = sasExpiry(app);
  if (expiresAt === undefined || expiresAt - seconds(app.platform.clock) > soon) return;
  app.log.event('container_access_expires_soon', { expires: new Date(expiresAt * 1000).toISOString() });
}
