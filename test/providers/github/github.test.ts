import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../shared/errors/table.ts';
import { machine } from '../../../shared/platform.ts';
import { type GitHubSettings, githubProvider } from '../../../shared/providers/github/github.ts';
import type { AuthorizationRequest, Identity, Provider, SignedIn } from '../../../shared/providers/provider.ts';
import { claimViews } from '../../../shared/sessions/claims.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { nobody } from '../../fixtures/nobody.ts';
import { outcomeOfSilence } from '../../fixtures/time-limits.ts';
import { failureKind } from '../failure-kind.ts';
import { type GitHubImpersonator, github, octocat, startGitHub } from '../impersonators/github.ts';
import type { Fault } from '../impersonators/impersonator.ts';

let server: GitHubImpersonator;
beforeAll(async () => {
  server = await startGitHub();
});
afterEach(() => {
  server.clear();
  Object.assign(server, { user: octocat, kind: 'oauth-app', mayReadEmails: true });
});
afterAll(() => server.close());

const tokenPath = '/login/oauth/access_token';
const checkPath = `/api/applications/${github.clientId}/token`;

function provider(changes: Partial<GitHubSettings> = {}): Provider {
  const settings: GitHubSettings = {
    kind: 'github',
    name: 'github',
    clientId: github.clientId,
    secret: new Secret('client_secret', github.clientSecret),
    scopes: ['user:email'],
    loginParameters: {},
    endpoints: server.endpoints,
    ...changes,
  };
  return githubProvider(settings, machine);
}

const request: AuthorizationRequest = {
  redirectUri: github.callback,
  state: 'the-state',
  nonce: 'the-nonce',
  codeVerifier: 'v'.repeat(43),
  extra: {},
};
const attempt = { redirectUri: github.callback, nonce: 'the-nonce', codeVerifier: 'v'.repeat(43) };

/** What GitHub sends to the callback once the user has agreed. */
async function authorized(by: Provider, changes: Partial<AuthorizationRequest> = {}): Promise<Record<string, string>> {
  const { url } = await by.authorizationUrl({ ...request, ...changes });
  const response = await fetch(url, { redirect: 'manual' });
  return Object.fromEntries(new URL(response.headers.get('location') ?? '').searchParams);
}

async function signIn(by: Provider = provider()): Promise<SignedIn> {
  return by.redeem({ ...attempt, parameters: await authorized(by) });
}

const accessTokenOf = ({ tokens }: SignedIn) => tokens.accessToken?.reveal() ?? '';
const accessToken = (value: string) => new Secret('access_token', value);
const refreshToken = (value: string) => new Secret('refresh_token', value);

/** An identity is not looked at in a refresh. */
const somebody: Identity = { issuer: 'https://github.com', subject: '1', claims: {} };

describe('the authorization request', () => {
  it('asks for a code with PKCE and the scopes that are set', async () => {
    const { url, requestToken } = await provider({ scopes: ['user:email', 'offline_access'] }).authorizationUrl(
      request,
    );
    expect(`${url.origin}${url.pathname}`).toBe(`${server.origin}/login/oauth/authorize`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: github.clientId,
      scope: 'user:email offline_access',
      redirect_uri: github.callback,
      state: 'the-state',
      code_challenge: createHash('sha256').update('v'.repeat(43)).digest('base64url'),
      code_challenge_method: 'S256',
    });
    expect(requestToken).toBeUndefined();
  });

  it('passes on what the app and the settings add, the app last', async () => {
    const by = provider({ loginParameters: { allow_signup: 'false', prompt: 'select_account' } });
    const { url } = await by.authorizationUrl({
      ...request,
      extra: { prompt: 'none', scope: 'repo', login: 'octocat' },
    });
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      allow_signup: 'false',
      prompt: 'none',
      scope: 'repo',
      login: 'octocat',
    });
  });

  it('goes to an Enterprise Server whose addresses end in a slash', async () => {
    const by = provider({ endpoints: { web: `${server.origin}/`, api: `${server.origin}/api/` } });
    expect((await by.authorizationUrl(request)).url.pathname).toBe('/login/oauth/authorize');
    expect((await signIn(by)).subject).toBe('583231');
  });

  it('of an account that is connected once more asks for what it has granted before, too', async () => {
    const addsTo = { claims: { login: 'octocat' }, scopes: ['gist'], resources: [] };
    const { searchParams } = (await provider().authorizationUrl({ ...request, extra: { scope: 'repo' }, addsTo })).url;
    expect(Object.fromEntries(searchParams)).toMatchObject({ scope: 'user:email gist repo', login: 'octocat' });
    expect((await provider().authorizationUrl(request)).url.searchParams.has('login')).toBe(false);
  });

  it('has no scope where none is set, as for a GitHub App', async () => {
    const { url } = await provider({ scopes: [] }).authorizationUrl(request);
    expect(url.searchParams.has('scope')).toBe(false);
  });
});

