import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../shared/errors/table.ts';
import { machine } from '../../../shared/platform.ts';
import type { AuthorizationRequest, Identity, Provider, SignedIn } from '../../../shared/providers/provider.ts';
import { type TwitterSettings, twitterProvider } from '../../../shared/providers/twitter/twitter.ts';
import { claimViews } from '../../../shared/sessions/claims.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { nobody } from '../../fixtures/nobody.ts';
import { outcomeOfSilence } from '../../fixtures/time-limits.ts';
import { failureKind } from '../failure-kind.ts';
import type { Fault } from '../impersonators/impersonator.ts';
import { startTwitter, type TwitterImpersonator, xApp } from '../impersonators/twitter.ts';

let server: TwitterImpersonator;
beforeAll(async () => {
  server = await startTwitter();
});
afterEach(() => {
  server.clear();
  server.isPublic = false;
});
afterAll(() => server.close());

const tokenPath = '/2/oauth2/token';
const revokePath = '/2/oauth2/revoke';
const userPath = '/2/users/me';

const scopes = ['tweet.read', 'users.read', 'offline.access'];
const credential = (secret: string): TwitterSettings['credential'] => ({
  kind: 'secret',
  secret: new Secret('client_secret', secret),
  method: 'client_secret_basic',
});

function provider(changes: Partial<TwitterSettings> = {}): Provider {
  const settings: TwitterSettings = {
    kind: 'twitter',
    name: 'twitter',
    clientId: xApp.clientId,
    credential: credential(xApp.clientSecret),
    scopes,
    loginParameters: {},
    endpoints: server.endpoints,
    ...changes,
  };
  return twitterProvider(settings, machine);
}

const request: AuthorizationRequest = {
  redirectUri: xApp.callback,
  state: 'the-state',
  nonce: 'the-nonce',
  codeVerifier: 'v'.repeat(43),
  extra: {},
};
const attempt = { redirectUri: xApp.callback, nonce: 'the-nonce', codeVerifier: 'v'.repeat(43) };
const somebody: Identity = { issuer: 'https://x.com', subject: '1', claims: {} };

async function authorized(by: Provider, changes: Partial<AuthorizationRequest> = {}): Promise<Record<string, string>> {
  const { url } = await by.authorizationUrl({ ...request, ...changes });
  const response = await fetch(url, { redirect: 'manual' });
  return Object.fromEntries(new URL(response.headers.get('location') ?? '').searchParams);
}

async function signIn(by: Provider = provider(), changes: Partial<AuthorizationRequest> = {}): Promise<SignedIn> {
  return by.redeem({ ...attempt, parameters: await authorized(by, changes) });
}

const accessToken = (value: string) => new Secret('access_token', value);
const refreshToken = (value: string) => new Secret('refresh_token', value);
const tokenSecret = (value: string) => new Secret('access_token_secret', value);
const asked = () => server.received.map(({ url }) => url.pathname);

const failures: [string, Fault, ErrorCode][] = [
  ['has an outage', { status: 503, body: '<html>' }, 'provider_unavailable'],
  ['is asked too often', { status: 429 }, 'provider_unavailable'],
  ['cuts the line', 'cut', 'provider_unavailable'],
  [
    'sends elsewhere',
    { status: 307, headers: { location: 'https://elsewhere.example/' } },
    'provider_response_invalid',
  ],
  ['answers with a page', { body: '<html>' }, 'provider_response_invalid'],
];

describe('the authorization request', () => {
  it('asks for a code with PKCE and the scopes that are set', async () => {
    const { url, requestToken } = await provider().authorizationUrl(request);
    expect(`${url.origin}${url.pathname}`).toBe(server.endpoints.authorization);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: xApp.clientId,
      scope: 'tweet.read users.read offline.access',
      redirect_uri: xApp.callback,
      state: 'the-state',
      code_challenge: createHash('sha256').update('v'.repeat(43)).digest('base64url'),
      code_challenge_method: 'S256',
    });
    expect(requestToken).toBeUndefined();
  });

  it('keeps the scopes of the profile when the app or the settings ask for others', async () => {
    const { url } = await provider().authorizationUrl({ ...request, extra: { scope: 'like.read users.read' } });
    expect(url.searchParams.get('scope')).toBe('tweet.read users.read like.read');
    const other = await provider({ scopes: ['like.read'] }).authorizationUrl(request);
    expect(other.url.searchParams.get('scope')).toBe('like.read tweet.read users.read');
  });
});

