import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../shared/errors/table.ts';
import { machine } from '../../../shared/platform.ts';
import { type GoogleSettings, googleProvider } from '../../../shared/providers/google/google.ts';
import type {
  AuthorizationRequest,
  ClientTokens,
  Identity,
  Provider,
  SignedIn,
  TokenSet,
} from '../../../shared/providers/provider.ts';
import { claimViews } from '../../../shared/sessions/claims.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { nobody } from '../../fixtures/nobody.ts';
import { outcomeOfSilence } from '../../fixtures/time-limits.ts';
import { failureKind } from '../failure-kind.ts';
import { elisa, type GoogleImpersonator, google, startGoogle } from '../impersonators/google.ts';
import type { Fault } from '../impersonators/impersonator.ts';
import { newSigningKey } from '../impersonators/signing-key.ts';

const issuer = 'https://accounts.google.com';
const bare = 'accounts.google.com';

let server: GoogleImpersonator;
beforeAll(async () => {
  server = await startGoogle();
});
afterEach(() => {
  server.clear();
  server.endAll();
  Object.assign(server, { user: elisa, issuer, refreshGivesIdToken: true });
});
afterAll(() => server.close());

function provider(changes: Partial<GoogleSettings> = {}): Provider {
  const settings: GoogleSettings = {
    kind: 'google',
    name: 'google',
    clientId: google.clientId,
    credential: {
      kind: 'secret',
      secret: new Secret('client_secret', google.clientSecret),
      method: 'client_secret_post',
    },
    scopes: ['openid', 'profile', 'email'],
    loginParameters: { access_type: 'offline' },
    allowedAudiences: [],
    endpoints: server.endpoints,
    ...changes,
  };
  return googleProvider(settings, machine);
}

const ofDomain = (hd: string) => provider({ loginParameters: { access_type: 'offline', hd } });
const wrongSecret = () =>
  provider({
    credential: { kind: 'secret', secret: new Secret('client_secret', 'wrong'), method: 'client_secret_post' },
  });

const request: AuthorizationRequest = {
  redirectUri: google.callback,
  state: 'the-state',
  nonce: 'the-nonce',
  codeVerifier: 'v'.repeat(43),
  extra: {},
};
const attempt = { redirectUri: google.callback, nonce: 'the-nonce', codeVerifier: 'v'.repeat(43) };

/** What Google sends to the callback once the user has agreed. */
async function authorized(by: Provider, extra: Record<string, string> = {}): Promise<Record<string, string>> {
  const { url } = await by.authorizationUrl({ ...request, extra });
  const response = await fetch(url, { redirect: 'manual' });
  return Object.fromEntries(new URL(response.headers.get('location') ?? '').searchParams);
}

async function signIn(by = provider(), extra: Record<string, string> = {}): Promise<SignedIn> {
  return by.redeem({ ...attempt, parameters: await authorized(by, extra) });
}

const refreshTokenOf = ({ refreshToken }: TokenSet) => refreshToken ?? expect.fail('there is no refresh token');
const idToken = async (...claims: Parameters<GoogleImpersonator['idToken']>) =>
  new Secret('id_token', await server.idToken(...claims));
const asked = () => server.received.map(({ url }) => url.pathname);

/** Answers of any endpoint that are no answers, and the codes they come to. */
const failures: [string, Fault, ErrorCode][] = [
  ['has an outage', { status: 502, body: '<html>' }, 'provider_unavailable'],
  ['cuts the line', 'cut', 'provider_unavailable'],
  [
    'sends elsewhere',
    { status: 307, headers: { location: 'https://elsewhere.example/' } },
    'provider_response_invalid',
  ],
];

