import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recoverOne } from '../../shared/endpoints/visits.ts';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import type { Rescued } from '../../shared/refresh/recovery.ts';
import { Secret } from '../../shared/telemetry/secret.ts';
import type { LeaseId } from '../../shared/token-store/container.ts';
import type { SessionId } from '../../shared/token-store/names.ts';
import type { Entry, Session, TargetToken } from '../../shared/token-store/session.ts';
import { faultyEngine, onCommit } from '../fixtures/engine.ts';
import { type LocalApp, localApp, signedIn } from '../fixtures/local-app.ts';
import { refreshingProvider } from '../fixtures/refreshing-provider.ts';
import { markersOf, sessionIdIn, storedEntry, storedSession } from '../fixtures/stored.ts';

let local: LocalApp;
let id: SessionId;
beforeAll(async () => {
  local = await localApp();
});
beforeEach(async () => {
  local.services.provider.control.clear();
  local.clock.reset();
  local.logged.length = 0;
  id = sessionIdIn((await signedIn(local)).cookie);
});
afterAll(() => local.close());

const delivered = (message: unknown) => recoverOne(message, local.app);
const events = () => local.logged.map(({ event }) => event);
const blob = () => local.app.container.read(`sessions/${id}`);

/** Writes the session as somebody else would. */
async function change(rewrite: (session: Session) => Session): Promise<void> {
  const stored = (await local.app.store.read(id)) ?? expect.fail('there is no session');
  expect(await local.app.store.update(rewrite(stored.session), stored.session, { etag: stored.etag })).toBeDefined();
}
const changeEntry = (rewrite: (entry: Entry) => Entry) =>
  change((session) => ({
    ...session,
    entries: { ...session.entries, demo: rewrite(session.entries['demo'] ?? expect.fail('there is no entry')) },
  }));

/** Refreshes while the container takes no tokens, and gives what went to the recovery queue. */
async function rescued(changes: Parameters<typeof faultyEngine>[2] = {}): Promise<Rescued> {
  const engine = faultyEngine(
    local.app,
    {
      before: onCommit(() => {
        throw new TokenkeepError('container_unreachable');
      }),
    },
    changes,
  );
  expect(await engine.refresh({ id, cause: 'request' })).toMatchObject({ reason: 'container_unreachable' });
  expect(engine.rescued).toHaveLength(1);
  return engine.rescued[0] ?? expect.fail('nothing was rescued');
}

/** The message is dropped: the session stays as it is, to the byte. */
async function expectDropped(message: Rescued): Promise<void> {
  const before = await blob();
  await delivered(message);
  expect(events()).toContain('refresh_discarded');
  expect(events()).not.toContain('refresh_recovered');
  expect(await blob()).toEqual(before);
}

const target = (name: string): TargetToken => ({
  target: { resource: name },
  accessToken: new Secret('access_token', name.padEnd(3000, 'x')),
  issuedAt: 1,
});

describe('what is rescued', () => {
  it('is the one entry, without tokens for further resources: a message holds 64 KiB', async () => {
    const targets = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`r${at}`, target(`r${at}`)]));
    await changeEntry((entry) => ({ ...entry, targets }));
    await change((session) => ({
      ...session,
      entries: { ...session.entries, other: session.entries['demo'] as Entry },
    }));
    const message = await rescued();
    const { entries } = await local.app.store.unseal(id, message.sealed);
    expect(Object.keys(entries)).toEqual(['demo']);
    expect(entries['demo']).not.toHaveProperty('targets');
    expect(Buffer.from(JSON.stringify(message)).toString('base64').length).toBeLessThan(64 * 1024);
  });
});