describe('a sign-in', () => {
  it('tells who the user is, with tokens for two hours and a refresh token', async () => {
    const signedIn = await signIn();
    expect(signedIn).toMatchObject({ issuer: 'https://x.com', subject: '2244994945', tokens: { expiresIn: 7200 } });
    expect(server.isAlive(signedIn.tokens.accessToken?.reveal() ?? '')).toBe(true);
    expect(signedIn.tokens.refreshToken?.reveal()).not.toBe('');
  });

  it('has no refresh token without offline.access', async () => {
    const { tokens } = await signIn(provider({ scopes: ['tweet.read', 'users.read'] }));
    expect(Object.keys(tokens)).toEqual(['accessToken', 'expiresIn', 'scopes']);
    expect(tokens.scopes).toEqual(['tweet.read', 'users.read']);
  });

  it('shows the claims under the types that OAuth 1.0a has', async () => {
    const { claims } = await signIn();
    expect(claimViews(claims, provider().claimTypes, true)).toEqual([
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier', val: '2244994945' },
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn', val: 'XDevelopers' },
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name', val: 'X Developers' },
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/webpage', val: 'https://t.example/dev' },
      { typ: 'urn:twitter:description', val: 'The voice of the X developer community' },
      { typ: 'urn:twitter:location', val: '127.0.0.1' },
      { typ: 'urn:twitter:profile_image_url_https', val: 'https://images.example/dev.png' },
      { typ: 'urn:twitter:verified', val: 'True' },
    ]);
  });

  it('tells the email address where users.email is asked for', async () => {
    const { claims } = await signIn(provider({ scopes: [...scopes, 'users.email'] }));
    expect(claims).toMatchObject({ email: 'dev@example.com' });
  });

  it('calls the user by screen name, and knows them by the numeric id', async () => {
    const { claims, subject } = await signIn();
    expect(provider().displayName(claims, subject)).toBe('XDevelopers');
    expect(provider().principalId(claims, subject)).toBe('2244994945');
  });

  it('needs no secret for a public client', async () => {
    server.isPublic = true;
    const { subject } = await signIn(provider({ credential: { kind: 'none' } }));
    expect(subject).toBe('2244994945');
  });
});

describe('a code', () => {
  it('is good once', async () => {
    const by = provider();
    const parameters = await authorized(by);
    await by.redeem({ ...attempt, parameters });
    await expect(by.redeem({ ...attempt, parameters })).rejects.toMatchObject({ code: 'sign_in_code_refused' });
  });

  it('is refused when it has expired, which is after 30 seconds', async () => {
    const by = provider();
    const parameters = await authorized(by);
    server.expireAll();
    await expect(by.redeem({ ...attempt, parameters })).rejects.toMatchObject({ code: 'sign_in_code_refused' });
  });

  it.each<[string, Partial<typeof attempt>, Partial<TwitterSettings>, string]>([
    ['the verifier of another attempt', { codeVerifier: 'w'.repeat(43) }, {}, 'invalid_request'],
    ['another redirect address', { redirectUri: 'https://elsewhere.example/' }, {}, 'invalid_request'],
    ['a wrong client secret', {}, { credential: credential('wrong') }, 'unauthorized_client'],
    ['no client secret', {}, { credential: { kind: 'none' } }, 'unauthorized_client'],
  ])('is refused with %s', async (_case, changes, settings, reason) => {
    const parameters = await authorized(provider());
    const redeeming = provider(settings).redeem({ ...attempt, parameters, ...changes });
    const detail = `token endpoint: ${reason}`;
    await expect(redeeming).rejects.toMatchObject({ code: 'provider_misconfigured', detail });
  });

  it('must be there', async () => {
    await expect(provider().redeem({ ...attempt, parameters: {} })).rejects.toMatchObject({
      code: 'request_malformed',
    });
    expect(server.received).toEqual([]);
  });
});

describe('a sign-in when X', () => {
  it.each([tokenPath, userPath].flatMap((path) => failures.map((one) => [path, ...one] as const)))(
    '%s %s fails with a code of its own',
    async (path, _case, fault, code) => {
      server.fail(path, fault);
      await expect(signIn()).rejects.toMatchObject({ code });
    },
  );

  it.each([tokenPath, userPath])('is silent at %s is given up in time', async (path) => {
    const by = provider();
    const parameters = await authorized(by);
    const error = await outcomeOfSilence(server, path, () => by.redeem({ ...attempt, parameters }));
    expect(error).toMatchObject({ code: 'provider_unavailable' });
  });

  it('leaves the profile out of the access level of the app fails as a wrong configuration', async () => {
    server.fail(userPath, { status: 403, body: { reason: 'client-not-enrolled' } });
    await expect(signIn()).rejects.toMatchObject({ code: 'provider_misconfigured', detail: 'users/me answered 403' });
  });

  it.each([
    ['nobody', { errors: [] }],
    ['somebody without an id', { data: { username: 'x' } }],
    ['somebody without a name', { data: { id: '1' } }],
    ['somebody with a strange id', { data: { id: '../1', username: 'x' } }],
  ])('tells of %s fails', async (_case, body) => {
    server.fail(userPath, { body });
    await expect(signIn()).rejects.toMatchObject({ code: 'provider_response_invalid' });
  });
});

