import { randomBytes } from 'node:crypto';
import { decodeJwt, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createImport } from '../../../dev/import/import-file.ts';
import { storeKey } from '../../../dev/import/open-entry.ts';
import type { Outcome } from '../../../dev/import/report.ts';
import { sidsFrom } from '../../../dev/import/sids.ts';
import type { StoreFile } from '../../../dev/import/store-source.ts';
import { containerSasUrl } from '../../../dev/services.ts';
import type { App } from '../../../shared/app.ts';
import { handle } from '../../../shared/endpoints/handle.ts';
import { me } from '../../../shared/endpoints/session/me.ts';
import { refresh } from '../../../shared/endpoints/session/refresh.ts';
import { seconds } from '../../../shared/platform.ts';
import { claimType } from '../../../shared/providers/claim-types.ts';
import { githubEndpoints } from '../../../shared/providers/github/endpoints.ts';
import { visit } from '../../../shared/refresh/visit.ts';
import type { EntryView } from '../../../shared/sessions/entry-view.ts';
import { importedKeyOf } from '../../../shared/sessions/imported-key.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { sessionIdOf, startOf } from '../../../shared/token-store/names.ts';
import type { Session } from '../../../shared/token-store/session.ts';
import { type LocalApp, localApp, origin, signedIn } from '../../fixtures/local-app.ts';
import { storedEntry, storedSession } from '../../fixtures/stored.ts';
import { dotNetTime, encryptionKey, fileName, fileOf, storeFileText } from './store-files.ts';

const signingKey = randomBytes(32).toString('hex');
const github = {
  kind: 'github' as const,
  name: 'github',
  clientId: 'client',
  secret: new Secret('client_secret', 'secret'),
  scopes: [],
  loginParameters: {},
  endpoints: githubEndpoints,
};

let local: LocalApp;
beforeAll(async () => {
  local = await localApp({ environment: { WEBSITE_AUTH_SIGNING_KEY: signingKey }, providers: [github] });
});
afterAll(() => local.close());
afterEach(() => local.clock.reset());

/** An app over a container in which nobody has signed in yet. */
async function emptyApp(permissions = 'rwdl'): Promise<App> {
  const name = `new-${randomBytes(6).toString('hex')}`;
  return local.another({
    WEBSITE_AUTH_TOKEN_CONTAINER_SASURL: await containerSasUrl(local.services.azurite, name, permissions),
  });
}

async function importInto(app: App, file: StoreFile, sids: Record<string, string> = {}): Promise<Outcome> {
  const key = storeKey(encryptionKey);
  if (!key) throw new Error('no key');
  return createImport(app, await app.ring.newest(), key, sidsFrom(sids))(file);
}

/** What Easy Auth would have stored of a user who signs in now: the entry that `me` shows, with the refresh token. */
async function signedInEntry(): Promise<Record<string, unknown>> {
  const { cookie } = await signedIn(local);
  const [view] = (await (await local.fetch('/.auth/me', { headers: { cookie } })).json()) as [EntryView];
  const { refreshable: _, refresh_state: __, ...entry } = view;
  const { key } = await local.app.authenticate(new Request(origin, { headers: { cookie } }));
  expect(key).toBeDefined();
  const { session } = await local.app.authenticate(new Request(origin, { headers: { cookie } }));
  return { ...entry, refresh_token: (await storedEntry(local.app, session.id)).refreshToken?.reveal() };
}

/** An entry of the demo provider that was never issued. */
function madeEntry(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const now = seconds(local.app.platform.clock);
  return {
    access_token: randomBytes(32).toString('base64url'),
    expires_on: dotNetTime(now + 3000),
    provider_name: 'demo',
    refresh_token: randomBytes(32).toString('base64url'),
    user_claims: [
      { typ: 'iss', val: local.services.provider.issuer },
      { typ: claimType.nameIdentifier, val: `user-${randomBytes(4).toString('hex')}` },
    ],
    user_id: `${randomBytes(4).toString('hex')}@example.com`,
    ...changes,
  };
}