describe('a sign-in', () => {
  it('tells who the user is, with an access token that lasts', async () => {
    const signedIn = await signIn();
    expect(signedIn).toMatchObject({ issuer: server.origin, subject: '583231' });
    expect(server.isAlive(accessTokenOf(signedIn))).toBe(true);
    expect(Object.keys(signedIn.tokens)).toEqual(['accessToken', 'scopes']);
  });

  it('tells what was granted: a list with commas, or nothing', async () => {
    const { tokens } = await signIn(provider({ scopes: ['user:email', 'repo', 'offline_access'] }));
    expect(tokens.scopes).toEqual(['user:email', 'repo', 'offline_access']);
    const refreshed = await provider().refresh(tokens.refreshToken ?? expect.fail('no refresh token came'), nobody);
    expect(refreshed).toMatchObject({ ok: true, tokens: { scopes: tokens.scopes } });
    expect((await signIn(provider({ scopes: [] }))).tokens.scopes).toEqual([]);
  });

  it('shows every member of the user by the claim types of App Service', async () => {
    const { claims } = await signIn();
    expect(claimViews(claims, provider().claimTypes, true)).toEqual([
      { typ: 'urn:github:login', val: 'octocat' },
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier', val: '583231' },
      { typ: 'urn:github:node_id', val: 'MDQ6VXNlcjU4MzIzMQ==' },
      { typ: 'urn:github:avatar_url', val: 'https://avatars.example/u/583231' },
      { typ: 'urn:github:html_url', val: 'https://github.example/octocat' },
      { typ: 'urn:github:type', val: 'User' },
      { typ: 'urn:github:site_admin', val: 'false' },
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name', val: 'The Octocat' },
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress', val: 'octocat@example.com' },
      { typ: 'urn:github:public_repos', val: '8' },
    ]);
  });

  it('calls the user by login, and knows them by id', async () => {
    const { claims, subject } = await signIn();
    expect(provider().displayName(claims, subject)).toBe('octocat');
    expect(provider().principalId(claims, subject)).toBe('583231');
  });

  it('names somebody without a name by their login', async () => {
    server.user = { ...octocat, name: null };
    expect((await signIn()).claims).toMatchObject({ name: 'octocat' });
  });

  it('brings a refresh token for the scope offline_access', async () => {
    const { tokens } = await signIn(provider({ scopes: ['user:email', 'offline_access'] }));
    expect(tokens.refreshToken?.reveal()).toMatch(/^ghr_/);
    expect(tokens.expiresIn).toBe(28_800);
  });

  it('brings a refresh token from a GitHub App', async () => {
    server.kind = 'github-app';
    const { tokens } = await signIn(provider({ scopes: [] }));
    expect(tokens.accessToken?.reveal()).toMatch(/^ghu_/);
    expect(tokens.refreshToken?.reveal()).toMatch(/^ghr_/);
  });

  it('says who it is, as GitHub demands of every request', async () => {
    await signIn();
    const api = server.received.filter(({ url }) => url.pathname.startsWith('/api/'));
    expect(api.map(({ headers }) => headers['user-agent'])).toEqual(['Tokenkeep', 'Tokenkeep']);
  });
});

describe('the email address', () => {
  it('is the public one where the list may not be read', async () => {
    server.user = { ...octocat, email: 'public@example.com' };
    expect((await signIn(provider({ scopes: ['read:org'] }))).claims).toMatchObject({ email: 'public@example.com' });
    Object.assign(server, { kind: 'github-app', mayReadEmails: false });
    expect((await signIn(provider({ scopes: [] }))).claims).toMatchObject({ email: 'public@example.com' });
  });

  it('is none where the primary one is not verified', async () => {
    const { emails } = server;
    server.emails = [{ email: 'octocat@example.com', primary: true, verified: false }];
    expect((await signIn()).claims).toMatchObject({ email: null });
    server.emails = emails;
  });
});

