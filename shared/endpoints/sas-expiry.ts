import type { App } from '../app.ts';
import { type EpochSeconds, seconds } from '../platform.ts';

/** A container SAS that ends sooner than this is worth a warning: 14 days in seconds. */
const soon = 14 * 24 * 3600;

/** When the first of the container SAS ends; undefined for an identity, and for stored access policies that say when. */
export function sasExpiry(app: App): EpochSeconds | undefined {
  const ends = [...expiries(app)].map(({ expiresAt }) => expiresAt);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** Logs each SAS that ends within 14 days, so that it is replaced before its container shuts. */
export function warnOfSasExpiry(app: App): void {
  for (const { address, expiresAt } of expiries(app)) {
    if (expiresAt - seconds(app.platform.clock) > soon) continue;
    const expires = new Date(expiresAt * 1000).toISOString();
    app.log.event('container_access_expires_soon', { container: address, expires });
  }
}

function* expiries({ settings }: App): Iterable<{ readonly address: string; readonly expiresAt: EpochSeconds }> {
  for (const one of settings.containers) {
    if ('sasUrl' in one && one.expiresAt !== undefined) yield { address: one.address, expiresAt: one.expiresAt };
  }
}