/** A token as App Service has made it, or a server with the same key. */
async function oldToken(claims: Record<string, unknown>): Promise<string> {
  const now = seconds(local.app.platform.clock);
  return new SignJWT({ idp: 'demo', ver: '3', ...claims })
    .setProtectedHeader({ typ: 'JWT', alg: 'HS256' })
    .setIssuer(`${origin}/`)
    .setAudience(`${origin}/`)
    .setNotBefore(now)
    .setExpirationTime(now + 30 * 24 * 3600)
    .sign(Buffer.from(signingKey, 'hex'));
}

async function ask(app: App, handler: typeof me, claims: Record<string, unknown>): Promise<Response> {
  const headers = { 'x-zumo-auth': await oldToken(claims) };
  return handle(handler, new Request(`${origin}/.auth/me`, { headers }), app);
}

const sidOf = (name: string) => `sid:${name.slice(0, -'.json'.length)}`;
const otherSid = () => `sid:${randomBytes(16).toString('hex')}`;

/** Every blob below a prefix. */
async function names(app: App, prefix = ''): Promise<string[]> {
  const found: string[] = [];
  for await (const name of app.container.list(prefix)) found.push(name);
  return found;
}

async function onlySession(app: App): Promise<Session> {
  const [name = '', ...more] = await names(app, 'sessions/');
  expect(more).toEqual([]);
  return storedSession(app, name.slice('sessions/'.length) as Session['id']);
}

