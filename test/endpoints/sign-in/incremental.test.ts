import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../shared/telemetry/secret.ts';
import type { Entry } from '../../../shared/token-store/session.ts';
import { type ConnectingBrowser, connectingBrowser } from '../../fixtures/connecting-browser.ts';
import { faultyEngine } from '../../fixtures/engine.ts';
import { type LocalApp, localApp } from '../../fixtures/local-app.ts';
import { refreshingProvider } from '../../fixtures/refreshing-provider.ts';

const [ada, bo] = ['ada@example.com', 'bo@example.com'];
const configured = ['openid', 'profile', 'email', 'offline_access'];

let local: LocalApp;
beforeAll(async () => {
  local = await localApp({
    further: ['second', 'apis'],
    authJson: (document) => {
      const apis = document.identityProviders.customOpenIdConnectProviders['apis'];
      Object.assign(apis?.login ?? {}, { furtherResources: true });
      return document;
    },
  });
});
afterAll(() => local.close());

/** The address that the browser is sent to. */
async function request(tab: ConnectingBrowser, path: string): Promise<URLSearchParams> {
  const response = await local.fetch(path, { headers: { cookie: tab.cookie() } });
  return new URL(response.headers.get('location') ?? '').searchParams;
}

const entryOf = async (tab: ConnectingBrowser, name = 'second'): Promise<Entry> =>
  (await tab.session()).entries[name] ?? expect.fail(`there is no entry of ${name}`);

async function changeEntry(tab: ConnectingBrowser, change: (entry: Entry) => Entry): Promise<void> {
  const { id } = await tab.session();
  await local.app.amend(id, ({ entries, ...session }) => ({
    ...session,
    entries: { ...entries, second: change(entries['second'] ?? expect.fail('nothing is connected')) },
  }));
}

describe('what the user has granted', () => {
  it('is kept with the tokens, as the provider says it, and stays over a refresh', async () => {
    const tab = await connectingBrowser(local);
    await tab.connect(bo, { scope: 'calendar.read no-such-scope' });
    const granted = [...configured, 'calendar.read'];
    expect((await entryOf(tab)).scopes?.toSorted()).toEqual(granted.toSorted());
    await local.app.refresh({ id: (await tab.session()).id, provider: 'second', cause: 'request' });
    expect((await entryOf(tab)).scopes?.toSorted()).toEqual(granted.toSorted());
  });

  it('is what was asked for where the provider does not say, and stays what it was over a refresh', async () => {
    const tab = await connectingBrowser(local);
    await connectWithout('scopes', tab, { scope: 'files.read' });
    expect((await entryOf(tab)).scopes).toEqual([...configured, 'files.read']);
    const silent = refreshingProvider(local.app, async (genuine) => {
      const result = await genuine();
      if (!result.ok) return result;
      const { scopes: _untold, ...tokens } = result.tokens;
      return { ...result, tokens };
    });
    const refresh = { id: (await tab.session()).id, provider: 'second', cause: 'request' } as const;
    expect((await faultyEngine(local.app, {}, silent).refresh(refresh)).status).toBe('refreshed');
    expect((await entryOf(tab)).scopes).toEqual([...configured, 'files.read']);
  });

  it('is not known where what was asked for is too long to be remembered', async () => {
    const tab = await connectingBrowser(local);
    await connectWithout('scopes', tab, { scope: `files.read ${'x'.repeat(400)}` });
    expect(await entryOf(tab)).not.toHaveProperty('scopes');
  });
});