describe('a code', () => {
  const redeeming =
    (changes: Partial<typeof attempt>, settings: Partial<GitHubSettings> = {}) =>
    async () => {
      const parameters = await authorized(provider());
      return provider(settings).redeem({ ...attempt, parameters, ...changes });
    };

  it('is good once', async () => {
    const by = provider();
    const parameters = await authorized(by);
    await by.redeem({ ...attempt, parameters });
    await expect(by.redeem({ ...attempt, parameters })).rejects.toMatchObject({
      code: 'sign_in_code_refused',
      detail: 'token endpoint: bad_verification_code',
    });
  });

  it('is refused when it has expired', async () => {
    const by = provider();
    const parameters = await authorized(by);
    server.expireAll();
    await expect(by.redeem({ ...attempt, parameters })).rejects.toMatchObject({ code: 'sign_in_code_refused' });
  });

  it('is refused with the verifier of another attempt', async () => {
    await expect(redeeming({ codeVerifier: 'w'.repeat(43) })()).rejects.toMatchObject({ code: 'sign_in_code_refused' });
  });

  it('is refused with another redirect address', async () => {
    await expect(redeeming({ redirectUri: 'https://elsewhere.example/' })()).rejects.toMatchObject({
      code: 'provider_misconfigured',
      detail: 'token endpoint: redirect_uri_mismatch',
    });
  });

  it('is refused with a wrong client secret', async () => {
    await expect(redeeming({}, { secret: new Secret('client_secret', 'wrong') })()).rejects.toMatchObject({
      code: 'provider_misconfigured',
      detail: 'token endpoint: incorrect_client_credentials',
    });
  });

  it('must be there', async () => {
    await expect(provider().redeem({ ...attempt, parameters: {} })).rejects.toMatchObject({
      code: 'request_malformed',
    });
    expect(server.received).toEqual([]);
  });

  it('of a user without a verified address signs nobody in', async () => {
    server.fail(tokenPath, { body: { error: 'unverified_user_email' } });
    await expect(signIn()).rejects.toMatchObject({
      code: 'sign_in_refused',
      detail: 'the provider says unverified_user_email',
    });
  });
});

/** Answers of any endpoint that are no answers, and the codes they come to. */
const failures: [string, Fault, ErrorCode][] = [
  ['has an outage', { status: 502, body: '<html>' }, 'provider_unavailable'],
  ['cuts the line', 'cut', 'provider_unavailable'],
  [
    'sends elsewhere',
    { status: 302, headers: { location: 'https://elsewhere.example/' } },
    'provider_response_invalid',
  ],
  ['answers with a page', { body: '<html>' }, 'provider_response_invalid'],
];

describe('a sign-in when GitHub', () => {
  const paths = [tokenPath, '/api/user', '/api/user/emails'];
  it.each(paths.flatMap((path) => failures.map((one) => [path, ...one] as const)))(
    '%s %s fails with a code of its own',
    async (path, _case, fault, code) => {
      server.fail(path, fault);
      await expect(signIn()).rejects.toMatchObject({ code });
    },
  );

  it.each(paths)('is silent at %s is given up in time', async (path) => {
    const by = provider();
    const parameters = await authorized(by);
    const error = await outcomeOfSilence(server, path, () => by.redeem({ ...attempt, parameters }));
    expect(error).toMatchObject({ code: 'provider_unavailable' });
  });

  it('refuses the new access token fails as a wrong configuration', async () => {
    server.fail('/api/user', { status: 401, body: { message: 'Bad credentials' } });
    await expect(signIn()).rejects.toMatchObject({ code: 'provider_misconfigured', detail: 'user answered 401' });
  });

  it.each([
    ['a list', []],
    ['somebody without an id', { login: 'octocat' }],
    ['somebody with a text for an id', { login: 'octocat', id: '583231' }],
    ['somebody without a login', { id: 583231 }],
  ])('tells of %s fails', async (_case, body) => {
    server.fail('/api/user', { body });
    await expect(signIn()).rejects.toMatchObject({ code: 'provider_response_invalid' });
  });
});

