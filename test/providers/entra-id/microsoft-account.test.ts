import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../shared/errors/table.ts';
import { machine } from '../../../shared/platform.ts';
import { microsoftAccountIssuer } from '../../../shared/providers/entra-id/authority.ts';
import {
  type MicrosoftAccountSettings,
  microsoftAccountProvider,
} from '../../../shared/providers/entra-id/microsoft-account.ts';
import type { ClientTokens, Identity, Provider } from '../../../shared/providers/provider.ts';
import { claimViews } from '../../../shared/sessions/claims.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { outcomeOfSilence } from '../../fixtures/time-limits.ts';
import { failureKind } from '../failure-kind.ts';
import { attempt, authorized, clientSecret, request, signIn } from '../impersonators/entra-client.ts';
import { adele, type EntraImpersonator, entra, personalUser, startEntra } from '../impersonators/entra-id.ts';
import type { Fault } from '../impersonators/impersonator.ts';

let server: EntraImpersonator;
beforeAll(async () => {
  server = await startEntra();
  server.user = personalUser;
});
afterEach(() => server.clear());
afterAll(() => server.close());

const tokenPath = `/${entra.personal}/oauth2/v2.0/token`;

function provider(changes: Partial<MicrosoftAccountSettings> = {}): Provider {
  const settings: MicrosoftAccountSettings = {
    kind: 'microsoft-account',
    name: 'microsoftaccount',
    clientId: entra.clientId,
    credential: clientSecret(entra.clientSecret),
    scopes: ['wl.basic', 'wl.emails', 'wl.offline_access'],
    loginParameters: {},
    allowedAudiences: [],
    issuer: server.issuer(entra.personal),
    ...changes,
  };
  return microsoftAccountProvider(settings, machine);
}

const elsewhere = { status: 307, headers: { location: 'https://elsewhere.example/' } };
const failures: [string, Fault, ErrorCode][] = [
  ['has an outage', { status: 503, body: '<html>' }, 'provider_unavailable'],
  ['is asked too often', { status: 429 }, 'provider_unavailable'],
  ['cuts the line', 'cut', 'provider_unavailable'],
  ['sends elsewhere', elsewhere, 'provider_response_invalid'],
  ['answers with a page', { body: '<html>' }, 'provider_response_invalid'],
];

it('personal accounts are a tenant of Entra ID', () => {
  expect(microsoftAccountIssuer).toBe('https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0');
});

describe('the authorization request', () => {
  const scopeOf = async (changes: Partial<MicrosoftAccountSettings>, extra: Record<string, string> = {}) => {
    const { url } = await provider(changes).authorizationUrl({ ...request, extra });
    expect(url.pathname).toBe(`/${entra.personal}/oauth2/v2.0/authorize`);
    return url.searchParams.get('scope');
  };

  it.each([
    [['wl.basic'], 'openid profile'],
    [['wl.basic', 'wl.emails', 'wl.offline_access'], 'openid profile email offline_access'],
    [['wl.signin', 'wl.basic'], 'openid profile'],
    [[], 'openid'],
    [['profile', 'User.Read'], 'openid profile User.Read'],
    [['wl.skydrive', 'wl.photos', 'wl.calendars_update'], 'openid Files.Read Calendars.ReadWrite'],
    [['wl.birthday'], 'openid wl.birthday'],
  ])('has the scopes %j in the words of Entra ID', async (scopes, expected) => {
    expect(await scopeOf({ scopes })).toBe(expected);
  });

  it('has those of the login parameters and of the app in the same words', async () => {
    expect(await scopeOf({ loginParameters: { scope: 'wl.basic wl.offline_access' } })).toBe(
      'openid profile offline_access',
    );
    expect(await scopeOf({}, { scope: 'wl.signin wl.emails', prompt: 'login' })).toBe('openid email');
  });

  it('has PKCE, a nonce and what the app adds', async () => {
    const { url } = await provider().authorizationUrl({ ...request, extra: { login_hint: 'pat@outlook.example' } });
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: entra.clientId,
      redirect_uri: entra.callback,
      state: 'the-state',
      nonce: 'the-nonce',
      code_challenge_method: 'S256',
      login_hint: 'pat@outlook.example',
    });
  });
});