describe('a user who is brought over', () => {
  it('is still signed in by an old session token, with the claims and tokens of before', async () => {
    const app = await emptyApp();
    const [name, entry] = [fileName(), await signedInEntry()];
    const outcome = await importInto(app, fileOf(name, storeFileText({ demo: entry })));
    expect(outcome).toMatchObject({ status: 'imported', again: false, providers: ['demo'], without: [] });

    const shown = await ask(app, me, { stable_sid: sidOf(name), sub: otherSid() });
    expect(shown.status).toBe(200);
    const { refresh_token: _, ...visible } = entry;
    expect(await shown.json()).toEqual([{ ...visible, refreshable: true, refresh_state: expect.anything() }]);
    expect((await ask(app, me, { sub: sidOf(name) })).status).toBe(200);
  });

  it('is found by the id of the provider, as self-issued tokens have it', async () => {
    const app = await emptyApp();
    const entry = madeEntry();
    await importInto(app, fileOf(fileName(), storeFileText({ demo: entry })));
    const [, { val: subject }] = entry['user_claims'] as [unknown, { val: string }];
    expect((await ask(app, me, { nameid: subject })).status).toBe(200);
    expect((await ask(app, me, { nameid: `${subject}0` })).status).toBe(401);
  });

  it('is not found by the sid of another, nor under another provider', async () => {
    const app = await emptyApp();
    const name = fileName();
    await importInto(app, fileOf(name, storeFileText({ demo: madeEntry() })));
    expect((await ask(app, me, { sub: otherSid() })).status).toBe(401);
    expect((await ask(app, me, { sub: sidOf(name), idp: 'github' })).status).toBe(401);
  });

  it('can refresh with the old session token and the imported refresh token', async () => {
    const app = await emptyApp();
    const [name, entry] = [fileName(), await signedInEntry()];
    await importInto(app, fileOf(name, storeFileText({ demo: entry })));
    const refreshed = await ask(app, refresh, { stable_sid: sidOf(name) });
    expect(refreshed.status).toBe(200);
    // From here on the client carries a session token of ours, which can be renewed again and again.
    const { authenticationToken } = (await refreshed.json()) as { authenticationToken: string };
    expect(sessionIdOf(String(decodeJwt(authenticationToken).jti))).toBe((await onlySession(app)).id);
    const [after] = (await (await ask(app, me, { stable_sid: sidOf(name) })).json()) as [EntryView];
    expect(after.access_token).toEqual(expect.any(String));
    expect(after.access_token).not.toBe(entry['access_token']);
  });

  it('has a session whose key can be made again, for a token of ours in place of the old one', async () => {
    const app = await emptyApp();
    await importInto(app, fileOf(fileName(), storeFileText({ demo: madeEntry() })));
    const session = await onlySession(app);
    const key = importedKeyOf(await app.ring.newest(), session);
    if (key === undefined) throw new Error('no key');
    const token = await app.sessionTokens.issue(session, key);
    const request = new Request(`${origin}/.auth/me`, { headers: { 'x-zumo-auth': token.reveal() } });
    expect((await handle(me, request, app)).status).toBe(200);
    expect(importedKeyOf(await app.ring.newest(), { ...session, aliases: [] })).toBeUndefined();
  });

  it('has a session as long as that of a sign-in, counted from the import', async () => {
    const app = await emptyApp();
    await importInto(app, fileOf(fileName(), storeFileText({ demo: madeEntry() }), 1_700_000_000));
    const { signedInAt, expiresAt, endsAt } = await onlySession(app);
    const { lifetime, absoluteLifetime } = app.settings.session;
    expect(seconds(app.platform.clock) - signedInAt).toBeLessThan(30);
    expect([expiresAt - signedInAt, endsAt - signedInAt]).toEqual([lifetime, absoluteLifetime]);
  });

  it('whose tokens have expired is visited within half an hour, and refreshed', async () => {
    const app = await emptyApp();
    const entry = await signedInEntry();
    const expired = { ...entry, expires_on: dotNetTime(seconds(app.platform.clock) - 86_400) };
    await importInto(app, fileOf(fileName(), storeFileText({ demo: expired })));
    const before = await onlySession(app);
    const until = startOf(before.visitAt) / 1000 - before.signedInAt;
    expect(until).toBeGreaterThan(0);
    expect(until).toBeLessThanOrEqual(31 * 60);

    local.clock.advance(until + 60);
    const { refreshExtension } = app.settings.session;
    const parts = { ...app, refreshExtension, end: app.expireSession, clock: app.platform.clock };
    await visit(parts, { id: before.id, minute: before.visitAt });
    const after = await onlySession(app);
    expect(after.entries['demo']?.accessToken?.reveal()).not.toBe(entry['access_token']);
    expect(after.entries['demo']?.history).toMatchObject([{ by: 'sweep' }]);
  });

  it('whose tokens are good is refreshed before they expire', async () => {
    const app = await emptyApp();
    await importInto(app, fileOf(fileName(), storeFileText({ demo: madeEntry() })));
    const { entries, visitAt } = await onlySession(app);
    const { refreshAt = 0, expiresAt = 0 } = entries['demo'] ?? {};
    expect(refreshAt).toBeLessThan(expiresAt);
    expect(refreshAt).toBeGreaterThan(expiresAt - 31 * 60);
    expect(startOf(visitAt) / 1000).toBeLessThanOrEqual(refreshAt);
    expect(await names(app, 'agenda/')).toEqual([expect.stringContaining(`/${visitAt}/`)]);
  });

  it('of several providers has all of them, and what auth.json lacks is told', async () => {
    const app = await emptyApp();
    const name = fileName();
    const hub = {
      access_token: 'gho_secret',
      user_claims: [
        { typ: claimType.nameIdentifier, val: '7' },
        { typ: 'urn:github:login', val: 'ada' },
      ],
    };
    const text = storeFileText({ github: hub, demo: madeEntry(), facebook: { access_token: 'f' } });
    const outcome = await importInto(app, fileOf(name, text));
    expect(outcome).toMatchObject({ status: 'imported', providers: ['github', 'demo'], without: ['facebook'] });
    const session = await onlySession(app);
    expect(session.provider).toBe('demo');
    expect(session.entries['github']).toMatchObject({ issuer: 'https://github.com', subject: '7' });
    for (const claims of [{ sub: sidOf(name), idp: 'github' }, { sub: sidOf(name) }, { nameid: '7', idp: 'github' }]) {
      expect((await ask(app, me, claims)).status).toBe(200);
    }
  });

  it('may have several files, and has a session for each', async () => {
    const app = await emptyApp();
    const [entry, first, second] = [madeEntry(), fileName(), fileName()];
    for (const name of [first, second]) {
      expect(await importInto(app, fileOf(name, storeFileText({ demo: entry })))).toMatchObject({ status: 'imported' });
    }
    for (const name of [first, second]) expect((await ask(app, me, { sub: sidOf(name) })).status).toBe(200);
  });

  it.each([
    ['the name of the file', (file: string) => file.slice(0, -'.json'.length)],
    ['user_id', (_: string, entry: Record<string, unknown>) => String(entry['user_id']).toUpperCase()],
  ])('can be given sids by %s', async (_by, userOf) => {
    const app = await emptyApp();
    const [name, entry, sid] = [fileName(), madeEntry(), otherSid()];
    const sids = { [sid]: userOf(name, entry), [otherSid()]: 'somebody else' };
    await importInto(app, fileOf(name, storeFileText({ demo: entry })), sids);
    expect((await ask(app, me, { stable_sid: sid })).status).toBe(200);
  });
});

