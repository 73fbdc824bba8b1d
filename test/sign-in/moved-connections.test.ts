import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { withdrawConsent } from '../../shared/backends/consent.ts';
import type { BackendUse } from '../../shared/token-store/session.ts';
import { type ConnectingBrowser, connectingBrowser } from '../fixtures/connecting-browser.ts';
import { type LocalApp, localApp } from '../fixtures/local-app.ts';
import { problemIn } from '../fixtures/problem.ts';
import { storedSession } from '../fixtures/stored.ts';
import { userData } from '../fixtures/user-data.ts';

const [ada, bo, zoe] = ['ada@example.com', 'bo@example.com', 'zoe@example.com'];

let local: LocalApp;
beforeAll(async () => {
  local = await localApp({ further: ['second'] });
});
afterEach(() => local.clock.reset());
afterAll(() => local.close());

const use: BackendUse = { backend: 'reports', provider: 'demo', purpose: 'a report', firstAt: 1, lastAt: 2, count: 3 };

/** A session with a connection, a consent and a use. */
async function full(): Promise<ConnectingBrowser> {
  const tab = await connectingBrowser(local);
  expect((await tab.connect(ada)).status).toBe(302);
  const { id } = await tab.session();
  await local.app.amend(id, (session) => ({ ...session, consents: { reports: { at: 1 } }, uses: [use] }));
  return tab;
}

it('who signs in again in the same browser keeps connections, consents and uses, in one session', async () => {
  const tab = await full();
  const before = await tab.session();
  await tab.signIn(ada);
  const after = await tab.session();
  expect(after.id).not.toBe(before.id);
  expect(after).toMatchObject({ connected: before.connected, consents: before.consents, uses: before.uses });
  expect(after.entries['second']).toEqual(before.entries['second']);
  expect(after.entries['demo']?.refreshToken?.reveal()).not.toBe(before.entries['demo']?.refreshToken?.reveal());
  expect((await userData(local.app)).filter((name) => name.includes(before.id))).toEqual([]);
  const [name] = before.connected ?? [];
  expect((await local.app.store.sessionsOf(name ?? expect.fail('nothing'))).map(({ session }) => session.id)).toContain(
    after.id,
  );
});

it('what is kept can be refreshed, and disconnected', async () => {
  const tab = await full();
  await tab.signIn(ada);
  const { id } = await tab.session();
  expect((await local.app.refresh({ id, provider: 'second', cause: 'request' })).status).toBe('refreshed');
  const request = { method: 'DELETE', headers: { cookie: tab.cookie() } };
  expect((await local.fetch('/.auth/connections/second', request)).status).toBe(204);
});

it('what the old session had last is kept: a refresh may have come in between', async () => {
  const tab = await full();
  const { id } = await tab.session();
  const address = await tab.authorize(ada, { connect: '' }, 'demo');
  expect((await local.app.refresh({ id, provider: 'second', cause: 'request' })).status).toBe('refreshed');
  const { refreshToken } = (await tab.session()).entries['second'] ?? expect.fail('nothing is connected');
  expect((await tab.open(address)).status).toBe(302);
  expect((await tab.session()).entries['second']?.refreshToken?.reveal()).toBe(refreshToken?.reveal());
});

it('nobody else can connect the account on the way over', async () => {
  const tab = await connectingBrowser(local);
  await tab.connect(bo);
  const other = await connectingBrowser(local, zoe);
  const address = await other.authorize(bo);
  const { store } = local.app;
  const { end } = store;
  let answer: Response | undefined;
  Object.assign(store, {
    end: async (session: Parameters<typeof end>[0]) => {
      const last = await end(session);
      answer ??= await other.open(address);
      return last;
    },
  });
  await tab.signIn(ada);
  Object.assign(store, { end });
  expect((await problemIn(answer ?? expect.fail('nobody tried'))).code).toBe('connection_taken');
  expect((await other.session()).entries).not.toHaveProperty('second');
  expect((await tab.session()).entries['second']?.subject).toBe('demo-1002');
});

it('a consent that is withdrawn on another device while it goes over does not come back', async () => {
  const tab = await full();
  const other = await (await connectingBrowser(local)).session();
  const { store } = local.app;
  const { end } = store;
  Object.assign(store, {
    end: async (session: Parameters<typeof end>[0]) => {
      const last = await end(session);
      await withdrawConsent(other, 'reports', local.app);
      return last;
    },
  });
  await tab.signIn(ada);
  Object.assign(store, { end });
  const after = await tab.session();
  expect(after.consents).toEqual({});
  expect(Object.keys(after.entries).sort()).toEqual(['demo', 'second']);
});

it('where the old session is gone by then, nothing is kept, not even the names', async () => {
  const tab = await full();
  const { store } = local.app;
  const { end } = store;
  Object.assign(store, {
    end: async (session: Parameters<typeof end>[0]) => {
      await end(session);
      return end(session);
    },
  });
  await tab.signIn(ada);
  Object.assign(store, { end });
  const after = await tab.session();
  expect(Object.keys(after.entries)).toEqual(['demo']);
  expect(after.connected).toEqual([]);
  for (const lost of ['consents', 'uses']) expect(after).not.toHaveProperty(lost);
});

it('somebody else who signs in gets nothing of it', async () => {
  const tab = await full();
  await tab.signIn(zoe);
  const after = await tab.session();
  expect(Object.keys(after.entries)).toEqual(['demo']);
  for (const foreign of ['connected', 'consents', 'uses']) expect(after).not.toHaveProperty(foreign);
});

it('a sign-in that the browser keeps no cookie of leaves the session before it as it is', async () => {
  const tab = await full();
  const before = await tab.session();
  await tab.open(await tab.authorize(ada, { connect: '', session_mode: 'token' }, 'demo'));
  expect(await storedSession(local.app, before.id)).toEqual(before);
});