describe('connecting an account once more', () => {
  it('asks for what is configured, granted and wanted, each once, and hints at the account', async () => {
    const tab = await connectingBrowser(local);
    await tab.connect(bo, { scope: 'calendar.read' });
    const asked = await request(tab, '/.auth/login/second?connect=1&scope=files.read%20openid');
    expect(asked.get('scope')?.split(' ').toSorted()).toEqual(
      [...configured, 'calendar.read', 'files.read'].toSorted(),
    );
    expect(asked.get('login_hint')).toBe(bo);
    expect((await request(tab, '/.auth/login/second?connect=1&login_hint=zoe')).get('login_hint')).toBe('zoe');
  });

  it('is not what a sign-in does: that asks for what it names and hints at nobody', async () => {
    const tab = await connectingBrowser(local);
    await tab.connect(bo, { scope: 'calendar.read' });
    const asked = await request(tab, '/.auth/login/second?scope=files.read');
    expect(asked.get('scope')).toBe('openid files.read');
    expect(asked.has('login_hint')).toBe(false);
  });

  it('replaces the tokens and the scopes, and keeps the history and since when it is connected', async () => {
    const tab = await connectingBrowser(local);
    await tab.connect(bo);
    const { id } = await tab.session();
    await local.app.refresh({ id, provider: 'second', cause: 'request' });
    const before = await entryOf(tab);
    local.clock.advance(60);
    await tab.connect(bo, { scope: 'files.read' });
    local.clock.reset();
    const after = await entryOf(tab);
    expect(after).toMatchObject({ history: before.history, connectedAt: before.connectedAt, subject: before.subject });
    expect(after.history).toHaveLength(1);
    expect(after.scopes).toContain('files.read');
    expect(after.issuedAt).toBeGreaterThan(before.issuedAt);
    for (const token of ['accessToken', 'refreshToken', 'idToken'] as const) {
      expect(after[token]?.reveal()).not.toBe(before[token]?.reveal());
    }
  });

  it('of the sign-in, widens that, and names no connection', async () => {
    const tab = await connectingBrowser(local);
    await tab.connect(ada, { scope: 'files.read' }, 'demo');
    expect((await entryOf(tab, 'demo')).scopes).toContain('files.read');
    expect((await tab.session()).connected).toBeUndefined();
  });

  it('makes good what the provider had refused, and what had failed', async () => {
    const tab = await connectingBrowser(local);
    await tab.connect(bo);
    const at = (await entryOf(tab)).issuedAt;
    await changeEntry(tab, (entry) => ({
      ...entry,
      dead: { at, reason: 'invalid_grant' },
      failures: 3,
      attemptedAt: at,
    }));
    await tab.connect(bo);
    const after = await entryOf(tab);
    expect(after).toMatchObject({ failures: 0 });
    for (const gone of ['dead', 'attemptedAt', 'redeemed']) expect(after).not.toHaveProperty(gone);
    const { id } = await tab.session();
    expect((await local.app.refresh({ id, provider: 'second', cause: 'request' })).status).toBe('refreshed');
  });

  it('keeps the refresh token where none comes, and what is known of it', async () => {
    const tab = await connectingBrowser(local);
    await tab.connect(bo);
    const before = await entryOf(tab);
    await changeEntry(tab, (entry) => ({ ...entry, attemptedAt: entry.issuedAt, unanswered: true }));
    expect((await connectWithout('refreshToken', tab)).status).toBe(302);
    const after = await entryOf(tab);
    expect(after.accessToken?.reveal()).not.toBe(before.accessToken?.reveal());
    expect(after.refreshToken?.reveal()).toBe(before.refreshToken?.reveal());
    expect(after).toMatchObject({ attemptedAt: before.issuedAt, unanswered: true });
    expect(after.refreshAt).toBeDefined();
  });

  it('drops a refresh token that the provider has refused where none comes', async () => {
    const tab = await connectingBrowser(local);
    await tab.connect(bo);
    await changeEntry(tab, (entry) => ({
      ...entry,
      refreshToken: new Secret('refresh_token', 'refused'),
      dead: { at: entry.issuedAt, reason: 'invalid_grant' },
    }));
    await connectWithout('refreshToken', tab);
    const after = await entryOf(tab);
    for (const gone of ['dead', 'refreshToken', 'refreshAt']) expect(after).not.toHaveProperty(gone);
  });
});

/** Connects an account at a provider whose answer lacks something this time. */
async function connectWithout(
  missing: 'refreshToken' | 'scopes',
  tab: ConnectingBrowser,
  query: Record<string, string> = {},
): Promise<Response> {
  const provider = local.app.provider('second') ?? expect.fail('there is no such provider');
  const { redeem } = provider;
  const lacking: typeof redeem = async (response) => {
    const { tokens, ...identity } = await redeem(response);
    const { [missing]: _missing, ...others } = tokens;
    return { ...identity, tokens: others };
  };
  Object.assign(provider, { redeem: lacking });
  try {
    return await tab.connect(bo, query);
  } finally {
    Object.assign(provider, { redeem });
  }
}

describe('resources of a provider that has further ones', () => {
  it('are asked for one by one, and on top of those before', async () => {
    const tab = await connectingBrowser(local);
    const path = '/.auth/login/apis?connect=1';
    const both = encodeURIComponent('urn:demo:calendar urn:demo:files');
    expect((await request(tab, `${path}&resource=${both}`)).getAll('resource')).toEqual([
      'urn:demo:calendar',
      'urn:demo:files',
    ]);
    await tab.connect(bo, { resource: 'urn:demo:calendar', scope: 'calendar.read' }, 'apis');
    expect((await entryOf(tab, 'apis')).resources).toEqual(['urn:demo:calendar']);
    await tab.connect(bo, { resource: 'urn:demo:files', scope: 'files.read' }, 'apis');
    expect((await entryOf(tab, 'apis')).resources).toEqual(['urn:demo:calendar', 'urn:demo:files']);
    for (const resource of ['urn:demo:calendar', 'urn:demo:files']) {
      const headers = { cookie: tab.cookie() };
      expect((await local.fetch(`/.auth/me?provider=apis&resource=${resource}`, { headers })).status).toBe(200);
    }
  });
});
