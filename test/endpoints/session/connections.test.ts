import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { handle } from '../../../shared/endpoints/handle.ts';
import { aliasOf, userNames } from '../../../shared/token-store/epoch.ts';
import { type ConnectingBrowser, connectingBrowser } from '../../fixtures/connecting-browser.ts';
import { faultyEngine } from '../../fixtures/engine.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { refreshingProvider } from '../../fixtures/refreshing-provider.ts';
import { handlerOf } from '../../fixtures/registered-routes.ts';
import { userData } from '../../fixtures/user-data.ts';

const [ada, bo] = ['ada@example.com', 'bo@example.com'];

let local: LocalApp;
beforeAll(async () => {
  local = await localApp({ further: ['second', 'third'] });
});
afterEach(() => local.clock.reset());
afterAll(() => local.close());

const codeOf = async (response: Response) => (await problemIn(response)).code;
const revocations = () => local.services.provider.counters.revocations;

async function connected(): Promise<ConnectingBrowser> {
  const tab = await connectingBrowser(local);
  await tab.connect(ada, { scope: 'calendar.read' });
  return tab;
}

const disconnect = (tab: ConnectingBrowser, provider = 'second', headers: Record<string, string> = {}) =>
  local.fetch(`/.auth/connections/${provider}`, { method: 'DELETE', headers: { cookie: tab.cookie(), ...headers } });

async function listed(tab: ConnectingBrowser): Promise<Record<string, unknown>[]> {
  const response = await local.fetch('/.auth/connections', { headers: { cookie: tab.cookie() } });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>[];
}

describe('the list of connections', () => {
  it('has the sign-in and what is connected, in the shape that the reference shows', async () => {
    const tab = await connectingBrowser(local);
    local.clock.advance(60);
    await tab.connect(ada, { scope: 'calendar.read' });
    const [signIn, second, ...others] = await listed(tab);
    expect(others).toEqual([]);
    expect(Object.keys(second ?? {})).toEqual([
      'provider',
      'title',
      'user_id',
      'sign_in',
      'connected_on',
      'scopes',
      'state',
    ]);
    expect(signIn).toMatchObject({ provider: 'demo', user_id: ada, sign_in: true, state: 'active' });
    expect(second).toMatchObject({
      provider: 'second',
      title: 'second',
      user_id: ada,
      sign_in: false,
      state: 'active',
    });
    expect(second?.['scopes']).toContain('calendar.read');
    expect(String(second?.['connected_on'])).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.0000000Z$/);
    expect(Date.parse(String(second?.['connected_on'])) - Date.parse(String(signIn?.['connected_on']))).toBeGreaterThan(
      0,
    );
    expect(JSON.stringify([signIn, second])).not.toContain(
      (await tab.session()).entries['second']?.accessToken?.reveal(),
    );
  });

  it('says which the provider has refused, and which have expired', async () => {
    const tab = await connected();
    const { id } = await tab.session();
    await local.app.amend(id, ({ entries: { demo, second }, ...session }) => {
      const { refreshToken: _none, ...expiring } = demo ?? expect.fail('no sign-in');
      const refused = { ...(second ?? expect.fail('no connection')), dead: { at: 1, reason: 'invalid_grant' } };
      return { ...session, entries: { demo: { ...expiring, expiresAt: 1 }, second: refused } };
    });
    expect((await listed(tab)).map(({ state }) => state)).toEqual(['expired', 'refused']);
  });

  it('is for those who are signed in', async () => {
    expect(await codeOf(await local.fetch('/.auth/connections'))).toBe('not_signed_in');
  });
});

