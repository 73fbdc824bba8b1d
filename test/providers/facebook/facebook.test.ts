import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../shared/errors/table.ts';
import { machine } from '../../../shared/platform.ts';
import { type FacebookSettings, facebookProvider } from '../../../shared/providers/facebook/facebook.ts';
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
import { type FacebookImpersonator, facebook, mark, refusal, startFacebook } from '../impersonators/facebook.ts';
import type { Fault } from '../impersonators/impersonator.ts';

let server: FacebookImpersonator;
beforeAll(async () => {
  server = await startFacebook();
});
afterEach(() => {
  server.clear();
  Object.assign(server, { user: mark, cancels: false, longLife: 5_183_944 });
});
afterAll(() => server.close());

const path = (name: string) => `/${facebook.version}/${name}`;
const tokenPath = path('oauth/access_token');
const mePath = path('me');
const debugPath = path('debug_token');
const day = 24 * 3600;

function provider(changes: Partial<FacebookSettings> = {}, network = machine.fetch): Provider {
  const settings: FacebookSettings = {
    kind: 'facebook',
    name: 'facebook',
    clientId: facebook.appId,
    secret: new Secret('client_secret', facebook.appSecret),
    graphVersion: facebook.version,
    scopes: ['public_profile', 'email'],
    loginParameters: {},
    endpoints: server.endpoints,
    ...changes,
  };
  return facebookProvider(settings, { ...machine, fetch: network });
}

const wrongSecret = () => provider({ secret: new Secret('client_secret', 'wrong') });

const request: AuthorizationRequest = {
  redirectUri: facebook.callback,
  state: 'the-state',
  nonce: 'the-nonce',
  codeVerifier: 'v'.repeat(43),
  extra: {},
};
const attempt = { redirectUri: facebook.callback, nonce: 'the-nonce', codeVerifier: 'v'.repeat(43) };

/** What Facebook sends to the callback once the user has agreed. */
async function authorized(by: Provider): Promise<Record<string, string>> {
  const { url } = await by.authorizationUrl(request);
  const response = await fetch(url, { redirect: 'manual' });
  return Object.fromEntries(new URL(response.headers.get('location') ?? '').searchParams);
}

async function signIn(by = provider()): Promise<SignedIn> {
  return by.redeem({ ...attempt, parameters: await authorized(by) });
}

const accessTokenOf = ({ accessToken }: TokenSet) => accessToken?.reveal() ?? '';
const refreshTokenOf = ({ refreshToken }: TokenSet) => refreshToken ?? expect.fail('there is no refresh token');
const accessToken = (value: string) => new Secret('access_token', value);
const asked = () => server.received.map(({ url }) => url.pathname);

/** A network on which this fault meets the exchange of an access token, and not the code that is redeemed before. */
const failingExchange =
  (fault: Fault): typeof fetch =>
  (input, init) => {
    if (String(init?.body).includes('fb_exchange_token')) server.fail(tokenPath, fault);
    return fetch(input, init);
  };

/** An identity is not looked at in a refresh. */
const somebody: Identity = { issuer: 'https://www.facebook.com', subject: '1', claims: {} };

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
  ['does not know what is wrong', refusal(1), 'provider_unavailable'],
  ['is down for a moment', refusal(2, undefined, 'words', 500), 'provider_unavailable'],
  ['is asked too often by the app', refusal(4), 'provider_unavailable'],
  ['is asked too often for the user', refusal(17), 'provider_unavailable'],
  ['has reached a limit of the app', refusal(341), 'provider_unavailable'],
  ['is asked too often', { status: 429 }, 'provider_unavailable'],
  ['says that it passes', { status: 400, body: { error: { code: 99, is_transient: true } } }, 'provider_unavailable'],
  ['does not know the app', refusal(101), 'provider_misconfigured'],
  ['wants a permission', refusal(10), 'provider_misconfigured'],
  ['refuses without a word', { status: 403 }, 'provider_misconfigured'],
];

