import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAmend } from '../../shared/sessions/amend.ts';
import type { LeaseId } from '../../shared/token-store/container.ts';
import { blobName } from '../../shared/token-store/names.ts';
import type { Session } from '../../shared/token-store/session.ts';
import { faultyEngine, impatientClock } from '../fixtures/engine.ts';
import { refreshingProvider } from '../fixtures/refreshing-provider.ts';
import { id, local } from '../fixtures/signed-in-session.ts';
import { markersOf, storedEntry, storedSession } from '../fixtures/stored.ts';

const named =
  (device: string) =>
  (session: Session): Session => ({ ...session, device });
const consented = (session: Session): Session => ({ ...session, consents: { reports: { at: session.signedInAt } } });

describe('a session that is amended', () => {
  it('is stored as it was changed', async () => {
    expect((await local.app.amend(id, named('a browser')))?.device).toBe('a browser');
    expect((await storedSession(local.app, id)).device).toBe('a browser');
  });

  it('is not written where nothing is changed', async () => {
    const before = await local.app.store.read(id);
    expect((await local.app.amend(id, (session) => session))?.id).toBe(id);
    expect((await local.app.store.read(id))?.etag).toBe(before?.etag);
  });

  it('keeps what each of several changes at once has done', async () => {
    const count = (session: Session) => ({ ...session, device: String((Number(session.device) || 0) + 1) });
    await Promise.all(Array.from({ length: 4 }, () => local.app.amend(id, count)));
    expect((await storedSession(local.app, id)).device).toBe('4');
  });

  it('keeps the tokens of a refresh that is under way, and the refresh keeps the change', async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const slow = refreshingProvider(local.app, async (genuine) => {
      asked.resolve();
      await answer.promise;
      return genuine();
    });
    const before = await storedEntry(local.app, id);
    const refreshing = faultyEngine(local.app, {}, slow).refresh({ id, cause: 'request' });
    await asked.promise;
    const amending = local.app.amend(id, named('a browser'));
    answer.resolve();
    expect((await refreshing).status).toBe('refreshed');
    await amending;
    expect((await storedSession(local.app, id)).device).toBe('a browser');
    expect((await storedEntry(local.app, id)).accessToken.reveal()).not.toBe(before.accessToken.reveal());
  });

  it('is told to be busy where somebody holds its lease, and stays as it is', async () => {
    const { container, store, platform } = local.app;
    const leaseId = randomUUID() as LeaseId;
    await container.acquireLease(blobName.session(id), leaseId, 30);
    const clock = impatientClock(platform.clock);
    const amend = createAmend({ container, store, platform: { ...platform, clock }, refreshExtension: 0 });
    await expect(amend(id, named('a browser'))).rejects.toMatchObject({ code: 'session_busy' });
    await container.releaseLease(blobName.session(id), leaseId);
    expect((await storedSession(local.app, id)).device).not.toBe('a browser');
  });

  it('is nothing once it has ended', async () => {
    await local.app.endSession(await storedSession(local.app, id));
    expect(await local.app.amend(id, named('a browser'))).toBeUndefined();
  });

  it('is left alone by a change that fails', async () => {
    const fails = () => Promise.reject(new Error('no'));
    await expect(local.app.amend(id, fails)).rejects.toThrow('no');
    expect((await local.app.amend(id, named('after')))?.device).toBe('after');
  });

  it('is filed where its next visit is, with one marker', async () => {
    const changed = await local.app.amend(id, (session) => ({
      ...consented(session),
      entries: {},
    }));
    expect(changed?.visitAt).not.toBeUndefined();
    expect(await markersOf(local.app, id)).toEqual([changed?.visitAt]);
    const { endsAt } = await storedSession(local.app, id);
    const minute = new Date(endsAt * 1000).toISOString().replace(/[-T:]/g, '').slice(0, 12);
    expect(changed?.visitAt).toBe(minute);
  });
});
