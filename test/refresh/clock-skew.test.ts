import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../shared/app.ts';
import { handle } from '../../shared/endpoints/handle.ts';
import { sweepDue, visitAll } from '../../shared/endpoints/visits.ts';
import { createAgenda } from '../../shared/token-store/agenda.ts';
import { minuteOf, type SessionId } from '../../shared/token-store/names.ts';
import { createSealer } from '../../shared/token-store/seal.ts';
import type { RefreshCause } from '../../shared/token-store/session.ts';
import { createSessionStore } from '../../shared/token-store/session-store.ts';
import { agedContainer } from '../fixtures/aged-container.ts';
import { faultyEngine } from '../fixtures/engine.ts';
import { faultyContainer } from '../fixtures/faulty-container.ts';
import { type LocalApp, localApp, origin, signedIn } from '../fixtures/local-app.ts';
import { dyingProvider } from '../fixtures/refreshing-provider.ts';
import { handlerOf } from '../fixtures/registered-routes.ts';
import { markersOf, sessionIdIn, storedEntry, storedSession } from '../fixtures/stored.ts';
import { aSession } from '../token-store/sessions.ts';

/** By how much the clocks of two instances are apart, in seconds: one is ahead by half of it, one behind. */
const apart = 4 * 60;

let local: LocalApp;
let ahead: App;
let behind: App;
let cookie: string;
let id: SessionId;
beforeAll(async () => {
  local = await localApp();
  ahead = instance(apart / 2);
  behind = instance(-apart / 2);
});
beforeEach(async () => {
  local.services.provider.control.clear();
  local.clock.reset();
  local.logged.length = 0;
  cookie = (await signedIn(local)).cookie;
  id = sessionIdIn(cookie);
});
afterAll(() => local.close());

/** An instance of the app over the same services, whose clock is off by so many seconds. */
function instance(skew: number): App {
  const { settings, platform, log } = local.app;
  const clock = { ...platform.clock, now: () => platform.clock.now() + skew * 1000 };
  return createApp(settings, { ...platform, clock }, log);
}

const grants = () => local.services.provider.counters.refreshGrants;
const sessionOf = () => storedSession(local.app, id);

async function status(app: App, path: string): Promise<number> {
  const request = new Request(`${origin}${path}`, { headers: { cookie } });
  return (await handle(handlerOf(request), request, app)).status;
}

/** The session has its marker, and no refresh token was sent twice. */
async function expectSound(): Promise<void> {
  expect(await markersOf(local.app, id)).toContain((await sessionOf()).visitAt);
  expect(local.services.provider.counters.refreshRefused).toBe(0);
  expect(local.logged.map(({ event }) => event)).not.toContain('refresh_refused');
}