describe('the authorization request', () => {
  it('asks for a code and the permissions that are set', async () => {
    const { url, requestToken } = await provider().authorizationUrl(request);
    expect(`${url.origin}${url.pathname}`).toBe(`${server.origin}/v25.0/dialog/oauth`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: facebook.appId,
      scope: 'public_profile email',
      redirect_uri: facebook.callback,
      state: 'the-state',
    });
    expect(requestToken).toBeUndefined();
  });

  it('passes on what the settings and the app add, the app last', async () => {
    const by = provider({ loginParameters: { auth_type: 'rerequest', display: 'page' } });
    const { url } = await by.authorizationUrl({ ...request, extra: { display: 'popup', scope: 'email' } });
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      auth_type: 'rerequest',
      display: 'popup',
      scope: 'email',
    });
  });

  it('has no scope where none is set, as with a configuration of Login for Business', async () => {
    const by = provider({ scopes: [], loginParameters: { config_id: '42' } });
    const { searchParams } = (await by.authorizationUrl(request)).url;
    expect(searchParams.has('scope')).toBe(false);
    expect(searchParams.get('config_id')).toBe('42');
  });
});

describe('a sign-in', () => {
  it('tells who the user is, with a long-lived token that renews itself at half of its life', async () => {
    const by = provider();
    const { tokens, ...identity } = await signIn(by);
    expect(identity).toEqual({
      issuer: server.origin,
      subject: mark.id,
      claims: {
        id: mark.id,
        name: 'Mark Example',
        email: 'mark@example.com',
        first_name: 'Mark',
        last_name: 'Example',
      },
    });
    expect(by.displayName(identity.claims, identity.subject)).toBe('Mark Example');
    expect(by.principalId(identity.claims, identity.subject)).toBe(mark.id);
    expect(server.isAlive(accessTokenOf(tokens))).toBe(true);
    expect(tokens).toMatchObject({ expiresIn: 5_183_944, refreshAfter: 2_591_972 });
    expect(refreshTokenOf(tokens).reveal()).toBe(accessTokenOf(tokens));
  });

  it('has one issuer at Facebook itself', async () => {
    const network: typeof fetch = (input, init) =>
      fetch(String(input).replace('https://graph.facebook.com', server.origin), init);
    const endpoints = { dialog: 'https://www.facebook.com', graph: 'https://graph.facebook.com' };
    const parameters = await authorized(provider());
    const signedIn = await provider({ endpoints }, network).redeem({ ...attempt, parameters });
    expect(signedIn.issuer).toBe('https://www.facebook.com');
  });

  it('shows the claims by the claim types of App Service', async () => {
    const by = provider({ scopes: ['public_profile', 'email', 'user_gender', 'user_link'] });
    const { claims } = await signIn(by);
    const ws = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/';
    expect(claimViews(claims, by.claimTypes, true).toSorted((a, b) => (a.typ < b.typ ? -1 : 1))).toEqual([
      { typ: `${ws}emailaddress`, val: 'mark@example.com' },
      { typ: `${ws}gender`, val: 'male' },
      { typ: `${ws}givenname`, val: 'Mark' },
      { typ: `${ws}name`, val: 'Mark Example' },
      { typ: `${ws}nameidentifier`, val: mark.id },
      { typ: `${ws}surname`, val: 'Example' },
      { typ: 'urn:facebook:link', val: mark.link },
    ]);
  });

  it('asks for no field whose permission is not asked for', async () => {
    await signIn();
    const { url } = server.received.find((one) => one.url.pathname === mePath) ?? expect.fail('nobody asked');
    expect(url.searchParams.get('fields')).toBe('id,name,email,first_name,last_name,permissions');
  });

  it('tells what the user has granted, which may be less than was asked for, and makes no claim of it', async () => {
    server.declined = ['email'];
    const { tokens, claims } = await signIn();
    expect(tokens.scopes).toEqual(['public_profile']);
    expect(claims).not.toHaveProperty('permissions');
    server.declined = [];
    expect((await signIn()).tokens.scopes).toEqual(['public_profile', 'email']);
  });

  it('works without an address, which the user may withhold', async () => {
    server.user = { ...mark, email: undefined };
    expect((await signIn()).claims).not.toHaveProperty('email');
  });

  it('puts no token and no secret in an address', async () => {
    const { tokens } = await signIn();
    const addresses = server.received.map(({ url }) => url.href).join();
    expect(addresses).not.toContain('EAA');
    expect(addresses).not.toContain(facebook.appSecret);
    expect(accessTokenOf(tokens)).toMatch(/^EAA/);
  });

  it('renews a token without a time of expiry within a month', async () => {
    server.longLife = undefined;
    const { tokens } = await signIn();
    expect(tokens).not.toHaveProperty('expiresIn');
    expect(tokens.refreshAfter).toBe(30 * day);
  });

  it.each([
    ['two days', 2 * day, day],
    ['less', 2 * day - 2, undefined],
  ])('renews a token once a day at most: of one that lives for %s', async (_case, life, after) => {
    server.longLife = life;
    expect((await signIn()).tokens.refreshAfter).toBe(after);
  });
});