describe('a rate limit', () => {
  const inTwoMinutes = () => String(Math.floor(Date.now() / 1000) + 120);
  it.each<[string, () => Fault, number]>([
    ['403 with Retry-After', () => ({ status: 403, headers: { 'retry-after': '30' } }), 30],
    ['429 with Retry-After', () => ({ status: 429, headers: { 'retry-after': '30' } }), 30],
    ['429 alone', () => ({ status: 429 }), 60],
    ['403 in words', () => ({ status: 403, body: { message: 'You have exceeded a secondary rate limit' } }), 60],
    [
      '403 with nothing remaining',
      () => ({ status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inTwoMinutes() } }),
      120,
    ],
  ])('told by %s passes, and when is told', async (_case, fault, seconds) => {
    for (const path of [tokenPath, '/api/user']) {
      server.fail(path, fault());
      const error = await signIn().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'provider_unavailable', retryAfterSeconds: expect.any(Number) });
      expect((error as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(seconds - 10);
      expect((error as { retryAfterSeconds: number }).retryAfterSeconds).toBeLessThanOrEqual(seconds);
      server.clear();
    }
  });

  it('is not seen in other refusals', async () => {
    const headers = { 'x-ratelimit-remaining': '4999' };
    server.fail('/api/user', { status: 403, headers, body: { message: 'Forbidden' } });
    await expect(signIn()).rejects.toMatchObject({ code: 'provider_misconfigured', detail: 'user answered 403' });
  });

  it('leaves a refresh for later', async () => {
    server.fail(tokenPath, { status: 403, headers: { 'retry-after': '30' } });
    expect(await provider().refresh(refreshToken('ghr_x'), somebody)).toEqual({
      ok: false,
      failure: { kind: 'unavailable', reason: 'http_429', retryAfterSeconds: 30 },
    });
  });
});

describe('a refresh', () => {
  it('gives new tokens, and a new refresh token each time', async () => {
    const by = provider({ scopes: ['offline_access'] });
    const { tokens } = await signIn(by);
    const old = tokens.refreshToken ?? expect.fail('there is no refresh token');
    const result = await by.refresh(old, somebody);
    if (!result.ok) throw new Error(result.failure.reason);
    expect(result.tokens.expiresIn).toBe(28_800);
    expect(result.tokens.refreshToken?.reveal()).not.toBe(old.reveal());
    expect(server.isAlive(result.tokens.accessToken?.reveal() ?? '')).toBe(true);
    expect(await by.refresh(old, somebody)).toEqual({
      ok: false,
      failure: { kind: 'refused', reason: 'bad_refresh_token' },
    });
  });

  it('with a wrong client secret is no word against the refresh token', async () => {
    const by = provider({ secret: new Secret('client_secret', 'wrong') });
    expect(await by.refresh(refreshToken('ghr_x'), somebody)).toEqual({
      ok: false,
      failure: { kind: 'unavailable', reason: 'incorrect_client_credentials' },
    });
  });

  it.each(failures)('when GitHub %s may succeed later', async (_case, fault) => {
    server.fail(tokenPath, fault);
    const result = await provider().refresh(refreshToken('ghr_x'), somebody);
    expect(result).toMatchObject({ ok: false, failure: { kind: failureKind(fault) } });
  });

  it('when GitHub is silent may succeed later', async () => {
    const result = await outcomeOfSilence(server, tokenPath, () => provider().refresh(refreshToken('ghr_x'), somebody));
    expect(result).toEqual({ ok: false, failure: { kind: 'unanswered', reason: 'provider_unavailable' } });
  });
});

describe('a revocation', () => {
  it('leaves no token that works', async () => {
    const by = provider({ scopes: ['offline_access'] });
    const signedIn = await signIn(by);
    const token = signedIn.tokens.refreshToken ?? expect.fail('there is no refresh token');
    expect(await by.revoke({ refreshToken: token }, nobody)).toBe(true);
    expect(server.isAlive(accessTokenOf(signedIn))).toBe(false);
    expect(await by.refresh(token, somebody)).toMatchObject({ ok: false, failure: { kind: 'refused' } });
    const deleted = server.received.find(({ method }) => method === 'DELETE') ?? expect.fail('nothing was deleted');
    expect(server.isAlive(JSON.parse(deleted.body).access_token)).toBe(false);
  });

  it('ends the access token of an OAuth App, which has no end of its own', async () => {
    const by = provider();
    const signedIn = await signIn(by);
    expect(await by.revoke({ accessToken: new Secret('access_token', accessTokenOf(signedIn)) }, nobody)).toBe(true);
    expect(server.isAlive(accessTokenOf(signedIn))).toBe(false);
    expect(await by.revoke({}, nobody)).toBe(false);
  });

  it('of a token that has ended is done', async () => {
    expect(await provider().revoke({ refreshToken: refreshToken('ghr_ended') }, nobody)).toBe(true);
    expect(server.received.map(({ method }) => method)).toEqual(['POST']);
  });

  it('fails when GitHub has an outage', async () => {
    server.fail(tokenPath, { status: 503 });
    await expect(provider().revoke({ refreshToken: refreshToken('ghr_x') }, nobody)).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
    server.clear();
    const by = provider({ scopes: ['offline_access'] });
    const { tokens } = await signIn(by);
    server.fail(checkPath, { status: 500 });
    const revoking = by.revoke(
      { refreshToken: tokens.refreshToken ?? expect.fail('there is no refresh token') },
      nobody,
    );
    await expect(revoking).rejects.toMatchObject({ code: 'provider_unavailable' });
  });
});

