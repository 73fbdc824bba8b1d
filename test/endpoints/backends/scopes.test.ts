import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BackendSettings } from '../../../shared/settings/settings.ts';
import type { SessionId } from '../../../shared/token-store/names.ts';
import { agree, askFor, type JobIssuer, refusalIn, startJobIssuer } from '../../fixtures/backends.ts';
import { type LocalApp, localApp, origin, signedIn } from '../../fixtures/local-app.ts';
import { sessionIdIn, storedEntry, storedSession } from '../../fixtures/stored.ts';
import { entraSettings } from '../../providers/impersonators/entra-client.ts';
import { adele, type EntraImpersonator, startEntra } from '../../providers/impersonators/entra-id.ts';

const mail = 'https://graph.microsoft.com/Mail.Read';
const files = 'https://graph.microsoft.com/Files.Read';
const tokenPath = '/common/oauth2/v2.0/token';

let server: EntraImpersonator;
let jobs: JobIssuer;
let local: LocalApp;
beforeAll(async () => {
  [server, jobs] = await Promise.all([startEntra(), startJobIssuer()]);
  const backend = (name: string, providers: Record<string, string[]>): BackendSettings => ({
    name,
    title: name,
    purpose: name,
    issuer: jobs.issuer,
    audiences: ['api://tokenkeep'],
    applicationId: name,
    scope: 'tokens.read',
    providers: new Map(Object.entries(providers)),
    tokensPerHour: 1000,
  });
  local = await localApp({
    providers: [entraSettings(server, { issuer: server.issuer('common') })],
    settings: (settings) => ({
      ...settings,
      backends: [
        backend('all', { demo: ['*'], aad: ['*'] }),
        backend('some', { demo: ['calendar.read', 'profile'], aad: [mail, files] }),
        backend('whole', { aad: ['https://graph.microsoft.com/.default'] }),
      ],
    }),
  });
});
afterAll(async () => {
  await local.close();
  await jobs.close();
  await server.close();
});

interface Answer {
  readonly access_token: string;
  readonly scope?: string;
}

const ask = async (backend: string, user: string, query = '') => {
  const token = await jobs.token(local.clock.now(), { sub: backend, client_id: backend });
  const [provider = ''] = user.split(':');
  return askFor(local, token, { user, provider, query });
};

describe('of a provider whose tokens are as they are', () => {
  let id: SessionId;
  let user: string;
  let own: string;
  beforeEach(async () => {
    const { cookie } = await signedIn(local);
    id = sessionIdIn(cookie);
    await agree(local, cookie, 'all');
    await agree(local, cookie, 'some');
    const entry = await storedEntry(local.app, id);
    user = `demo:${entry.subject}`;
    own = entry.accessToken.reveal();
    return () => local.app.store.read(id).then((stored) => stored && local.app.endSession(stored.session));
  });
  const granted = (scopes: readonly string[] | undefined) =>
    local.app.amend(id, ({ entries: { demo, ...others }, ...session }) => {
      const { scopes: _said, ...entry } = demo ?? {};
      const changed = { ...entry, ...(scopes ? { scopes } : {}) } as NonNullable<typeof demo>;
      return { ...session, entries: { ...others, demo: changed } };
    });
  const given = async (...question: Parameters<typeof ask>) => (await (await ask(...question)).json()) as Answer;

  it('a token that is good for no more than is listed is given', async () => {
    await granted(['openid', 'calendar.read', 'offline_access']);
    expect(await given('some', user)).toMatchObject({
      access_token: own,
      scope: 'openid calendar.read offline_access',
    });
    expect(await given('some', user, '?scope=calendar.read')).toMatchObject({ access_token: own });
  });

  it('one that is good for more is refused, and so is one of which nobody has said what it is good for', async () => {
    await granted(['openid', 'calendar.read', 'calendar.write', 'email']);
    expect(await refusalIn(await ask('some', user))).toBe(
      '403 backend_scope_refused: the token is good for more: calendar.write email',
    );
    expect((await storedSession(local.app, id)).uses).toBeUndefined();
    await granted(undefined);
    expect(await refusalIn(await ask('some', user, '?scope=calendar.read'))).toContain('403 backend_scope_refused');
  });

  it('one that became good for more by the refresh that was needed is refused', async () => {
    await granted(['calendar.read']);
    const { expiresAt = 0 } = await storedEntry(local.app, id);
    local.clock.advance(expiresAt - local.clock.now() / 1000 - 30);
    // The demo provider says which scopes it has granted, which are those of the sign-in.
    expect(await refusalIn(await ask('some', user))).toContain('403 backend_scope_refused: the token is good for more');
    local.clock.reset();
    expect((await storedEntry(local.app, id)).history).toHaveLength(1);
  });

  it('more than is listed cannot be asked for, even if the user has granted it', async () => {
    await granted(['calendar.read']);
    const refused = '403 backend_scope_refused: auth.json does not list it';
    expect(await refusalIn(await ask('some', user, '?scope=calendar.write'))).toBe(refused);
    expect(await refusalIn(await ask('some', user, '?scope=calendar.read+calendar.write'))).toBe(refused);
    expect(await refusalIn(await ask('some', user, '?scope=*'))).toBe(refused);
  });

  it('what the user has not granted is told apart', async () => {
    await granted(['calendar.read']);
    expect(await refusalIn(await ask('some', user, '?scope=profile'))).toBe('403 scopes_not_granted: profile');
    expect(await refusalIn(await ask('all', user, '?scope=calendar.read+files'))).toBe('403 scopes_not_granted: files');
  });

  it('everything is the token as it is', async () => {
    for (const scopes of [['calendar.read', 'calendar.write'], undefined]) {
      await granted(scopes);
      expect(await given('all', user)).toMatchObject({ access_token: own });
    }
    expect(await refusalIn(await ask('all', user, '?resource=urn:demo:files'))).toContain('403 backend_scope_refused');
  });
});