describe('a code', () => {
  it('is good once', async () => {
    const by = provider();
    const parameters = await authorized(by);
    await by.redeem({ ...attempt, parameters });
    await expect(by.redeem({ ...attempt, parameters })).rejects.toMatchObject({
      code: 'sign_in_code_refused',
      detail: 'Graph answered error_100_36009',
    });
  });

  it('is refused with another redirect address', async () => {
    const parameters = await authorized(provider());
    const redeeming = provider().redeem({ ...attempt, parameters, redirectUri: 'https://elsewhere.example/' });
    await expect(redeeming).rejects.toMatchObject({ code: 'sign_in_code_refused' });
  });

  it.each([refusal(100), refusal(190)])('is refused when it is none, or has expired', async (answer) => {
    server.fail(tokenPath, answer);
    const redeeming = provider().redeem({ ...attempt, parameters: { code: 'AQx' } });
    await expect(redeeming).rejects.toMatchObject({ code: 'sign_in_code_refused' });
  });

  it('is refused with a wrong app secret', async () => {
    const parameters = await authorized(provider());
    await expect(wrongSecret().redeem({ ...attempt, parameters })).rejects.toMatchObject({
      code: 'provider_misconfigured',
      detail: 'Graph answered client_secret_refused',
    });
  });

  it('is refused with a wrong app id', async () => {
    const parameters = await authorized(provider());
    const redeeming = provider({ clientId: '999' }).redeem({ ...attempt, parameters });
    await expect(redeeming).rejects.toMatchObject({ code: 'provider_misconfigured' });
  });

  it('must be there', async () => {
    const redeeming = provider().redeem({ ...attempt, parameters: {} });
    await expect(redeeming).rejects.toMatchObject({ code: 'request_malformed' });
    expect(server.received).toEqual([]);
  });
});

describe('a sign-in when Facebook', () => {
  it.each(failures)('%s fails with a code of its own, at every step', async (_case, fault, code) => {
    const parameters = await authorized(provider());
    server.fail(tokenPath, fault, 1);
    await expect(provider().redeem({ ...attempt, parameters })).rejects.toMatchObject({ code });

    await expect(signIn(provider({}, failingExchange(fault)))).rejects.toMatchObject({ code });

    server.clear();
    server.fail(mePath, fault);
    await expect(signIn()).rejects.toMatchObject({ code });
  });

  it.each([tokenPath, mePath])('is silent at %s is given up in time', async (silent) => {
    const by = provider();
    const parameters = await authorized(by);
    const error = await outcomeOfSilence(server, silent, () => by.redeem({ ...attempt, parameters }));
    expect(error).toMatchObject({ code: 'provider_unavailable' });
  });

  it.each([1, 2, 4, 17, 32, 341, 368, 613])('answers code %i fails for now', async (code) => {
    const parameters = await authorized(provider());
    server.fail(tokenPath, refusal(code));
    await expect(provider().redeem({ ...attempt, parameters })).rejects.toMatchObject({
      code: 'provider_unavailable',
      detail: `Graph answered error_${code}`,
    });
  });

  it('wants to see the user first is told so', async () => {
    await expect(signIn(provider({}, failingExchange(refusal(190, 459))))).rejects.toMatchObject({
      code: 'sign_in_refused',
      detail: 'Graph answered user_checkpointed',
    });
    server.clear();
    server.fail(mePath, refusal(190, 464));
    await expect(signIn()).rejects.toMatchObject({ code: 'sign_in_refused' });
  });

  it.each([
    ['no token', tokenPath, { token_type: 'bearer' }],
    ['nobody', mePath, { name: 'Mark Example' }],
    ['somebody whose id is a number', mePath, { id: 5 }],
    ['a list', mePath, []],
  ])('answers with %s fails', async (_case, where, body) => {
    server.fail(where, { body });
    await expect(signIn()).rejects.toMatchObject({ code: 'provider_response_invalid' });
  });
});