describe('a refresh', () => {
  const newest = async (): Promise<Secret<'refresh_token'>> =>
    (await signIn()).tokens.refreshToken ?? expect.fail('there is no refresh token');

  it('gives new tokens, and a new refresh token each time', async () => {
    const old = await newest();
    const result = await provider().refresh(old, somebody);
    if (!result.ok) throw new Error(result.failure.reason);
    expect(server.isAlive(result.tokens.accessToken?.reveal() ?? '')).toBe(true);
    expect(result.tokens.expiresIn).toBe(7200);
    expect(result.tokens.refreshToken?.reveal()).not.toBe(old.reveal());
    expect(await provider().refresh(old, somebody)).toEqual({
      ok: false,
      failure: { kind: 'refused', reason: 'invalid_grant' },
    });
  });

  it.each([
    ['in the words of RFC 6749', { error: 'invalid_grant', error_description: 'words' }, 'refused'],
    [
      'in the words of X',
      { error: 'invalid_request', error_description: 'Value passed for the token was invalid.' },
      'refused',
    ],
    [
      'of the request',
      { error: 'invalid_request', error_description: 'Missing required parameter [x].' },
      'unavailable',
    ],
    ['of the client', { error: 'invalid_client', error_description: 'words' }, 'unavailable'],
    ['without words', { error: 'invalid_request' }, 'unavailable'],
  ])('a refusal %s is told from others', async (_case, body, kind) => {
    server.fail(tokenPath, { status: 400, body });
    expect(await provider().refresh(refreshToken('x'), somebody)).toMatchObject({ ok: false, failure: { kind } });
  });

  it('with a wrong client secret is no word against the refresh token', async () => {
    const result = await provider({ credential: credential('wrong') }).refresh(await newest(), somebody);
    expect(result).toEqual({ ok: false, failure: { kind: 'unavailable', reason: 'unauthorized_client' } });
  });

  it.each(failures)('may succeed later when X %s', async (_case, fault) => {
    server.fail(tokenPath, fault);
    const result = await provider().refresh(refreshToken('x'), somebody);
    expect(result).toMatchObject({ ok: false, failure: { kind: failureKind(fault) } });
  });

  it('knows when a rate limit ends', async () => {
    const reset = String(Math.floor(Date.now() / 1000) + 600);
    server.fail(tokenPath, { status: 429, headers: { 'x-rate-limit-reset': reset } });
    const result = await provider().refresh(refreshToken('x'), somebody);
    const { retryAfterSeconds = 0 } = result.ok ? {} : result.failure;
    expect(retryAfterSeconds).toBeGreaterThan(590);
    expect(retryAfterSeconds).toBeLessThanOrEqual(600);
  });

  it('may succeed later when X is silent', async () => {
    const refreshing = () => provider().refresh(refreshToken('x'), somebody);
    expect(await outcomeOfSilence(server, tokenPath, refreshing)).toEqual({
      ok: false,
      failure: { kind: 'unanswered', reason: 'provider_unavailable' },
    });
  });
});

describe('a revocation', () => {
  it('ends the refresh token', async () => {
    const { tokens } = await signIn();
    const token = tokens.refreshToken ?? expect.fail('there is no refresh token');
    expect(await provider().revoke({ refreshToken: token }, nobody)).toBe(true);
    expect(await provider().refresh(token, somebody)).toMatchObject({ ok: false, failure: { kind: 'refused' } });
  });

  it('fails when X has an outage or does not know the client', async () => {
    await expect(
      provider({ credential: credential('wrong') }).revoke({ refreshToken: refreshToken('x') }, nobody),
    ).rejects.toMatchObject({
      code: 'provider_misconfigured',
    });
    server.fail(revokePath, { status: 500 });
    await expect(provider().revoke({ refreshToken: refreshToken('x') }, nobody)).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
  });
});

