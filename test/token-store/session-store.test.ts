import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import type { ETag, LeaseId } from '../../shared/token-store/container.ts';
import { blobName, minuteOf, type UserId } from '../../shared/token-store/names.ts';
import type { Session } from '../../shared/token-store/session.ts';
import { faultyContainer } from '../fixtures/faulty-container.ts';
import { gathered, localStore } from './local-store.ts';
import { aSession, inMinutes } from './sessions.ts';

const withDelete = await localStore('rwdl');
const withoutDelete = await localStore('rwl');
afterAll(() => Promise.all([withDelete.close(), withoutDelete.close()]));

const later = (session: Session, now: number): Session => ({ ...session, visitAt: inMinutes(now, 120) });

describe.each([
  ['where the access may delete', withDelete],
  ['where it may not', withoutDelete],
])('%s, a session', (_, local) => {
  const store = local.store();
  const now = local.clock.now();

  async function created(): Promise<{ session: Session; etag: ETag }> {
    const session = aSession(now);
    await store.create(session);
    const stored = await store.read(session.id);
    if (!stored) throw new Error('there is no session');
    return { session, etag: stored.etag };
  }
  const markers = async ({ id, user }: Session) => ({
    agenda: (await gathered(local.container.list('agenda/'))).filter((name) => name.endsWith(id)),
    user: await gathered(local.container.list(`users/${user}/`)),
  });

  it('is stored with its markers, and read back as it was', async () => {
    const { session } = await created();
    const read = await store.read(session.id);
    expect(read?.session.entries['demo']?.accessToken?.reveal()).toBe(session.entries['demo']?.accessToken?.reveal());
    expect(read?.session).toMatchObject({ id: session.id, sid: session.sid, visitAt: session.visitAt });
    expect(await markers(session)).toEqual({
      agenda: [blobName.marker({ minute: session.visitAt, id: session.id })],
      user: [blobName.ofUser(session.user, { minute: minuteOf(session.signedInAt * 1000), id: session.id })],
    });
  });

  it('is updated with its marker moved', async () => {
    const { session, etag } = await created();
    const moved = later(session, now);
    expect(await store.update(moved, session, { etag })).toBeDefined();
    expect((await store.read(session.id))?.session.visitAt).toBe(moved.visitAt);
    expect((await markers(session)).agenda).toEqual([blobName.marker({ minute: moved.visitAt, id: session.id })]);
  });

  it('keeps its marker when it is updated without being moved', async () => {
    const { session, etag } = await created();
    await store.update({ ...session, expiresAt: session.expiresAt + 60 }, session, { etag });
    expect((await store.read(session.id))?.session.expiresAt).toBe(session.expiresAt + 60);
    expect((await markers(session)).agenda).toHaveLength(1);
  });

  it('is not updated on a condition that does not hold, and keeps the marker it has', async () => {
    const { session } = await created();
    const before = blobName.marker({ minute: session.visitAt, id: session.id });
    const outcome = await store.update(later(session, now), session, { etag: '"0x8D000000000000"' as ETag });
    expect(outcome).toBeUndefined();
    expect((await store.read(session.id))?.session.visitAt).toBe(session.visitAt);
    expect((await markers(session)).agenda).toContain(before);
  });

  it('is found by an account that is connected in it, from when it is until it is no longer', async () => {
    const { session, etag } = await created();
    const account = randomBytes(32).toString('hex') as UserId;
    const connected = { ...session, connected: [account] };
    const first = await store.update(connected, session, { etag });
    expect((await store.sessionsOf(account)).map((one) => one.session.id)).toEqual([session.id]);
    expect(await gathered(local.container.list(`users/${account}/`))).toHaveLength(1);
    await store.update(session, connected, { etag: first as ETag });
    expect(await store.sessionsOf(account)).toEqual([]);
    expect(await gathered(local.container.list(`users/${account}/`))).toEqual([]);
  });

  it('is not opened by an account that is connected in it', async () => {
    const { session, etag } = await created();
    const account = randomBytes(32).toString('hex') as UserId;
    await store.update({ ...session, connected: [account] }, session, { etag });
    expect(await store.newestOf(account)).toBeUndefined();
  });

  it('leaves no marker of a connected account when it ends', async () => {
    const { session, etag } = await created();
    const account = randomBytes(32).toString('hex') as UserId;
    const connected = { ...session, connected: [account] };
    await store.update(connected, session, { etag });
    await store.end(session);
    expect(await gathered(local.container.list(`users/${account}/`))).toEqual([]);
  });

  it('stands among the sessions of its user, the newest first, and what has ended does not', async () => {
    const user = randomBytes(32).toString('hex') as UserId;
    const sessions = [0, 120, 60].map((age) => ({ ...aSession(now), user, signedInAt: Math.floor(now / 1000) - age }));
    for (const session of sessions) await store.create(session);
    const [first, second, third] = sessions.map(({ id }) => id);
    const found = async () => (await store.sessionsOf(user)).map(({ session }) => session.id);
    expect(await found()).toEqual([first, third, second]);
    await store.end(sessions[2] as Session);
    expect(await found()).toEqual([first, second]);
  });

  it('is left out of the sessions of its user where it cannot be trusted', async () => {
    const user = randomBytes(32).toString('hex') as UserId;
    const [good, bad] = [aSession(now), aSession(now)].map((session) => ({ ...session, user }));
    if (!good || !bad) throw new Error('there are two');
    await store.create(good);
    await store.create(bad);
    const place = blobName.session(bad.id);
    const blob = await local.container.read(place);
    if (blob.status !== 'found') throw new Error('there is no blob');
    await local.container.replace(place, 'not sealed', { etag: blob.etag });
    expect((await store.sessionsOf(user)).map(({ session }) => session.id)).toEqual([good.id]);
  });

  it('ends with all its markers, once', async () => {
    const { session } = await created();
    expect((await store.end(session))?.id).toBe(session.id);
    expect(await store.read(session.id)).toBeUndefined();
    expect(await markers(session)).toEqual({ agenda: [], user: [] });
    expect(await store.end(session)).toBeUndefined();
  });

  it('never comes back by a write that was under way', async () => {
    const { session, etag } = await created();
    const leaseId = randomUUID() as LeaseId;
    await local.container.acquireLease(blobName.session(session.id), leaseId, 15);
    await store.end(session);
    expect(await store.update(later(session, now), session, { etag, leaseId })).toBeUndefined();
    expect(await store.update(later(session, now), session, { etag })).toBeUndefined();
    expect(await store.read(session.id)).toBeUndefined();
  });

  it('ends although somebody else holds its lease and has written since it was read', async () => {
    const { session, etag } = await created();
    const leaseId = randomUUID() as LeaseId;
    await local.container.acquireLease(blobName.session(session.id), leaseId, 15);
    await store.update({ ...session, expiresAt: 1 }, session, { etag, leaseId });
    expect((await store.end(session))?.id).toBe(session.id);
    expect(await store.read(session.id)).toBeUndefined();
  });

  it('ends although it is written again and again while it ends, as often as refreshes can win', async () => {
    const { session } = await created();
    let rivals = 4;
    const contested = faultyContainer(local.container, {
      async before(operation, name) {
        if (operation !== 'remove' || rivals-- <= 0) return;
        const current = await local.container.read(name);
        if (current.status === 'found') await local.container.replace(name, await store.seal(session), current);
      },
    });
    expect((await local.store(contested).end(session))?.id).toBe(session.id);
    expect(await store.read(session.id)).toBeUndefined();
  });
});

it('says so where a session cannot be ended because it is written without end', async () => {
  const { container, clock } = withDelete;
  const store = withDelete.store();
  const session = aSession(clock.now());
  await store.create(session);
  const contested = faultyContainer(container, {
    async before(operation, name) {
      const current = operation === 'remove' ? await container.read(name) : undefined;
      if (current?.status === 'found') await container.replace(name, await store.seal(session), current);
    },
  });
  await expect(withDelete.store(contested).end(session)).rejects.toMatchObject({ code: 'container_unreachable' });
  expect(await store.read(session.id)).toBeDefined();
});

it('leaves a tombstone in the place of an ended session where the access may not delete, which stays', async () => {
  const store = withoutDelete.store();
  const session = aSession(withoutDelete.clock.now());
  await store.create(session);
  await store.end(session);
  const blob = withoutDelete.raw.getBlobClient(blobName.session(session.id));
  expect((await blob.downloadToBuffer()).toString()).toBe('-');
  await store.create(session);
  expect(await store.read(session.id)).toBeUndefined();
});