describe('the authorization request', () => {
  it('of an account that is connected once more asks for what it has granted before, too', async () => {
    const addsTo = {
      claims: { email: elisa.email },
      scopes: ['https://www.googleapis.com/auth/drive.file'],
      resources: [],
    };
    const extra = { scope: 'https://www.googleapis.com/auth/calendar' };
    const { searchParams } = (await provider().authorizationUrl({ ...request, extra, addsTo })).url;
    expect(Object.fromEntries(searchParams)).toMatchObject({
      scope: `openid profile email ${addsTo.scopes[0]} ${extra.scope}`,
      include_granted_scopes: 'true',
      login_hint: elisa.email,
    });
    const signIn = (await provider().authorizationUrl(request)).url.searchParams;
    for (const name of ['include_granted_scopes', 'login_hint']) expect(signIn.has(name)).toBe(false);
  });

  it('asks for a code with PKCE, a nonce and the scopes that are set', async () => {
    const { url, requestToken } = await provider().authorizationUrl(request);
    expect(`${url.origin}${url.pathname}`).toBe(server.endpoints.authorization);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      access_type: 'offline',
      response_type: 'code',
      client_id: google.clientId,
      scope: 'openid profile email',
      redirect_uri: google.callback,
      state: 'the-state',
      nonce: 'the-nonce',
      code_challenge: createHash('sha256').update('v'.repeat(43)).digest('base64url'),
      code_challenge_method: 'S256',
    });
    expect(requestToken).toBeUndefined();
  });

  it('passes on what the settings and the app add', async () => {
    const by = provider({ loginParameters: { hd: 'contoso.example' } });
    const extra = { access_type: 'offline', prompt: 'consent', login_hint: 'elisa@contoso.example' };
    const { url } = await by.authorizationUrl({ ...request, extra });
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ hd: 'contoso.example', ...extra });
  });
});

