import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createApp } from '../../shared/app.ts';
import { recoverOne } from '../../shared/endpoints/visits.ts';
import type { ErrorCode } from '../../shared/errors/table.ts';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import type { SessionId } from '../../shared/token-store/names.ts';
import { agedContainer } from '../fixtures/aged-container.ts';
import { type FaultyEngine, faultyEngine, impatientClock } from '../fixtures/engine.ts';
import { type LocalApp, localApp, signedIn } from '../fixtures/local-app.ts';
import { markersOf, sessionIdIn, storedEntry, storedSession } from '../fixtures/stored.ts';
import { type Fault, type SeenRequest, type StorageProxy, startStorageProxy } from '../token-store/storage-proxy.ts';

/** How the storage service fails: each time, for as long as the refresh takes. */
const faults = {
  '403': { status: 403, code: 'AuthorizationFailure' },
  '404': { status: 404, code: 'ContainerNotFound' },
  '409': { status: 409, code: 'LeaseIdMismatchWithBlobOperation' },
  '412': { status: 412, code: 'ConditionNotMet' },
  '429': { status: 429, code: 'TooManyRequests' },
  '500': { status: 500, code: 'InternalError' },
  '503': { status: 503, code: 'ServerBusy' },
  'a lost connection': 'unsent',
  'a lost answer': 'unanswered',
  'no answer in time': 'silence',
} as const satisfies Record<string, Fault>;

/** Its operations in their order, as requests. The session is written once before the provider is asked and once after. */
const operations = {
  'takes the lease': (seen, at) => at === 'sessions' && leaseAction(seen) === 'acquire',
  'reads the session': ({ method }, at) => at === 'sessions' && method === 'GET',
  'writes the try down': (seen, at, isAsked) => isWrite(seen) && at === 'sessions' && !isAsked,
  'files the new marker': (seen, at) => isWrite(seen) && at === 'agenda',
  'writes the tokens': (seen, at, isAsked) => isWrite(seen) && at === 'sessions' && isAsked,
  'clears the old marker': ({ method }, at) => at === 'agenda' && method === 'DELETE',
  'gives the lease back': (seen, at) => at === 'sessions' && leaseAction(seen) === 'release',
} as const satisfies Record<string, (seen: SeenRequest, at: string | undefined, isAsked: boolean) => boolean>;

/**
 * What the caller gets. With an error code and with `busy`, as behind somebody else’s lease, the provider is not asked.
 * `rescued`: the container counts as unreachable, and the new tokens are in the recovery queue.
 */
type Outcome = ErrorCode | 'busy' | 'rescued' | 'refreshed';

const outcomes: Record<keyof typeof operations, Partial<Record<keyof typeof faults, Outcome>> & { else: Outcome }> = {
  'takes the lease': {
    '403': 'container_access_refused',
    '404': 'container_missing',
    '409': 'busy',
    '412': 'busy',
    else: 'container_unreachable',
  },
  'reads the session': {
    '403': 'container_access_refused',
    '404': 'container_missing',
    else: 'container_unreachable',
  },
  'writes the try down': {
    '403': 'container_access_refused',
    '404': 'container_missing',
    '409': 'busy',
    '412': 'busy',
    else: 'container_unreachable',
  },
  'files the new marker': { else: 'rescued' },
  'writes the tokens': { else: 'rescued' },
  'clears the old marker': { else: 'refreshed' },
  'gives the lease back': { else: 'refreshed' },
};

const isWrite = ({ method, target }: SeenRequest) => method === 'PUT' && !target.includes('?');
const leaseAction = ({ headers }: SeenRequest) => headers['x-ms-lease-action'];

let local: LocalApp;
let proxy: StorageProxy;
let id: SessionId;
beforeAll(async () => {
  local = await localApp();
  proxy = await startStorageProxy();
});
beforeEach(async () => {
  local.clock.reset();
  proxy.fault = () => undefined;
  id = sessionIdIn((await signedIn(local)).cookie);
  // Farther from the sign-in than jitter spreads the due times of an hour's token, 20 minutes: the marker moves.
  local.clock.advance(1500);
});
afterAll(async () => {
  await proxy.close();
  await local.close();
});

/** The app’s real container by way of the proxy, and waits that pass at once. */
function engineBehindProxy(): FaultyEngine {
  const url = proxy.through(local.services.environment['WEBSITE_AUTH_TOKEN_CONTAINER_SASURL'] ?? '');
  const { settings, platform, log } = local.another({ WEBSITE_AUTH_TOKEN_CONTAINER_SASURL: url });
  return faultyEngine(createApp(settings, { ...platform, clock: impatientClock(platform.clock) }, log), {});
}

/** Time limits pass as soon as the service has kept silent on a request, and not before. */
function passingTimeLimits(): () => void {
  const running: AbortController[] = [];
  const spy = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
    const limit = new AbortController();
    running.push(limit);
    return limit.signal;
  });
  onTestFinished(() => spy.mockRestore());
  return () => {
    for (const limit of running.splice(0)) limit.abort(new DOMException('The time is up', 'TimeoutError'));
  };
}

describe.each(Object.entries(operations))('while the service fails whoever %s', (operation, isOne) => {
  it.each(Object.entries(faults))('with %s, nothing is lost', async (name, fault) => {
    const { counters } = local.services.provider;
    const { token, refreshRefused } = { token: counters.requests.token, ...counters };
    const expected = outcomes[operation as keyof typeof operations];
    const outcome = expected[name as keyof typeof faults] ?? expected.else;
    const engine = engineBehindProxy();
    const timeUp = passingTimeLimits();
    let met = 0;
    proxy.fault = (seen) => {
      const [, , room, ...rest] = seen.target.split(/[/?]/);
      const isOurs = rest.includes(id);
      if (!isOurs || !isOne(seen, room, counters.requests.token > token)) return undefined;
      met += 1;
      if (fault === 'silence') setImmediate(timeUp);
      return fault;
    };

    expect(await ending(engine)).toBe(outcome);
    expect(met).toBeGreaterThan(0);
    const isAsked = outcome === 'rescued' || outcome === 'refreshed';
    expect(counters.requests.token - token).toBe(isAsked ? 1 : 0);
    expect(await markersOf(local.app, id)).toContain((await storedSession(local.app, id)).visitAt);
    if (!isAsked) expect((await storedEntry(local.app, id)).history).toEqual([]);

    // A minute later it has passed: what was rescued is delivered, and a lease that was not given back has lapsed.
    proxy.fault = () => undefined;
    await local.app.container.breakLease(`sessions/${id}`);
    for (const message of engine.rescued) await recoverOne(message, local.app);
    expect((await storedEntry(local.app, id)).history).toHaveLength(isAsked ? 1 : 0);
    local.clock.advance(60);
    const { refresh } = faultyEngine(local.app, {}, { container: agedContainer(local.app.container, 60_000) });
    expect((await refresh({ id, cause: 'request' })).status).toBe('refreshed');
    expect(counters.refreshRefused).toBe(refreshRefused);
    expect(await markersOf(local.app, id)).toContain((await storedSession(local.app, id)).visitAt);
  });
});

async function ending({ refresh, rescued }: FaultyEngine): Promise<string> {
  try {
    const outcome = await refresh({ id, cause: 'request' });
    if (rescued.length > 0) {
      expect(outcome).toMatchObject({ status: 'unavailable', reason: 'container_unreachable' });
      return 'rescued';
    }
    return outcome.status === 'unavailable' ? outcome.reason : outcome.status;
  } catch (error) {
    if (error instanceof TokenkeepError) return error.code;
    throw error;
  }
}