describe('of a provider that gives tokens for further resources', () => {
  const user = `aad:${adele.oid}`;
  let id: SessionId;
  beforeAll(async () => {
    local.clock.reset();
    const browser = local.browser();
    await browser.get(`${origin}/.auth/login/aad?scope=${encodeURIComponent('openid profile email offline_access')}`);
    const cookie = `AppServiceAuthSession=${browser.cookies(origin)['AppServiceAuthSession']}`;
    for (const backend of ['all', 'some', 'whole']) await agree(local, cookie, backend);
    id = sessionIdIn(cookie);
  });
  beforeEach(() => server.clear());
  const scopesAsked = () =>
    server.received.filter(({ url }) => url.pathname === tokenPath).map(({ form }) => form.get('scope'));
  const given = async (...question: Parameters<typeof ask>) => (await (await ask(...question)).json()) as Answer;

  it('the token is for what is listed, or for less where less is asked for', async () => {
    expect((await given('some', user)).scope).toBe(`${mail} ${files}`);
    expect((await given('some', user, `?scope=${mail}`)).scope).toBe(mail);
    expect(scopesAsked()).toEqual([expect.stringContaining(`${mail} ${files}`), expect.stringContaining(mail)]);
    expect(scopesAsked()[1]).not.toContain(files);
  });

  it('the token is fetched once', async () => {
    const { access_token } = await given('some', user, `?scope=${files}`);
    expect(await given('some', user, `?scope=${files}`)).toMatchObject({ access_token });
    expect(scopesAsked()).toHaveLength(1);
  });

  it.each([
    ['short names, as of Microsoft Graph', 'some', 'openid Mail.Read', 200],
    [
      'more than was asked for, as Entra ID puts all that was consented to into a token',
      'some',
      'Mail.Read Mail.Send',
      403,
    ],
    ['all of the API, where that is listed', 'whole', 'Mail.Read https://graph.microsoft.com/Mail.Send', 200],
    ['another API than the one that is listed', 'whole', 'api://other/access', 403],
  ])('what the provider says it is good for counts: %s', async (_case, backend, scope, status) => {
    local.clock.advance(7200);
    const body = { token_type: 'Bearer', scope, expires_in: 3600, access_token: 'opaque' };
    server.fail(tokenPath, { body });
    const response = await ask(backend, user, backend === 'some' ? `?scope=${mail}` : '');
    expect(response.status).toBe(status);
    if (status === 403)
      expect(await refusalIn(response)).toContain('backend_scope_refused: the token is good for more');
    else expect(await response.json()).toMatchObject({ access_token: 'opaque', scope });
  });

  it('a resource can be asked for by who may have everything, and by nobody else', async () => {
    const query = '?resource=https%3A%2F%2Fvault.azure.net';
    expect((await ask('all', user, query)).status).toBe(200);
    expect(await refusalIn(await ask('some', user, query))).toBe('403 backend_scope_refused: resource: ask by scope');
  });

  it('a token for a backend does not change what the user is shown', async () => {
    const { entries } = await storedSession(local.app, id);
    expect(entries['aad']?.shownTarget).toBeUndefined();
    expect(Object.keys(entries['aad']?.targets ?? {})).toContain(mail);
  });
});