describe('a refresh', () => {
  it('exchanges the token for another one, again and again', async () => {
    const by = provider();
    let { tokens } = await signIn(by);
    for (const _time of [1, 2]) {
      const before = accessTokenOf(tokens);
      const result = await by.refresh(refreshTokenOf(tokens), somebody);
      if (!result.ok) throw new Error(result.failure.reason);
      ({ tokens } = result);
      expect(accessTokenOf(tokens)).not.toBe(before);
      expect(server.isAlive(accessTokenOf(tokens))).toBe(true);
      expect(refreshTokenOf(tokens).reveal()).toBe(accessTokenOf(tokens));
      expect(tokens).toMatchObject({ expiresIn: 5_183_944, refreshAfter: 2_591_972 });
    }
  });

  it.each([
    ['the user removed the app', 458, 'app_not_installed'],
    ['Facebook wants to see the user', 459, 'user_checkpointed'],
    ['the password was changed', 460, 'password_changed'],
    ['the token has expired', 463, 'token_expired'],
    ['the account is not confirmed', 464, 'user_not_confirmed'],
    ['the token is not valid any more', 467, 'token_invalid'],
    ['the token is refused for another reason', 490, 'error_190_490'],
  ])('is refused for good when %s', async (_case, subcode, reason) => {
    const by = provider();
    const { tokens } = await signIn(by);
    server.endAll(subcode);
    expect(await by.refresh(refreshTokenOf(tokens), somebody)).toEqual({
      ok: false,
      failure: { kind: 'refused', reason },
    });
  });

  it.each([
    ['190', refusal(190), 'error_190'],
    ['102', refusal(102), 'error_102'],
  ])('is refused for good by code %s alone', async (_case, answer, reason) => {
    server.fail(tokenPath, answer);
    const result = await provider().refresh(new Secret('refresh_token', 'EAAx'), somebody);
    expect(result).toEqual({ ok: false, failure: { kind: 'refused', reason } });
  });

  it('with a wrong app secret is no word against the token', async () => {
    const { tokens } = await signIn();
    expect(await wrongSecret().refresh(refreshTokenOf(tokens), somebody)).toEqual({
      ok: false,
      failure: { kind: 'unavailable', reason: 'client_secret_refused' },
    });
  });

  it.each(failures)('when Facebook %s may succeed later', async (_case, fault) => {
    server.fail(tokenPath, fault);
    const result = await provider().refresh(new Secret('refresh_token', 'EAAx'), somebody);
    expect(result).toMatchObject({ ok: false, failure: { kind: expect.stringMatching(/^(unavailable|unanswered)$/) } });
  });

  it('when Facebook is silent may succeed later', async () => {
    const token = new Secret('refresh_token' as const, 'EAAx');
    const result = await outcomeOfSilence(server, tokenPath, () => provider().refresh(token, somebody));
    expect(result).toEqual({ ok: false, failure: { kind: 'unanswered', reason: 'provider_unavailable' } });
  });
});

it('a revocation is not possible, and Facebook not asked', async () => {
  expect(await provider().revoke({ refreshToken: new Secret('refresh_token', 'EAAx') }, nobody)).toBe(false);
  expect(server.received).toEqual([]);
});