describe('two instances whose clocks are minutes apart', () => {
  it.each(['read', 'sweep'] satisfies RefreshCause[])('refresh once what both find due: %s', async (cause) => {
    local.clock.advance(3595 - apart / 2);
    const instances = [ahead, behind];
    if (cause === 'read') local.clock.advance(apart);
    const before = grants();
    const all = Array.from({ length: 12 }, (_, caller) => instances[caller % 2]?.refresh({ id, cause }));
    await Promise.all(all);
    expect(grants() - before).toBe(1);
    await expectSound();
  });

  it('may refresh once more for clients, one after the other: what is 30 seconds old is a matter of clocks', async () => {
    const instances = [ahead, behind];
    const before = grants();
    await Promise.all(
      Array.from({ length: 12 }, (_, caller) => instances[caller % 2]?.refresh({ id, cause: 'request' })),
    );
    expect(grants() - before).toBeGreaterThanOrEqual(1);
    expect(grants() - before).toBeLessThanOrEqual(2);
    await expectSound();
  });

  it('keep the session’s one marker while they take turns', async () => {
    for (const app of [behind, ahead, behind, ahead]) {
      local.clock.advance(1500);
      expect((await app.refresh({ id, cause: 'request' })).status).toBe('refreshed');
      expect(await markersOf(local.app, id)).toEqual([(await sessionOf()).visitAt]);
    }
    await expectSound();
  });

  it('leave alone what the other may just be redeeming, by the clock of the storage service', async () => {
    const dying = dyingProvider(local.app, 'before');
    void faultyEngine(ahead, {}, dying).refresh({ id, cause: 'request' });
    await dying.ended;
    await local.app.container.breakLease(`sessions/${id}`);
    const before = grants();
    const later = (seconds: number, app: App) => {
      const container = agedContainer(app.container, seconds * 1000);
      return faultyEngine(app, {}, { container }).refresh({ id, cause: 'request' });
    };
    for (const app of [behind, ahead]) expect(await later(45, app)).toMatchObject({ reason: 'recovering' });
    expect(grants()).toBe(before);
    expect((await later(60, behind)).status).toBe('refreshed');
    await expectSound();
  });

  it('take each other’s session tokens', async () => {
    for (const [issuing, asked] of [
      [ahead, behind],
      [behind, ahead],
    ] as const) {
      local.clock.advance(31 + apart);
      const request = new Request(`${origin}/.auth/refresh`, { headers: { cookie } });
      const response = await handle(handlerOf(request), request, issuing);
      expect(response.status).toBe(200);
      cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? expect.fail('there is no cookie');
      expect(await status(asked, '/.auth/me')).toBe(200);
    }
  });
});

describe('a session that an instance behind has written', () => {
  it('ends no earlier at one ahead than by as much as they are apart', async () => {
    await behind.refresh({ id, cause: 'request' });
    const response = await issuedBy(behind);
    const { expiresAt } = await sessionOf();
    local.clock.advance(expiresAt - local.clock.now() / 1000 - apart / 2 - 10);
    cookie = response;
    expect(await status(ahead, '/.auth/me')).toBe(200);
    local.clock.advance(20);
    expect(await status(ahead, '/.auth/me')).toBe(401);
    expect(await status(ahead, '/.auth/refresh')).toBe(200);
  });

  it('is not deleted earlier than that either', async () => {
    const { expiresAt, visitAt } = await sessionOf();
    local.services.provider.control.fail('token', { status: 503, body: {} });
    local.clock.advance(expiresAt + 72 * 3600 - local.clock.now() / 1000 - apart / 2 - 10);
    await visitAll({ visits: [`${visitAt}/${id}`] }, ahead);
    expect(await local.app.store.read(id)).toBeDefined();
    await expectSound();
  });

  it('keeps its marker while it is being written, though that is long due for one ahead', async () => {
    const { clock } = behind.platform;
    const session = aSession(clock.now(), { visitAt: minuteOf(clock.now() + 60_000) });
    const meanwhile = async (operation: string) => {
      if (operation !== 'create') return;
      const due = (await sweepDue(ahead)).flatMap(({ visits }) => visits);
      expect(due).toContain(`${session.visitAt}/${session.id}`);
      await visitAll({ visits: [`${session.visitAt}/${session.id}`] }, ahead);
    };
    const container = faultyContainer(behind.container, { before: meanwhile });
    const store = createSessionStore(container, createSealer(behind.ring), createAgenda(container, clock), behind.log);
    await store.create(session);
    expect(await markersOf(local.app, session.id)).toEqual([session.visitAt]);
  });
});

it('an access token that an instance ahead has got is shown no longer than by as much too long', async () => {
  await ahead.refresh({ id, cause: 'request' });
  const { expiresAt = 0, issuedAt } = await storedEntry(local.app, id);
  const real = local.clock.now() / 1000;
  expect(issuedAt - real).toBeGreaterThan(apart / 2 - 30);
  expect(expiresAt - real).toBeLessThan(3600 + apart / 2 + 1);
});

async function issuedBy(app: App): Promise<string> {
  const request = new Request(`${origin}/.auth/refresh`, { headers: { cookie } });
  const response = await handle(handlerOf(request), request, app);
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? expect.fail('there is no cookie');
}