describe('a sign-in', () => {
  it('tells who the user is, by tokens that can be refreshed', async () => {
    const { tokens, ...identity } = await signIn(provider());
    expect(identity).toMatchObject({ issuer: server.issuer(entra.personal), subject: personalUser.sub });
    expect(Object.keys(tokens).sort()).toEqual(['accessToken', 'expiresIn', 'idToken', 'refreshToken', 'scopes']);
  });

  it('has no refresh token without wl.offline_access', async () => {
    const { tokens } = await signIn(provider({ scopes: ['wl.basic'] }));
    expect(tokens.refreshToken).toBeUndefined();
  });

  it('shows the claims under the types that App Service has for Live', async () => {
    const { claims } = await signIn(provider());
    const ws = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims';
    const views = claimViews(claims, provider().claimTypes, true);
    expect(views).toEqual(
      expect.arrayContaining([
        { typ: `${ws}/nameidentifier`, val: personalUser.sub },
        { typ: `${ws}/name`, val: 'Pat Person' },
        { typ: `${ws}/emailaddress`, val: 'pat@outlook.example' },
        { typ: 'urn:microsoftaccount:id', val: personalUser.sub },
        { typ: 'urn:microsoftaccount:name', val: 'Pat Person' },
      ]),
    );
  });

  it('calls the user by the name they are shown by, and knows them by sub', async () => {
    const { claims, subject } = await signIn(provider());
    expect(provider().displayName(claims, subject)).toBe('Pat Person');
    expect(provider().displayName({ preferred_username: 'p@x' }, 's')).toBe('p@x');
    expect(provider().displayName({}, 's')).toBe('s');
    expect(provider().principalId(claims, subject)).toBe(personalUser.sub);
  });

  it('by an issuer named consumers is the same', async () => {
    const { issuer } = await signIn(provider({ issuer: server.issuer('consumers') }));
    expect(issuer).toBe(server.issuer(entra.personal));
  });

  it('of somebody of a tenant is refused', async () => {
    const by = provider();
    const parameters = await authorized(by);
    const claims = { ...server.claims(adele, 2), nonce: 'the-nonce' };
    const body = { access_token: 'x', token_type: 'Bearer', id_token: await server.keys.tenants.sign(claims) };
    server.fail(tokenPath, { body });
    await expect(by.redeem({ ...attempt, parameters })).rejects.toMatchObject({ code: 'id_token_invalid' });
  });

  it('has a code that is good once', async () => {
    const by = provider();
    const parameters = await authorized(by);
    await by.redeem({ ...attempt, parameters });
    await expect(by.redeem({ ...attempt, parameters })).rejects.toMatchObject({ code: 'sign_in_code_refused' });
  });

  it('needs the right secret', async () => {
    await expect(signIn(provider({ credential: clientSecret('wrong') }))).rejects.toMatchObject({
      code: 'provider_misconfigured',
    });
  });

  it.each(failures)('fails when Microsoft %s', async (_case, fault, code) => {
    server.fail(tokenPath, fault);
    await expect(signIn(provider())).rejects.toMatchObject({ code });
  });

  it('is given up in time when Microsoft is silent', async () => {
    const by = provider();
    const parameters = await authorized(by);
    const error = await outcomeOfSilence(server, tokenPath, () => by.redeem({ ...attempt, parameters }));
    expect(error).toMatchObject({ code: 'provider_unavailable' });
  });
});