describe('a sign-in with an access token that the client brings', () => {
  it('tells who the user is, with a long-lived token in its place', async () => {
    const brought = server.issue();
    const signedIn = await provider().signInWith({ accessToken: accessToken(brought) });
    expect(signedIn).toMatchObject({
      issuer: server.origin,
      subject: mark.id,
      claims: { email: 'mark@example.com' },
      tokens: { expiresIn: 5_183_944, refreshAfter: 2_591_972 },
    });
    expect(accessTokenOf(signedIn.tokens)).not.toBe(brought);
    expect(server.isAlive(accessTokenOf(signedIn.tokens))).toBe(true);
    expect(asked()).toEqual([debugPath, tokenPath, mePath]);
  });

  it('may be with one that does not expire', async () => {
    const brought = server.issue({ expiresAt: 0 });
    expect(await provider().signInWith({ accessToken: accessToken(brought) })).toMatchObject({ subject: mark.id });
  });

  it.each<[string, ClientTokens]>([
    ['nothing', {}],
    ['the authentication token of Limited Login', { idToken: new Secret('id_token', 'eyJ.e30.x') }],
  ])('needs it: %s is not enough', async (_case, tokens) => {
    const signing = provider().signInWith(tokens);
    await expect(signing).rejects.toMatchObject({ code: 'client_token_missing', detail: 'access_token' });
    expect(server.received).toEqual([]);
  });

  const ended = (subcode: number) => () => {
    const brought = server.issue();
    server.endAll(subcode);
    return brought;
  };
  it.each<[string, () => string, string]>([
    ['of another app', () => server.issue({ appId: '999' }), 'error_100'],
    ['that has expired', () => server.issue({ expiresAt: 1_000 }), 'token_expired'],
    ['of a user who removed the app', ended(458), 'app_not_installed'],
    ['of a user with a new password', ended(460), 'password_changed'],
    ['that was changed', () => `${server.issue().slice(0, -4)}0000`, 'error_190'],
    ['of Limited Login', () => 'eyJhbGciOiJSUzI1NiJ9.e30.x', 'error_190'],
    ['of a page', () => server.issue({ type: 'PAGE' }), 'not of a user'],
  ])('refuses one %s', async (_case, token, reason) => {
    const signing = provider().signInWith({ accessToken: accessToken(token()) });
    await expect(signing).rejects.toMatchObject({
      code: 'client_token_refused',
      detail: expect.stringContaining(reason),
    });
    expect(asked()).toEqual([debugPath]);
  });

  const facts = { app_id: facebook.appId, type: 'USER', is_valid: true, user_id: mark.id, expires_at: 0 };
  it.each([
    ['is not called valid', { ...facts, is_valid: false }, 'client_token_refused'],
    ['is called valid in a word', { ...facts, is_valid: 'true' }, 'client_token_refused'],
    ['names another app', { ...facts, app_id: '999' }, 'client_token_refused'],
    ['names no app', { ...facts, app_id: undefined }, 'client_token_refused'],
    ['names no user', { ...facts, user_id: undefined }, 'client_token_refused'],
    ['has expired all the same', { ...facts, expires_at: 1_000 }, 'client_token_refused'],
    ['is nothing', undefined, 'provider_response_invalid'],
    ['is of another user than the profile', { ...facts, user_id: '5' }, 'provider_response_invalid'],
  ])('refuses one whose check %s', async (_case, data, code) => {
    server.fail(debugPath, { body: { data } });
    const signing = provider().signInWith({ accessToken: accessToken(server.issue()) });
    await expect(signing).rejects.toMatchObject({ code });
  });

  it('refuses one that ends between the check and the exchange', async () => {
    const by = provider({}, failingExchange(refusal(190, 460)));
    const signing = by.signInWith({ accessToken: accessToken(server.issue()) });
    await expect(signing).rejects.toMatchObject({ code: 'client_token_refused' });
  });

  it('fails with a wrong app secret, whatever the token', async () => {
    const signing = wrongSecret().signInWith({ accessToken: accessToken(server.issue()) });
    await expect(signing).rejects.toMatchObject({ code: 'provider_misconfigured' });
  });

  it.each(failures)('fails when Facebook %s, at every step', async (_case, fault, code) => {
    for (const where of [debugPath, tokenPath, mePath]) {
      server.clear();
      server.fail(where, fault);
      const signing = provider().signInWith({ accessToken: accessToken(server.issue()) });
      await expect(signing).rejects.toMatchObject({ code });
    }
  });

  it.each([debugPath, tokenPath, mePath])('is given up in time when Facebook is silent at %s', async (silent) => {
    const brought = accessToken(server.issue());
    const error = await outcomeOfSilence(server, silent, () => provider().signInWith({ accessToken: brought }));
    expect(error).toMatchObject({ code: 'provider_unavailable' });
  });

  it('tells nobody the token, also when Facebook repeats it in an error', async () => {
    const brought = server.issue();
    server.fail(tokenPath, refusal(190, 463, `Malformed access token ${brought}`));
    const error: Error = await provider()
      .signInWith({ accessToken: accessToken(brought) })
      .catch((one) => one);
    const cause = error.cause as Error;
    expect(`${error.message} ${error.stack} ${cause.message} ${JSON.stringify([error, cause])}`).not.toContain(brought);
    expect(server.received.map(({ url }) => url.href).join()).not.toContain(brought);
  });
});

it('has no page to sign out at, and no JWTs of its own', async () => {
  expect(await provider().signOutUrl('https://app.example/')).toBeUndefined();
  expect(provider()).toMatchObject({ name: 'facebook', title: 'Facebook', hasTargets: false, acceptsBearer: false });
});