describe('recovered tokens', () => {
  it('go into the session as it is by then: further resources, other entries and its life stay', async () => {
    const message = await rescued();
    await changeEntry((entry) => ({ ...entry, targets: { r: target('r') } }));
    const other = await storedEntry(local.app, id);
    await change((session) => ({
      ...session,
      expiresAt: session.expiresAt + 7,
      entries: { ...session.entries, other },
    }));
    const before = await storedSession(local.app, id);
    await delivered(message);

    const after = await storedSession(local.app, id);
    expect(after.expiresAt).toBe(before.expiresAt);
    expect(Object.keys(after.entries)).toEqual(['demo', 'other']);
    expect(after.entries['demo']).toMatchObject({ failures: 0, history: [{ by: 'request' }] });
    expect(after.entries['demo']).not.toHaveProperty('attemptedAt');
    expect(after.entries['demo']?.targets?.['r']?.accessToken.reveal()).toMatch(/^rx+$/);
    expect(await markersOf(local.app, id)).toContain(after.visitAt);
    local.clock.advance(31);
    expect((await local.app.refresh({ id, cause: 'request' })).status).toBe('refreshed');
  });

  it('go in where their refresh token is a new one, whatever the clocks say that wrote the session', async () => {
    const message = await rescued();
    const before = await storedEntry(local.app, id);
    await changeEntry((entry) => ({ ...entry, history: [{ at: local.clock.now() / 1000 + 300, by: 'sweep' }] }));
    await delivered(message);
    expect((await storedEntry(local.app, id)).refreshToken?.reveal()).not.toBe(before.refreshToken?.reveal());
    expect(events()).toContain('refresh_recovered');
  });

  it('are put in once, however often the message comes', async () => {
    const message = await rescued();
    await delivered(message);
    expect(events()).toContain('refresh_recovered');
    local.logged.length = 0;
    await expectDropped(message);
  });

  it('come again while somebody else is writing the session', async () => {
    const message = await rescued();
    const leaseId = crypto.randomUUID() as string as LeaseId;
    expect(await local.app.container.acquireLease(`sessions/${id}`, leaseId, 15)).toMatchObject({ status: 'acquired' });
    const before = await blob();
    await expect(delivered(message)).rejects.toMatchObject({ code: 'container_unreachable' });
    expect(await blob()).toEqual(before);
    await local.app.container.releaseLease(`sessions/${id}`, leaseId);
    await delivered(message);
    expect(events()).toContain('refresh_recovered');
  });

  it('are dropped where a later refresh is stored', async () => {
    const message = await rescued();
    await delivered(message);
    local.clock.advance(31);
    expect((await local.app.refresh({ id, cause: 'request' })).status).toBe('refreshed');
    local.logged.length = 0;
    await expectDropped(message);
  });

  it('are dropped where a new sign-in has replaced the entry', async () => {
    const message = await rescued();
    await changeEntry((entry) => ({ ...entry, refreshToken: new Secret('refresh_token', 'of a new sign-in') }));
    await expectDropped(message);
  });

  it('are dropped where the entry is gone', async () => {
    const message = await rescued();
    await change((session) => ({ ...session, provider: 'other', entries: {} }));
    await expectDropped(message);
  });

  describe('of a provider that gives the same refresh token again and again', () => {
    const withoutRotation = () =>
      refreshingProvider(local.app, async () => ({
        ok: true,
        tokens: { accessToken: new Secret('access_token', 'newer'), expiresIn: 3600 },
      }));

    it('go in where they are the newer ones', async () => {
      const message = await rescued(withoutRotation());
      await delivered(message);
      expect((await storedEntry(local.app, id)).accessToken.reveal()).toBe('newer');
    });

    it('are dropped where they are the older ones', async () => {
      const message = await rescued(withoutRotation());
      await changeEntry((entry) => ({ ...entry, history: [{ at: local.clock.now() / 1000 + 60, by: 'sweep' }] }));
      await expectDropped(message);
    });
  });
});

describe('a message that cannot be read fails, and changes nothing:', () => {
  it.each([
    ['nothing', () => null],
    ['a text', () => 'text'],
    ['a list', () => []],
    ['no id', ({ provider, sealed }: Rescued) => ({ provider, sealed })],
    ['an id that is a path', (one: Rescued) => ({ ...one, id: '../keyring/1' })],
    ['no provider', ({ id, sealed }: Rescued) => ({ id, sealed })],
    ['no document', ({ id, provider }: Rescued) => ({ id, provider })],
  ])('%s', async (_what, spoiled) => {
    const message = await rescued();
    const before = await blob();
    await expect(delivered(spoiled(message))).rejects.toMatchObject({ code: 'request_malformed' });
    expect(await blob()).toEqual(before);
  });

  it.each([
    ['no document of ours', () => 'nonsense'],
    ['a document cut short', ({ sealed }: Rescued) => sealed.slice(0, -40)],
    [
      'a document with a changed bit',
      ({ sealed }: Rescued) => sealed.replace(/.{30}$/, (end) => [...end].toReversed().join('')),
    ],
  ])('%s', async (_what, spoiled) => {
    const message = await rescued();
    const before = await blob();
    const failing = delivered({ ...message, sealed: spoiled(message) });
    await expect(failing).rejects.toMatchObject({ code: expect.stringMatching(/^seal_/) });
    expect(await blob()).toEqual(before);
  });

  it('the document of another session', async () => {
    const { sealed } = await rescued();
    const other = sessionIdIn((await signedIn(local)).cookie);
    const before = await local.app.container.read(`sessions/${other}`);
    const failing = delivered({ id: other, provider: 'demo', sealed });
    await expect(failing).rejects.toMatchObject({ code: expect.stringMatching(/^seal_/) });
    expect(await local.app.container.read(`sessions/${other}`)).toEqual(before);
  });
});