describe('a sign-in with an access token that the client brings', () => {
  it('tells who the user is', async () => {
    const { accessToken: brought } = server.issue();
    const signedIn = await provider().signInWith({ accessToken: accessToken(brought) });
    expect(signedIn).toMatchObject({
      issuer: server.origin,
      subject: '583231',
      claims: { email: 'octocat@example.com' },
    });
    expect(accessTokenOf(signedIn)).toBe(brought);
    expect(Object.keys(signedIn.tokens)).toEqual(['accessToken']);
  });

  it('knows until when the token lives, and takes neither that nor a refresh token from the client', async () => {
    const { accessToken: brought, refreshToken: other } = server.issue({ expires: true });
    const { tokens } = await provider().signInWith({
      accessToken: accessToken(brought),
      refreshToken: refreshToken(other),
      expiresIn: 999_999,
    });
    expect(tokens.expiresIn).toBeGreaterThan(28_700);
    expect(tokens.expiresIn).toBeLessThanOrEqual(28_800);
    expect(tokens.refreshToken).toBeUndefined();
  });

  it('needs the token', async () => {
    await expect(provider().signInWith({})).rejects.toMatchObject({
      code: 'client_token_missing',
      detail: 'access_token',
    });
  });

  it.each<[string, () => string]>([
    ['of another app', () => server.issue({ clientId: 'Iv23liAnotherApp' }).accessToken],
    ['that was changed', () => `${server.issue().accessToken.slice(0, -4)}0000`],
    ['of another kind', () => 'eyJhbGciOiJub25lIn0.e30.'],
    [
      'that has expired or was revoked',
      () => {
        const { accessToken: ended } = server.issue();
        server.expireAll();
        return ended;
      },
    ],
  ])('refuses one %s', async (_case, token) => {
    const signing = provider().signInWith({ accessToken: accessToken(token()) });
    await expect(signing).rejects.toMatchObject({ code: 'client_token_refused' });
    expect(server.received.map(({ url }) => url.pathname)).toEqual([checkPath]);
  });

  it('refuses one whose check names another app', async () => {
    server.fail(checkPath, { body: { id: 1, app: { client_id: 'Iv23liAnotherApp' }, user: octocat } });
    const signing = provider().signInWith({ accessToken: accessToken(server.issue().accessToken) });
    await expect(signing).rejects.toMatchObject({ code: 'client_token_refused' });
  });

  it.each(failures)('fails when GitHub %s', async (_case, fault, code) => {
    const brought = accessToken(server.issue().accessToken);
    for (const path of [checkPath, '/api/user']) {
      server.clear();
      server.fail(path, fault);
      await expect(provider().signInWith({ accessToken: brought })).rejects.toMatchObject({ code });
    }
  });

  it('is given up in time when GitHub is silent', async () => {
    const brought = accessToken(server.issue().accessToken);
    const error = await outcomeOfSilence(server, checkPath, () => provider().signInWith({ accessToken: brought }));
    expect(error).toMatchObject({ code: 'provider_unavailable' });
  });

  it('tells nobody the token when it fails', async () => {
    const brought = server.issue({ clientId: 'Iv23liAnotherApp' }).accessToken;
    const error: Error = await provider()
      .signInWith({ accessToken: accessToken(brought) })
      .catch((one) => one);
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(brought);
    expect(server.received.map(({ url }) => url.href).join()).not.toContain(brought);
  });
});

it('has no page to sign out at, and no JWTs of its own', async () => {
  expect(await provider().signOutUrl('https://app.example/')).toBeUndefined();
  expect(provider()).toMatchObject({ title: 'GitHub', hasTargets: false, acceptsBearer: false });
});