describe('an account that is disconnected', () => {
  it('is gone with its name, its marker and its tokens; the session goes on', async () => {
    const tab = await connected();
    const before = await tab.session();
    const revoked = revocations();
    expect((await disconnect(tab, 'SECOND')).status).toBe(204);
    const after = await tab.session();
    expect(Object.keys(after.entries)).toEqual(['demo']);
    expect(after.connected).toEqual([]);
    expect(after.entries['demo']).toEqual(before.entries['demo']);
    expect(revocations()).toBe(revoked + 1);
    const name = before.connected?.[0] ?? expect.fail('nothing was connected');
    expect((await userData(local.app)).filter((blob) => blob.includes(name) && blob.includes(after.id))).toEqual([]);
    const event = { event: 'account_disconnected', session: after.id, provider: 'second' };
    expect(local.logged).toContainEqual(expect.objectContaining(event));
  });

  it('can be connected again, by another user too', async () => {
    const tab = await connectingBrowser(local);
    await tab.connect(bo);
    const other = await connectingBrowser(local, 'zoe@example.com');
    expect(await codeOf(await other.connect(bo))).toBe('connection_taken');
    await disconnect(tab);
    expect((await other.connect(bo)).status).toBe(302);
    await disconnect(other);
    expect((await tab.connect(bo)).status).toBe(302);
  });

  it('is not brought back by a refresh of it that is under way, whose tokens are revoked', async () => {
    const tab = await connected();
    const { id } = await tab.session();
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const slow = refreshingProvider(local.app, async (genuine) => {
      asked.resolve();
      await answer.promise;
      return genuine();
    });
    const refreshing = faultyEngine(local.app, {}, slow).refresh({ id, provider: 'second', cause: 'request' });
    await asked.promise;
    const revoked: (string | undefined)[] = [];
    const provider = local.app.provider('second') ?? expect.fail('there is no such provider');
    const { revoke } = provider;
    Object.assign(provider, {
      revoke: async (...request: Parameters<typeof revoke>) => {
        revoked.push(request[0].refreshToken?.reveal());
        return revoke(...request);
      },
    });
    const disconnecting = disconnect(tab);
    answer.resolve();
    const outcome = await refreshing;
    expect((await disconnecting).status).toBe(204);
    Object.assign(provider, { revoke });
    expect((await tab.session()).entries).not.toHaveProperty('second');
    const last = outcome.status === 'refreshed' ? outcome.session.entries['second']?.refreshToken?.reveal() : undefined;
    expect(revoked).toEqual([last ?? expect.fail('it was not refreshed')]);
  });

  it('of an imported session opens it no more', async () => {
    const tab = await connected();
    const epoch = await local.app.ring.newest();
    const { id, entries } = await tab.session();
    const { issuer, subject } = entries['second'] ?? expect.fail('nothing is connected');
    const names = [userNames(epoch, 'second', issuer, subject).user, aliasOf(epoch, 'second', subject)];
    await local.app.amend(id, (session) => ({ ...session, aliases: [...session.aliases, ...names] }));
    await disconnect(tab);
    for (const name of names) expect(await local.app.store.newestOf(name)).toBeUndefined();
    expect((await tab.session()).aliases).toHaveLength(1);
  });
});

describe('disconnecting is refused', () => {
  it('for the account of the sign-in', async () => {
    const tab = await connected();
    const revoked = revocations();
    expect(await codeOf(await disconnect(tab, 'demo'))).toBe('connection_is_sign_in');
    expect(Object.keys((await tab.session()).entries)).toEqual(['demo', 'second']);
    expect(revocations()).toBe(revoked);
  });

  it.each(['third', 'nobody', 'constructor', '__proto__'])('where there is no account of %s', async (name) => {
    const tab = await connected();
    expect(await codeOf(await disconnect(tab, name))).toBe('connection_unknown');
    expect(Object.keys((await tab.session()).entries)).toEqual(['demo', 'second']);
  });

  it('to a page of another site, and without a session', async () => {
    const tab = await connected();
    const evil = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    expect(await codeOf(await disconnect(tab, 'second', evil))).toBe('cross_site_refused');
    expect(await codeOf(await local.fetch('/.auth/connections/second', { method: 'DELETE' }))).toBe('not_signed_in');
    expect((await tab.session()).entries).toHaveProperty('second');
  });
});

it('two accounts that are disconnected at once are both gone', async () => {
  const tab = await connected();
  await tab.connect(ada, {}, 'third');
  const answers = await Promise.all(['second', 'third'].map((name) => disconnect(tab, name)));
  expect(answers.map(({ status }) => status)).toEqual([204, 204]);
  expect(Object.keys((await tab.session()).entries)).toEqual(['demo']);
  expect((await tab.session()).connected).toEqual([]);
});

it('an account of a provider that is no longer configured can be disconnected', async () => {
  const tab = await connected();
  const app = local.another();
  const without = { ...app, provider: (name: string) => (name === 'second' ? undefined : app.provider(name)) };
  const address = `${origin}/.auth/connections/second`;
  const request = new Request(address, { method: 'DELETE', headers: { cookie: tab.cookie() } });
  expect((await handle(handlerOf(request), request, without)).status).toBe(204);
  expect((await tab.session()).entries).not.toHaveProperty('second');
});