describe('a sign-in', () => {
  it('tells who the user is, with the tokens', async () => {
    const by = provider();
    const { tokens, ...identity } = await signIn(by);
    expect(identity).toMatchObject({ issuer, subject: elisa.sub, claims: { iss: issuer, hd: 'contoso.example' } });
    expect(by.displayName(identity.claims, identity.subject)).toBe('elisa@contoso.example');
    expect(by.principalId(identity.claims, identity.subject)).toBe(elisa.sub);
    expect(tokens).toMatchObject({ expiresIn: 3599 });
    expect(server.isAlive(tokens.accessToken?.reveal() ?? '')).toBe(true);
    expect(tokens.idToken?.reveal()).toMatch(/^ey/);
  });

  it('shows the claims by the claim types of App Service', async () => {
    const by = provider();
    const { claims } = await signIn(by);
    const ws = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/';
    expect(claimViews(claims, by.claimTypes, true)).toEqual(
      expect.arrayContaining([
        { typ: `${ws}nameidentifier`, val: elisa.sub },
        { typ: `${ws}emailaddress`, val: 'elisa@contoso.example' },
        { typ: `${ws}givenname`, val: 'Elisa' },
        { typ: `${ws}surname`, val: 'Beckett' },
        { typ: 'name', val: 'Elisa Beckett' },
        { typ: 'picture', val: 'https://images.example/elisa' },
        { typ: 'email_verified', val: 'true' },
        { typ: 'azp', val: google.clientId },
      ]),
    );
  });

  it('brings a refresh token with the first consent, and again for prompt=consent', async () => {
    expect((await signIn()).tokens.refreshToken?.reveal()).toMatch(/^1\/\//);
    expect((await signIn()).tokens.refreshToken).toBeUndefined();
    expect((await signIn(provider(), { prompt: 'consent' })).tokens.refreshToken?.reveal()).toMatch(/^1\/\//);
  });

  it('brings one too where it is the app that asks for offline access', async () => {
    const by = provider({ loginParameters: {} });
    expect((await signIn(by, { prompt: 'consent' })).tokens.refreshToken).toBeUndefined();
    const offline = await signIn(by, { prompt: 'consent', access_type: 'offline' });
    expect(offline.tokens.refreshToken?.reveal()).toMatch(/^1\/\//);
  });

  it('knows the user by one issuer, however the ID token names it', async () => {
    server.issuer = bare;
    expect(await signIn()).toMatchObject({ issuer, claims: { iss: issuer } });
  });

  it('is refused with an ID token of another issuer', async () => {
    server.issuer = 'https://accounts.google.com.elsewhere.example';
    await expect(signIn()).rejects.toMatchObject({ code: 'id_token_invalid' });
  });

  it('ends where no ID token comes', async () => {
    server.fail('/token', { body: { access_token: 'ya29.x', expires_in: 3599 } });
    await expect(signIn()).rejects.toMatchObject({ code: 'provider_response_invalid' });
  });
});

describe('the hosted domain', () => {
  const others: [string, string | undefined][] = [
    ['of another domain', 'fabrikam.example'],
    ['of a domain below it', 'sub.contoso.example'],
    ['of no domain', undefined],
  ];
  it.each(others)('keeps out an account %s', async (_case, hd) => {
    server.user = { ...elisa, hd };
    const by = ofDomain('contoso.example');
    await expect(signIn(by)).rejects.toMatchObject({ code: 'user_not_allowed' });
    await expect(by.signInWith({ idToken: await idToken() })).rejects.toMatchObject({ code: 'user_not_allowed' });
  });

  it('lets its own accounts in, whatever the case of its name', async () => {
    const by = ofDomain('Contoso.Example');
    expect(await signIn(by)).toMatchObject({ subject: elisa.sub });
    expect(await by.signInWith({ idToken: await idToken() })).toMatchObject({ subject: elisa.sub });
  });

  it('may be any, by an asterisk, but not none', async () => {
    const by = ofDomain('*');
    expect(await signIn(by)).toMatchObject({ subject: elisa.sub });
    server.user = { ...elisa, hd: undefined };
    await expect(signIn(by)).rejects.toMatchObject({ code: 'user_not_allowed' });
  });

  it('cannot be chosen by whoever starts the sign-in', async () => {
    server.user = { ...elisa, hd: 'fabrikam.example' };
    const signing = signIn(ofDomain('contoso.example'), { hd: 'fabrikam.example' });
    await expect(signing).rejects.toMatchObject({ code: 'user_not_allowed' });
  });

  it('keeps nobody out where none is set', async () => {
    server.user = { ...elisa, hd: undefined };
    expect(await signIn()).toMatchObject({ subject: elisa.sub });
  });

  it('lets no code be redeemed for somebody it keeps out', async () => {
    server.user = { ...elisa, hd: undefined };
    const tokens = {
      idToken: await idToken(),
      authorizationCode: new Secret('authorization_code' as const, server.serverCode()),
    };
    await expect(ofDomain('contoso.example').signInWith(tokens)).rejects.toMatchObject({ code: 'user_not_allowed' });
    expect(asked()).not.toContain('/token');
  });
});

describe('a code', () => {
  it('is good once', async () => {
    const by = provider();
    const parameters = await authorized(by);
    await by.redeem({ ...attempt, parameters });
    await expect(by.redeem({ ...attempt, parameters })).rejects.toMatchObject({ code: 'sign_in_code_refused' });
  });

  it('is refused with the verifier of another attempt', async () => {
    const parameters = await authorized(provider());
    const redeeming = provider().redeem({ ...attempt, parameters, codeVerifier: 'w'.repeat(43) });
    await expect(redeeming).rejects.toMatchObject({ code: 'sign_in_code_refused' });
  });

  it('is refused with another redirect address', async () => {
    const parameters = await authorized(provider());
    const redeeming = provider().redeem({ ...attempt, parameters, redirectUri: 'https://elsewhere.example/' });
    await expect(redeeming).rejects.toMatchObject({
      code: 'provider_misconfigured',
      detail: 'token endpoint: redirect_uri_mismatch',
    });
  });

  it('is refused with a wrong client secret', async () => {
    const parameters = await authorized(provider());
    await expect(wrongSecret().redeem({ ...attempt, parameters })).rejects.toMatchObject({
      code: 'provider_misconfigured',
      detail: 'token endpoint: invalid_client',
    });
  });

  it('brings an ID token that must have the nonce of the attempt', async () => {
    const parameters = await authorized(provider());
    const redeeming = provider().redeem({ ...attempt, parameters, nonce: 'another' });
    await expect(redeeming).rejects.toMatchObject({ code: 'id_token_invalid' });
  });

  it('must be there', async () => {
    const redeeming = provider().redeem({ ...attempt, parameters: {} });
    await expect(redeeming).rejects.toMatchObject({ code: 'request_malformed' });
    expect(server.received).toEqual([]);
  });
});

describe('a sign-in when Google', () => {
  const paths = ['/token', '/v1/userinfo', '/oauth2/v3/certs'];
  it.each(paths.flatMap((path) => failures.map((one) => [path, ...one] as const)))(
    '%s %s fails with a code of its own',
    async (path, _case, fault, code) => {
      server.fail(path, fault);
      await expect(signIn()).rejects.toMatchObject({ code });
    },
  );

  it.each(paths.slice(0, 2))('is silent at %s is given up in time', async (path) => {
    const by = provider();
    const parameters = await authorized(by);
    const error = await outcomeOfSilence(server, path, () => by.redeem({ ...attempt, parameters }));
    expect(error).toMatchObject({ code: 'provider_unavailable' });
  });
});

describe('a refresh', () => {
  /** A provider, and what a sign-in through it has left behind. */
  async function session() {
    const by = provider();
    const { tokens, ...identity } = await signIn(by, { prompt: 'consent' });
    return { by, identity: identity as Identity, token: refreshTokenOf(tokens), tokens };
  }

  it('gives a new access token and ID token, and leaves the refresh token as it is', async () => {
    const { by, identity, token, tokens } = await session();
    for (const _time of [1, 2]) {
      const result = await by.refresh(token, identity);
      if (!result.ok) throw new Error(result.failure.reason);
      expect(result.tokens.accessToken?.reveal()).not.toBe(tokens.accessToken?.reveal());
      expect(server.isAlive(result.tokens.accessToken?.reveal() ?? '')).toBe(true);
      expect(result.tokens.idToken?.reveal()).toMatch(/^ey/);
      expect(result.tokens.refreshToken).toBeUndefined();
      expect(result.tokens.expiresIn).toBe(3599);
      expect(result.claims).toMatchObject({ sub: elisa.sub, iss: issuer });
    }
  });

  it('needs no ID token', async () => {
    const { by, identity, token } = await session();
    server.refreshGivesIdToken = false;
    const result = await by.refresh(token, identity);
    expect(result).toMatchObject({ ok: true, tokens: { expiresIn: 3599 } });
    expect(result).not.toHaveProperty('claims');
  });

  it.each([
    [issuer, bare],
    [bare, issuer],
    [bare, bare],
  ])('of a session of %s takes an ID token of %s', async (known, named) => {
    const { by, identity, token } = await session();
    server.issuer = named;
    const result = await by.refresh(token, { ...identity, issuer: known });
    expect(result).toMatchObject({ ok: true, claims: { iss: issuer } });
  });

  it('takes an ID token whose authorized party is another client of the project', async () => {
    const { by, identity, token } = await session();
    const brought = await server.idToken({ azp: google.androidClientId });
    server.fail('/token', { body: { access_token: 'ya29.x', expires_in: 3599, id_token: brought } });
    expect(await by.refresh(token, identity)).toMatchObject({ ok: true, claims: { sub: elisa.sub } });
  });

  it.each<[string, () => Promise<string>]>([
    ['for another user', () => server.idToken({ sub: '999' })],
    ['for another client', () => server.idToken({ aud: 'another.apps.googleusercontent.com' })],
    ['of another issuer', () => server.idToken({ iss: 'https://elsewhere.example' })],
    ['signed by somebody else', async () => server.idToken({}, await newSigningKey('google-1'))],
  ])('that brings an ID token %s is believed no more', async (_case, token) => {
    const { by, identity, token: refreshToken } = await session();
    server.fail('/token', { body: { access_token: 'ya29.x', expires_in: 3599, id_token: await token() } });
    expect(await by.refresh(refreshToken, identity)).toEqual({
      ok: false,
      failure: { kind: 'refused', reason: 'id_token_invalid' },
    });
  });

  it('is refused for good once the consent is withdrawn or has lapsed', async () => {
    const { by, identity, token } = await session();
    server.endAll();
    expect(await by.refresh(token, identity)).toEqual({
      ok: false,
      failure: { kind: 'refused', reason: 'invalid_grant' },
    });
  });

  it('with a wrong client secret is no word against the refresh token', async () => {
    const { identity, token } = await session();
    expect(await wrongSecret().refresh(token, identity)).toEqual({
      ok: false,
      failure: { kind: 'unavailable', reason: 'invalid_client' },
    });
  });

  it('when Google asks to wait may succeed later, and when is told', async () => {
    const { by, identity, token } = await session();
    server.fail('/token', { status: 429, headers: { 'retry-after': '30' }, body: { error: 'rate_limit_exceeded' } });
    expect(await by.refresh(token, identity)).toEqual({
      ok: false,
      failure: { kind: 'unavailable', reason: 'rate_limit_exceeded', retryAfterSeconds: 30 },
    });
  });

  it.each(failures)('when Google %s may succeed later', async (_case, fault) => {
    const { by, identity, token } = await session();
    server.fail('/token', fault);
    expect(await by.refresh(token, identity)).toMatchObject({ ok: false, failure: { kind: failureKind(fault) } });
  });

  it('when Google is silent may succeed later', async () => {
    const { by, identity, token } = await session();
    const result = await outcomeOfSilence(server, '/token', () => by.refresh(token, identity));
    expect(result).toEqual({ ok: false, failure: { kind: 'unanswered', reason: 'provider_unavailable' } });
  });

  it('keeps the new access token when the keys cannot be had just now', async () => {
    const { identity, token } = await session();
    server.fail('/oauth2/v3/certs', { status: 503 });
    const result = await provider().refresh(token, identity);
    expect(result).toMatchObject({ ok: true, tokens: { expiresIn: 3599 } });
    expect(result.ok && result.tokens.idToken).toBeUndefined();
  });
});

describe('a revocation', () => {
  it('ends the refresh token, which is in no address', async () => {
    const by = provider();
    const token = refreshTokenOf((await signIn(by, { prompt: 'consent' })).tokens);
    server.clear();
    expect(await by.revoke({ refreshToken: token }, nobody)).toBe(true);
    expect(server.isAlive(token.reveal())).toBe(false);
    expect(server.received.map(({ url, body }) => [url.pathname + url.search, body])).toEqual([
      ['/revoke', `${new URLSearchParams({ token: token.reveal() })}`],
    ]);
  });

  it('of a token that has ended is done', async () => {
    expect(await provider().revoke({ refreshToken: new Secret('refresh_token', '1//ended') }, nobody)).toBe(true);
    expect(asked()).toEqual(['/revoke']);
  });

  it.each(failures)('fails when Google %s', async (_case, fault, code) => {
    server.fail('/revoke', fault);
    await expect(
      provider().revoke({ refreshToken: new Secret('refresh_token', '1//x') }, nobody),
    ).rejects.toMatchObject({ code });
  });
});

describe('a sign-in with an ID token that the client brings', () => {
  it('tells who the user is', async () => {
    const brought = await idToken();
    const signedIn = await provider().signInWith({ idToken: brought });
    expect(signedIn).toMatchObject({ issuer, subject: elisa.sub, claims: { email: 'elisa@contoso.example' } });
    expect(signedIn.tokens.idToken).toBe(brought);
    expect(signedIn.tokens.expiresIn).toBeGreaterThan(3500);
    expect(Object.keys(signedIn.tokens).toSorted()).toEqual(['expiresIn', 'idToken']);
  });

  it('may name the issuer without https, and another client of the project as authorized party', async () => {
    const brought = await idToken({ iss: bare, azp: google.androidClientId });
    expect(await provider().signInWith({ idToken: brought })).toMatchObject({ issuer, claims: { iss: issuer } });
  });

  it('may be for an allowed audience', async () => {
    const brought = await idToken({ aud: google.androidClientId });
    const by = provider({ allowedAudiences: [google.androidClientId] });
    expect(await by.signInWith({ idToken: brought })).toMatchObject({ subject: elisa.sub });
  });

  it('leaves access and refresh tokens that come beside it alone', async () => {
    const { tokens } = await provider().signInWith({
      idToken: await idToken(),
      accessToken: new Secret('access_token', 'ya29.other'),
      refreshToken: new Secret('refresh_token', '1//other'),
    });
    expect(tokens.accessToken).toBeUndefined();
    expect(tokens.refreshToken).toBeUndefined();
  });

  it.each<[string, ClientTokens]>([
    ['nothing', {}],
    ['an access token', { accessToken: new Secret('access_token', 'ya29.x') }],
    ['a code', { authorizationCode: new Secret('authorization_code', '4/x') }],
  ])('needs it: %s is not enough', async (_case, tokens) => {
    const signing = provider().signInWith(tokens);
    await expect(signing).rejects.toMatchObject({ code: 'client_token_missing', detail: 'id_token' });
    expect(server.received).toEqual([]);
  });

  const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;
  it.each<[string, () => Promise<string>]>([
    ['for another client', () => server.idToken({ aud: 'another.apps.googleusercontent.com' })],
    ['for a client of the project that is not allowed', () => server.idToken({ aud: google.androidClientId })],
    ['of another issuer', () => server.idToken({ iss: 'https://elsewhere.example' })],
    ['that has expired', () => server.idToken({ iat: inAnHour() - 9000, exp: inAnHour() - 5400 })],
    ['from the future', () => server.idToken({ iat: inAnHour() })],
    ['signed by somebody else', async () => server.idToken({}, await newSigningKey('google-1'))],
    ['whose claims were changed', async () => changed(await server.idToken())],
    ['that is none', async () => 'ya29.not-a-jwt'],
  ])('refuses one %s', async (_case, token) => {
    const signing = provider().signInWith({ idToken: new Secret('id_token', await token()) });
    await expect(signing).rejects.toMatchObject({ code: 'client_token_refused' });
  });

  it.each(failures)('fails when Google %s', async (_case, fault, code) => {
    server.fail('/oauth2/v3/certs', fault);
    await expect(provider().signInWith({ idToken: await idToken() })).rejects.toMatchObject({ code });
  });
});

it('a sign-in with an ID token is given up in time when the keys of Google do not come', async () => {
  const brought = await idToken();
  const error = await outcomeOfSilence(server, '/oauth2/v3/certs', () => provider().signInWith({ idToken: brought }));
  expect(error).toMatchObject({ code: 'provider_unavailable' });
});

describe('a code that the client brings beside its ID token', () => {
  const bring = async (code: string, redirectUri?: string, by = provider()) =>
    by.signInWith({
      idToken: await idToken({ azp: google.androidClientId }),
      authorizationCode: new Secret('authorization_code', code),
      ...(redirectUri === undefined ? {} : { redirectUri }),
    });

  it.each([
    ['none', undefined, ''],
    ['an empty one', '', ''],
    ['postmessage', 'postmessage', 'postmessage'],
    ['an address', 'https://app.example/signin', 'https://app.example/signin'],
  ])('gives access and refresh token; its redirect address is %s', async (_case, redirectUri, sent) => {
    const signedIn = await bring(server.serverCode({ redirectUris: [sent] }), redirectUri);
    expect(signedIn).toMatchObject({ issuer, subject: elisa.sub, tokens: { expiresIn: 3599 } });
    expect(server.isAlive(signedIn.tokens.accessToken?.reveal() ?? '')).toBe(true);
    expect(signedIn.tokens.refreshToken?.reveal()).toMatch(/^1\/\//);
    const { form } = server.received.find(({ url }) => url.pathname === '/token') ?? expect.fail('nobody asked');
    expect(form.get('redirect_uri')).toBe(sent);
  });

  it('gives tokens that refresh', async () => {
    const by = provider();
    const { tokens, ...identity } = await bring(server.serverCode());
    expect(await by.refresh(refreshTokenOf(tokens), identity)).toMatchObject({ ok: true });
  });

  it.each<[string, () => Promise<SignedIn>, string]>([
    ['was used', () => usedCode().then((code) => bring(code)), 'token endpoint: invalid_grant'],
    ['is of nobody', () => bring('4/unknown'), 'token endpoint: invalid_grant'],
    [
      'is for another redirect address',
      () => bring(server.serverCode(), 'https://elsewhere.example/'),
      'its authorization_code was issued for another redirect_uri',
    ],
    [
      'is not for the scope openid',
      () => bring(server.serverCode({ scopes: ['email'] })),
      'its authorization_code is not for the scope openid',
    ],
    [
      'is of another user',
      () => codeOfAnother().then((code) => bring(code)),
      'its authorization_code is of another user',
    ],
  ])('signs nobody in when it %s', async (_case, signing, detail) => {
    await expect(signing()).rejects.toMatchObject({ code: 'client_token_refused', detail });
  });

  async function usedCode(): Promise<string> {
    const code = server.serverCode();
    await bring(code);
    return code;
  }

  async function codeOfAnother(): Promise<string> {
    server.user = { ...elisa, sub: '999' };
    const code = server.serverCode();
    server.user = elisa;
    return code;
  }

  it('signs nobody in with a wrong client secret', async () => {
    const signing = bring(server.serverCode(), undefined, wrongSecret());
    await expect(signing).rejects.toMatchObject({ code: 'provider_misconfigured' });
  });

  it.each(failures)('signs nobody in when Google %s', async (_case, fault, code) => {
    server.fail('/token', fault);
    await expect(bring(server.serverCode())).rejects.toMatchObject({ code });
  });

  it('is given up in time when Google is silent', async () => {
    const code = server.serverCode();
    const error = await outcomeOfSilence(server, '/token', () => bring(code));
    expect(error).toMatchObject({ code: 'provider_unavailable' });
  });

  it('is told to nobody when it is refused', async () => {
    const error: Error = await bring('4/secret-code').catch((one) => one);
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('4/secret-code');
    expect(server.received.map(({ url }) => url.href).join()).not.toContain('secret-code');
  });
});

it('has no page to sign out at, and no JWTs that open a session', async () => {
  expect(await provider().signOutUrl('https://app.example/')).toBeUndefined();
  expect(provider()).toMatchObject({ name: 'google', title: 'Google', hasTargets: false, acceptsBearer: false });
  expect(provider().refreshNeeds).toContain('access_type=offline');
});

/** The token with another subject in it, its signature as it was. */
function changed(token: string): string {
  const [header, payload = '', signature] = token.split('.');
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: '999' };
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}