describe('a refresh', () => {
  const somebody = (): Identity => ({ issuer: server.issuer(entra.personal), subject: personalUser.sub, claims: {} });
  const some = new Secret('refresh_token', 'some-token');

  it('gives new tokens, and claims of Live’s types', async () => {
    const by = provider();
    const { tokens, ...identity } = await signIn(by);
    const old = tokens.refreshToken ?? expect.fail('there is no refresh token');
    const result = await by.refresh(old, identity);
    expect(result).toMatchObject({
      ok: true,
      tokens: { expiresIn: 4242 },
      claims: { name: 'Pat Person', 'urn:microsoftaccount:name': 'Pat Person' },
    });
    expect(result.ok && result.tokens.refreshToken?.reveal()).not.toBe(old.reveal());
  });

  it('is refused for good when the grant has ended', async () => {
    expect(await provider().refresh(some, somebody())).toEqual({
      ok: false,
      failure: { kind: 'refused', reason: 'invalid_grant' },
    });
  });

  it.each(failures)('may succeed later when Microsoft %s', async (_case, fault) => {
    server.fail(tokenPath, fault);
    const result = await provider().refresh(some, somebody());
    expect(result).toMatchObject({ ok: false, failure: { kind: failureKind(fault) } });
  });

  it('may succeed later when Microsoft is silent', async () => {
    const refreshing = () => provider().refresh(some, somebody());
    expect(await outcomeOfSilence(server, tokenPath, refreshing)).toEqual({
      ok: false,
      failure: { kind: 'unanswered', reason: 'provider_unavailable' },
    });
  });
});

describe('a token that a client brings', () => {
  const made = (changes: Record<string, unknown> = {}, user = personalUser, key = server.keys.personal) =>
    key.sign({ ...server.claims(user, 2), ...changes });
  const bring = async (text: string | Promise<string>, kind: 'idToken' | 'accessToken' = 'idToken') => {
    const value = await text;
    const tokens: ClientTokens =
      kind === 'idToken'
        ? { idToken: new Secret('id_token', value) }
        : { accessToken: new Secret('access_token', value) };
    return provider().signInWith(tokens);
  };

  it('signs its user in: an ID token', async () => {
    const { subject, issuer, claims } = await bring(made());
    expect({ subject, issuer }).toEqual({ subject: personalUser.sub, issuer: server.issuer(entra.personal) });
    expect(claims).toMatchObject({ 'urn:microsoftaccount:id': personalUser.sub });
  });

  it('signs nobody in: an access token of Microsoft’s, which does not say whom it is for', async () => {
    const { tokens } = await signIn(provider());
    const opaque = tokens.accessToken?.reveal() ?? '';
    expect(opaque).toMatch(/^EwB/);
    await expect(bring(opaque, 'accessToken')).rejects.toMatchObject({
      code: 'client_token_refused',
      detail: expect.stringContaining('ID token'),
    });
  });

  it.each<[string, () => Promise<string>]>([
    ['of another app', () => made({ aud: 'another' })],
    ['that has expired', () => made({ iat: 1, nbf: 1, exp: 2 })],
    ['of somebody of a tenant', () => made({}, adele, server.keys.tenants)],
    ['of the Live SDK', () => made({ iss: 'urn:windows:liveid' })],
    ['that was changed', async () => (await made()).replace(/\.[^.]{8}/, '.eyJhIjox')],
  ])('is refused when it is one %s', async (_case, text) => {
    for (const kind of ['idToken', 'accessToken'] as const) {
      await expect(bring(text(), kind)).rejects.toMatchObject({ code: 'client_token_refused' });
    }
  });

  it('is missed where there is none', async () => {
    await expect(provider().signInWith({})).rejects.toMatchObject({ code: 'client_token_missing' });
  });

  it('cannot be checked when Microsoft has an outage', async () => {
    server.fail(`/${entra.personal}/discovery/v2.0/keys`, { status: 503 });
    await expect(bring(made())).rejects.toMatchObject({ code: 'provider_unavailable' });
  });
});

it('has a page to sign out at, no way to revoke a token, and no JWTs that open sessions', async () => {
  const url = await provider().signOutUrl('https://app.example/');
  expect(url?.pathname).toBe(`/${entra.personal}/oauth2/v2.0/logout`);
  const tokens = { refreshToken: new Secret('refresh_token', 'x') };
  expect(await provider().revoke(tokens, { issuer: '', subject: '', claims: {} })).toBe(false);
  expect(provider()).toMatchObject({ name: 'microsoftaccount', title: 'Microsoft account', acceptsBearer: false });
});