describe('a file that was imported', () => {
  it('is known again, and nothing is changed', async () => {
    const app = await emptyApp();
    const file = fileOf(fileName(), storeFileText({ demo: madeEntry() }));
    await importInto(app, file);
    const before = [await names(app), await app.store.read((await onlySession(app)).id)];
    local.clock.advance(3600);
    expect(await importInto(app, file)).toEqual({ status: 'already' });
    expect([await names(app), await app.store.read((await onlySession(app)).id)]).toEqual(before);
  });

  it.each(['rwdl', 'rwl'])('does not sign in again who has signed out (SAS with %s)', async (permissions) => {
    const app = await emptyApp(permissions);
    const name = fileName();
    const file = fileOf(name, storeFileText({ demo: madeEntry() }));
    await importInto(app, file);
    await app.store.end(await onlySession(app));
    expect(await importInto(app, file)).toEqual({ status: 'already' });
    expect(await names(app, 'sessions/')).toEqual([]);
    expect((await ask(app, me, { sub: sidOf(name) })).status).toBe(401);
  });

  it('and has newer tokens now brings its session up to date', async () => {
    const app = await emptyApp();
    const [name, entry] = [fileName(), madeEntry()];
    await importInto(app, fileOf(name, storeFileText({ demo: entry })));
    const before = await onlySession(app);
    const renewed = madeEntry({ ...entry, access_token: 'newer', expires_on: dotNetTime(before.signedInAt + 7200) });
    local.clock.advance(600);
    const outcome = await importInto(app, fileOf(name, storeFileText({ demo: renewed })));
    expect(outcome).toMatchObject({ status: 'imported', again: true });
    const after = await onlySession(app);
    expect(after.id).toBe(before.id);
    expect(after.entries['demo']?.accessToken?.reveal()).toBe('newer');
    expect(after.expiresAt).toBeGreaterThanOrEqual(before.expiresAt + 600);
    expect(await names(app, 'agenda/')).toEqual([expect.stringContaining(`/${after.visitAt}/`)]);
  });

  it('and has changed, but for nothing newer, is left', async () => {
    const app = await emptyApp();
    const [name, entry] = [fileName(), madeEntry()];
    await importInto(app, fileOf(name, storeFileText({ demo: entry })));
    const before = await onlySession(app);
    const older = madeEntry({ ...entry, access_token: 'older', expires_on: dotNetTime(before.signedInAt + 60) });
    const outcome = await importInto(app, fileOf(name, storeFileText({ demo: older })));
    expect(outcome).toEqual({ status: 'left', reason: 'newer-tokens' });
    expect(await onlySession(app)).toEqual(before);
  });

  it('and is of another user now does not change whose the session is', async () => {
    const app = await emptyApp();
    const name = fileName();
    await importInto(app, fileOf(name, storeFileText({ demo: madeEntry() })));
    const before = await onlySession(app);
    const other = madeEntry({ expires_on: dotNetTime(before.signedInAt + 7200) });
    const outcome = await importInto(app, fileOf(name, storeFileText({ demo: other })));
    expect(outcome).toEqual({ status: 'left', reason: 'newer-tokens' });
    expect(await onlySession(app)).toEqual(before);
  });

  it('and has newer tokens after its session ended is imported anew where the container may delete', async () => {
    const entry = madeEntry();
    const renewed = { ...entry, access_token: 'newer' };
    for (const [permissions, expected] of [
      ['rwdl', { status: 'imported', again: true }],
      ['rwl', { status: 'left', reason: 'ended' }],
    ] as const) {
      const [app, name] = [await emptyApp(permissions), fileName()];
      await importInto(app, fileOf(name, storeFileText({ demo: entry })));
      await app.store.end(await onlySession(app));
      expect(await importInto(app, fileOf(name, storeFileText({ demo: renewed })))).toMatchObject(expected);
    }
  });

  it('up to its record is finished by the next run', async () => {
    const app = await emptyApp();
    const file = fileOf(fileName(), storeFileText({ demo: madeEntry() }));
    const interrupted: App = {
      ...app,
      container: {
        ...app.container,
        deletes: true,
        create: async (name, body) => {
          if (name.startsWith('imports/')) throw new Error('interrupted');
          return app.container.create(name, body);
        },
      },
    };
    await expect(importInto(interrupted, file)).rejects.toThrow('interrupted');
    const before = await onlySession(app);
    expect(await importInto(app, file)).toMatchObject({ status: 'imported' });
    expect(await onlySession(app)).toEqual(before);
    expect(await importInto(app, file)).toEqual({ status: 'already' });
  });
});

