import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { azureContainer } from '../../shared/token-store/azure-container.ts';
import type { Container, ETag } from '../../shared/token-store/container.ts';
import { blobName } from '../../shared/token-store/names.ts';
import type { Session } from '../../shared/token-store/session.ts';
import type { SessionStore } from '../../shared/token-store/session-store.ts';
import { localStore } from './local-store.ts';
import { aSession } from './sessions.ts';
import { startStorageProxy } from './storage-proxy.ts';

const local = await localStore();
const proxy = await startStorageProxy();
const container = azureContainer({ url: proxy.through(local.url), deletes: true });
afterAll(() => Promise.all([local.close(), proxy.close()]));
afterEach(() => local.service.control.enable('tokenkeep-wrap'));

let store: SessionStore;
let session: Session;
beforeEach(async () => {
  store = local.store(container, local.ring());
  session = aSession(local.clock.now());
  await store.create(session);
  await store.read(session.id);
  proxy.requests.length = 0;
  local.logged.length = 0;
});

const reads = () => proxy.requests.map(({ headers, status }) => ({ tag: headers['if-none-match'], status }));

it('answers an unchanged session by asking for its tag alone, without opening it again', async () => {
  const one = await store.read(session.id);
  const other = await store.read(session.id);
  expect(other?.session).toBe(one?.session);
  expect(reads()).toEqual([
    { tag: one?.etag, status: 304 },
    { tag: one?.etag, status: 304 },
  ]);
});

it('asks the container every time: nothing is served from memory alone', async () => {
  proxy.fault = () => ({ status: 503, code: 'ServerBusy' });
  await expect(store.read(session.id)).rejects.toMatchObject({ code: 'container_unreachable' });
  proxy.fault = () => undefined;
  expect(await store.read(session.id)).toBeDefined();
});

it('serves what another instance has written', async () => {
  const before = await store.read(session.id);
  const changed = { ...session, expiresAt: session.expiresAt + 1 };
  const etag = await local.store().update(changed, session, { etag: before?.etag as ETag });
  expect(await store.read(session.id)).toMatchObject({ etag, session: { expiresAt: changed.expiresAt } });
});

it('serves the newest to many who read at once while it changes', async () => {
  const before = await store.read(session.id);
  const changed = { ...session, expiresAt: session.expiresAt + 1 };
  const [etag] = await Promise.all([
    local.store().update(changed, session, { etag: before?.etag as ETag }),
    ...Array.from({ length: 10 }, () => store.read(session.id)),
  ]);
  const after = await Promise.all(Array.from({ length: 10 }, () => store.read(session.id)));
  for (const read of after) expect(read).toMatchObject({ etag, session: { expiresAt: changed.expiresAt } });
});

it('never serves a session that another instance has ended, and forgets it', async () => {
  await local.store().end(session);
  expect(await store.read(session.id)).toBeUndefined();
  expect(await store.read(session.id)).toBeUndefined();
  expect(reads().map(({ tag }) => tag === undefined)).toEqual([false, true]);
});

it('never serves a session whose blob was damaged, and serves it again once it is restored', async () => {
  const blob = local.raw.getBlockBlobClient(blobName.session(session.id));
  const good = await blob.downloadToBuffer();
  await blob.upload(Buffer.from(good).fill(0x41, 200, 210), good.length);
  await expect(store.read(session.id)).rejects.toMatchObject({ code: 'seal_broken' });
  await expect(store.read(session.id)).rejects.toMatchObject({ code: 'seal_broken' });
  await blob.upload(good, good.length);
  expect((await store.read(session.id))?.session.id).toBe(session.id);
});

it('never serves a session whose keys cannot be opened any more', async () => {
  local.service.control.disable('tokenkeep-wrap');
  local.clock.advance(3600);
  await expect(store.read(session.id)).rejects.toMatchObject({ code: 'vault_key_disabled' });
  await expect(store.read(session.id)).rejects.toMatchObject({ code: 'vault_key_disabled' });
  local.service.control.enable('tokenkeep-wrap');
  expect((await store.read(session.id))?.session.id).toBe(session.id);
});

it('never serves a session whose keys are gone, and says so at error level', async () => {
  const epoch = local.raw.getBlockBlobClient('keyring/000001');
  const kept = await epoch.downloadToBuffer();
  await epoch.delete();
  local.clock.advance(3600);
  await expect(store.read(session.id)).rejects.toMatchObject({ code: 'seal_epoch_unknown' });
  expect(local.logged.at(-1)).toMatchObject({ level: 'error', event: 'seal_refused', session: session.id });
  await epoch.upload(kept, kept.length);
  local.clock.advance(1);
  expect((await store.read(session.id))?.session.id).toBe(session.id);
});

it('keeps the 5,000 sessions that were used last, and no more', async () => {
  const asked: (ETag | undefined)[] = [];
  const sealed = new Map<string, string>();
  const inMemory: Container = {
    ...local.container,
    async read(name, ifNoneMatch) {
      asked.push(ifNoneMatch);
      const body = sealed.get(name);
      if (body === undefined) return local.container.read(name, ifNoneMatch);
      return ifNoneMatch ? { status: 'unchanged' } : { status: 'found', etag: '"0x1"' as ETag, body };
    },
  };
  const ring = local.ring();
  const full = local.store(inMemory, ring);
  const sessions = Array.from({ length: 5_001 }, () => aSession(local.clock.now()));
  for (const one of sessions) sealed.set(blobName.session(one.id), await full.seal(one));
  const isKept = async (at: number) => {
    await full.read(sessions[at]?.id ?? session.id);
    return asked.at(-1) !== undefined;
  };

  for (const one of sessions.slice(0, 5_000)) await full.read(one.id);
  expect(await isKept(0)).toBe(true);
  expect(await isKept(5_000)).toBe(false);
  // The newest has taken the place of the one that was used longest ago: the second, since the first was used just now.
  expect(await isKept(0)).toBe(true);
  expect(await isKept(4_999)).toBe(true);
  expect(await isKept(1)).toBe(false);
});