describe('a sign-in with the tokens that the client brings', () => {
  it('is not possible with an access token alone, which may be another app’s', async () => {
    const own = server.issue();
    await expect(provider().signInWith({ accessToken: accessToken(own.accessToken) })).rejects.toMatchObject({
      code: 'client_token_missing',
      detail: 'refresh_token, or access_token and access_token_secret of OAuth 1.0a',
    });
    await expect(provider().signInWith({})).rejects.toMatchObject({ code: 'client_token_missing' });
    await expect(provider().signInWith({ accessTokenSecret: tokenSecret('x') })).rejects.toMatchObject({
      code: 'client_token_missing',
    });
    expect(server.received).toEqual([]);
  });

  it('redeems a refresh token, and keeps what comes instead', async () => {
    const own = server.issue();
    const { subject, tokens } = await provider().signInWith({
      accessToken: accessToken('of-another-app'),
      refreshToken: refreshToken(own.refreshToken),
    });
    expect(subject).toBe('2244994945');
    expect(server.isAlive(tokens.accessToken?.reveal() ?? '')).toBe(true);
    expect(tokens.refreshToken?.reveal()).not.toBe(own.refreshToken);
    expect(tokens.expiresIn).toBe(7200);
  });

  it('exchanges a token of OAuth 1.0a, as native clients of App Service bring it', async () => {
    const { key, secret } = server.legacyToken;
    const legacy = { accessToken: accessToken(key), accessTokenSecret: tokenSecret(secret) };
    const { subject, tokens } = await provider().signInWith(legacy);
    expect(subject).toBe('2244994945');
    expect(server.isAlive(tokens.accessToken?.reveal() ?? '')).toBe(true);
    expect(tokens.refreshToken).toBeDefined();
    expect(tokens.accessTokenSecret).toBeUndefined();
  });

  it.each<[string, () => Parameters<Provider['signInWith']>[0]]>([
    [
      'a refresh token of another app',
      () => ({ refreshToken: refreshToken(server.issue('another-app').refreshToken) }),
    ],
    ['a refresh token that was changed', () => ({ refreshToken: refreshToken(`${server.issue().refreshToken}x`) })],
    [
      'a refresh token that has ended',
      () => {
        const own = server.issue();
        server.expireAll();
        return { refreshToken: refreshToken(own.refreshToken) };
      },
    ],
    [
      'a secret that is not the token’s',
      () => ({ accessToken: accessToken(server.legacyToken.key), accessTokenSecret: tokenSecret('wrong') }),
    ],
    [
      'an OAuth 1.0a token of another app',
      () => ({ accessToken: accessToken('another'), accessTokenSecret: tokenSecret(server.legacyToken.secret) }),
    ],
  ])('refuses %s', async (_case, tokens) => {
    const bad = tokens();
    const error: Error = await provider()
      .signInWith(bad)
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'client_token_refused' });
    const told = `${error.message} ${JSON.stringify(error)} ${server.received.map(({ url }) => url.href).join()}`;
    for (const secret of Object.values(bad)) if (secret instanceof Secret) expect(told).not.toContain(secret.reveal());
    expect(asked()).toEqual([tokenPath]);
  });

  it('uses a refresh token up', async () => {
    const own = refreshToken(server.issue().refreshToken);
    await provider().signInWith({ refreshToken: own });
    await expect(provider().signInWith({ refreshToken: own })).rejects.toMatchObject({ code: 'client_token_refused' });
  });

  it.each(failures)('fails when X %s', async (_case, fault, code) => {
    for (const path of [tokenPath, userPath]) {
      server.clear();
      server.fail(path, fault);
      const own = refreshToken(server.issue().refreshToken);
      await expect(provider().signInWith({ refreshToken: own })).rejects.toMatchObject({ code });
    }
  });

  it('fails as a wrong configuration with a wrong client secret', async () => {
    const signing = provider({ credential: credential('wrong') }).signInWith({
      refreshToken: refreshToken(server.issue().refreshToken),
    });
    await expect(signing).rejects.toMatchObject({ code: 'provider_misconfigured' });
  });

  it('is given up in time when X is silent', async () => {
    const own = refreshToken(server.issue().refreshToken);
    const error = await outcomeOfSilence(server, tokenPath, () => provider().signInWith({ refreshToken: own }));
    expect(error).toMatchObject({ code: 'provider_unavailable' });
  });
});

it('has no page to sign out at, and no JWTs of its own', async () => {
  expect(await provider().signOutUrl('https://app.example/')).toBeUndefined();
  expect(provider()).toMatchObject({ title: 'X', hasTargets: false, acceptsBearer: false });
});