describe('a file is left', () => {
  it('where its user has signed in here already', async () => {
    const outcome = await importInto(local.app, fileOf(fileName(), storeFileText({ demo: await signedInEntry() })));
    expect(outcome).toEqual({ status: 'left', reason: 'newer-session' });
    expect(await names(local.app, 'imports/')).toEqual([]);
  });

  const longAgo = 1_600_000_000;
  const github = { access_token: 'g', user_claims: [{ typ: claimType.nameIdentifier, val: '7' }] };
  it.each([
    ['expired', () => fileOf('a.json', storeFileText({ demo: madeEntry({ expires_on: dotNetTime(longAgo) }) }))],
    ['expired', () => fileOf('a.json', storeFileText({ github }), longAgo)],
    ['unknown-provider', () => fileOf('a.json', storeFileText({ facebook: madeEntry() }))],
    ['no-identity', () => fileOf('a.json', storeFileText({ demo: madeEntry({ user_claims: [] }) }))],
    ['wrong-key', () => fileOf('a.json', storeFileText({ demo: madeEntry() }, 'ab'.repeat(32)))],
    ['not-json', () => fileOf('a.json', 'nothing')],
    ['not-a-token-file', () => fileOf('a.json', '{}')],
    ['other-file', () => fileOf('readme', storeFileText({ demo: madeEntry() }))],
    ['too-large', () => ({ name: 'a.json', read: async () => undefined })],
  ])('as %s, and nothing is stored', async (reason, file) => {
    const app = await emptyApp();
    expect(await importInto(app, file())).toEqual({ status: 'left', reason });
    expect((await names(app)).filter((name) => !name.startsWith('keyring/'))).toEqual([]);
  });
});
