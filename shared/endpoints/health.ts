import type { App } from '../app.ts';
import type { ErrorCode } from '../errors/table.ts';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { json } from '../http/respond.ts';
import { blobName, epochAfter } from '../token-store/names.ts';
import { sasExpiry } from './sas-expiry.ts';

interface Check {
  readonly name: 'key_ring' | 'container';
  readonly ok: boolean;
  readonly code?: ErrorCode;
  readonly remedy?: string;
}

/**
 * `GET {prefix}/health`: 200 where the key ring opens and every container grants read, write and list; else 503 with what
 * is wrong and what to do. Nothing in it says who uses the app.
 */
export async function health(_request: Request, app: App): Promise<Response> {
  const ring = await check('key_ring', app, undefined, async () => {
    await app.ring.newest();
  });
  const containers = await Promise.all(
    app.shards.map(({ address, container }) =>
      check('container', app, address, () => container.probe(blobName.epoch(epochAfter(undefined)))),
    ),
  );
  const checks = [ring, ...containers.toSorted(failedFirst).slice(0, 1)];
  const isReady = checks.every(({ ok }) => ok);
  const expiresAt = sasExpiry(app);
  const sas = expiresAt === undefined ? {} : { sas_expires_on: new Date(expiresAt * 1000).toISOString() };
  return json({ status: isReady ? 'ready' : 'not ready', checks, ...sas }, { status: isReady ? 200 : 503 });
}

/** Which of several containers it is, is for the log alone. */
function failedFirst(one: Check, other: Check): number {
  return Number(one.ok) - Number(other.ok);
}

async function check(
  name: Check['name'],
  { log }: App,
  container: string | undefined,
  prove: () => Promise<void>,
): Promise<Check> {
  try {
    await prove();
    return { name, ok: true };
  } catch (error) {
    const known = error instanceof TokenkeepError ? error : new TokenkeepError('internal', { cause: error });
    log.event('not_ready', { check: name, container }, known);
    return { name, ok: false, code: known.code, remedy: known.row.remedy };
  }
}
