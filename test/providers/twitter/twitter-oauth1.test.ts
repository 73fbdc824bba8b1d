import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../shared/errors/table.ts';
import { machine, type Platform } from '../../../shared/platform.ts';
import type { Identity, Provider, RequestToken, SignedIn } from '../../../shared/providers/provider.ts';
import { type TwitterOAuth1Settings, twitterOAuth1Provider } from '../../../shared/providers/twitter/twitter-oauth1.ts';
import { claimViews } from '../../../shared/sessions/claims.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { nobody } from '../../fixtures/nobody.ts';
import { outcomeOfSilence } from '../../fixtures/time-limits.ts';
import type { Fault } from '../impersonators/impersonator.ts';
import {
  callback,
  consumer,
  startTwitterOAuth1,
  type TwitterOAuth1Impersonator,
  xUser,
} from '../impersonators/twitter-oauth1.ts';

let server: TwitterOAuth1Impersonator;
beforeAll(async () => {
  server = await startTwitterOAuth1();
});
afterEach(() => {
  server.clear();
  server.agrees = true;
});
afterAll(() => server.close());

const requestPath = '/oauth/request_token';
const accessPath = '/oauth/access_token';
const verifyPath = '/1.1/account/verify_credentials.json';

function provider(changes: Partial<TwitterOAuth1Settings> = {}, parts: Platform = machine): Provider {
  const settings: TwitterOAuth1Settings = {
    kind: 'twitter-oauth1',
    name: 'twitter',
    consumerKey: consumer.key,
    consumerSecret: new Secret('client_secret', consumer.secret),
    endpoints: server.endpoints,
    ...changes,
  };
  return twitterOAuth1Provider(settings, parts);
}

const request = { redirectUri: callback, state: 's', nonce: 'n', codeVerifier: 'v'.repeat(43), extra: {} };
const attempt = { redirectUri: callback, nonce: 'n', codeVerifier: 'v'.repeat(43) };

/** What X sends to the callback once the user has been asked, and what the attempt keeps. */
async function authorized(by: Provider = provider()) {
  const { url, requestToken } = await by.authorizationUrl(request);
  const response = await fetch(url, { redirect: 'manual' });
  const parameters = Object.fromEntries(new URL(response.headers.get('location') ?? '').searchParams);
  return { parameters, requestToken: requestToken ?? expect.fail('there is no request token') };
}

async function signIn(by: Provider = provider()): Promise<SignedIn> {
  return by.redeem({ ...attempt, ...(await authorized(by)) });
}

const brought = ({ key, secret }: { key: string; secret: string }) => ({
  accessToken: new Secret('access_token', key),
  accessTokenSecret: new Secret('access_token_secret', secret),
});

const asked = () => server.received.map(({ url }) => url.pathname);

const failures: [string, Fault, ErrorCode][] = [
  ['has an outage', { status: 502, body: '<html>' }, 'provider_unavailable'],
  ['is asked too often', { status: 429 }, 'provider_unavailable'],
  ['cuts the line', 'cut', 'provider_unavailable'],
  [
    'sends elsewhere',
    { status: 302, headers: { location: 'https://elsewhere.example/' } },
    'provider_response_invalid',
  ],
  ['answers with a page', { body: '<html>' }, 'provider_response_invalid'],
];

describe('the start of a sign-in', () => {
  it('sends the browser on with a request token for this callback', async () => {
    const { url, requestToken } = await provider().authorizationUrl({ ...request, extra: { screen_name: 'xapi' } });
    expect(`${url.origin}${url.pathname}`).toBe(server.endpoints.authorization);
    expect(Object.fromEntries(url.searchParams)).toEqual({ screen_name: 'xapi', oauth_token: requestToken?.token });
    expect(asked()).toEqual([requestPath]);
  });

  it('keeps the secret of the request token out of the address', async () => {
    const { url, requestToken } = await provider().authorizationUrl(request);
    const secret = requestToken?.secret.reveal() ?? '';
    expect(secret).not.toBe('');
    expect(url.href).not.toContain(secret);
  });

  it('lets nobody choose another request token', async () => {
    const { url, requestToken } = await provider().authorizationUrl({ ...request, extra: { oauth_token: 'another' } });
    expect(url.searchParams.getAll('oauth_token')).toEqual([requestToken?.token]);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'of a wrong consumer secret',
      () => provider({ consumerSecret: new Secret('client_secret', 'wrong') }).authorizationUrl(request),
      'request_token answered 401 (32)',
    ],
    [
      'of an unknown consumer key',
      () => provider({ consumerKey: 'unknown' }).authorizationUrl(request),
      'request_token answered 401 (32)',
    ],
    [
      'of a callback that is not registered',
      () => provider().authorizationUrl({ ...request, redirectUri: 'https://elsewhere.example/' }),
      'request_token answered 403 (415)',
    ],
    [
      'of a clock that is wrong',
      () => {
        const clock = { ...machine.clock, now: () => Date.now() - 3_600_000 };
        return provider({}, { ...machine, clock }).authorizationUrl(request);
      },
      'request_token answered 401 (135)',
    ],
  ])('fails because %s', async (_case, start, detail) => {
    await expect(start()).rejects.toMatchObject({ code: 'provider_misconfigured', detail });
  });

  it.each([
    ['no confirmation of the callback', 'oauth_token=t&oauth_token_secret=s'],
    ['a callback that is not confirmed', 'oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed=false'],
    ['no secret', 'oauth_token=t&oauth_callback_confirmed=true'],
    ['an empty token', 'oauth_token=&oauth_token_secret=s&oauth_callback_confirmed=true'],
  ])('fails with %s', async (_case, body) => {
    server.fail(requestPath, { body });
    await expect(provider().authorizationUrl(request)).rejects.toMatchObject({ code: 'provider_response_invalid' });
  });

  it.each(failures)('fails when X %s', async (_case, fault, code) => {
    server.fail(requestPath, fault);
    await expect(provider().authorizationUrl(request)).rejects.toMatchObject({ code });
  });

  it('tells when a rate limit ends', async () => {
    const reset = String(Math.floor(Date.now() / 1000) + 600);
    server.fail(requestPath, { status: 429, headers: { 'x-rate-limit-reset': reset } });
    const error = await provider()
      .authorizationUrl(request)
      .catch((thrown) => thrown);
    expect(error.retryAfterSeconds).toBeGreaterThan(590);
    expect(error.retryAfterSeconds).toBeLessThanOrEqual(600);
  });

  it('is given up in time when X is silent', async () => {
    const error = await outcomeOfSilence(server, requestPath, () => provider().authorizationUrl(request));
    expect(error).toMatchObject({ code: 'provider_unavailable' });
  });
});

describe('a sign-in', () => {
  it('tells who the user is, with a token and its secret that do not expire', async () => {
    const signedIn = await signIn();
    expect(signedIn).toMatchObject({ issuer: 'https://x.com', subject: '6253282' });
    expect(Object.keys(signedIn.tokens)).toEqual(['accessToken', 'accessTokenSecret']);
    const { accessToken, accessTokenSecret } = signedIn.tokens;
    const again = await provider().signInWith({
      accessToken: accessToken ?? expect.fail('there is no token'),
      accessTokenSecret: accessTokenSecret ?? expect.fail('there is no secret'),
    });
    expect(again.subject).toBe('6253282');
  });

  it('shows the claim types and values of App Service', async () => {
    const { claims } = await signIn();
    expect(claimViews(claims, provider().claimTypes, true)).toEqual([
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier', val: '6253282' },
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn', val: 'XAPI' },
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name', val: 'X API' },
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/webpage', val: 'https://t.example/api' },
      { typ: 'urn:twitter:description', val: 'The Real API.' },
      { typ: 'urn:twitter:location', val: 'San Francisco, CA' },
      { typ: 'urn:twitter:profile_image_url_https', val: 'https://images.example/XAPI.png' },
      { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress', val: 'xapi@example.com' },
      { typ: 'urn:twitter:verified', val: 'False' },
    ]);
  });

  it('calls the user by screen name, and knows them by the numeric id', async () => {
    const { claims, subject } = await signIn();
    expect(provider().displayName(claims, subject)).toBe('XAPI');
    expect(provider().principalId(claims, subject)).toBe('6253282');
  });

  it('needs no profile where the access level of the app leaves it out', async () => {
    server.fail(verifyPath, {
      status: 403,
      body: { errors: [{ message: 'You currently have access to…', code: 453 }] },
    });
    const { claims, subject, tokens } = await signIn();
    expect(subject).toBe('6253282');
    expect(claims).toEqual({ id: '6253282', screen_name: 'XAPI' });
    expect(tokens.accessTokenSecret).toBeDefined();
  });

  it('fails when X suspends the user or the app', async () => {
    server.fail(verifyPath, { status: 403, body: { errors: [{ code: 64, message: 'Your account is suspended' }] } });
    await expect(signIn()).rejects.toMatchObject({
      code: 'provider_misconfigured',
      detail: 'verify_credentials answered 403 (64)',
    });
  });

  it('fails when the profile is somebody else’s', async () => {
    server.fail(verifyPath, { body: { ...xUser, id_str: '1' } });
    await expect(signIn()).rejects.toMatchObject({ code: 'provider_response_invalid' });
  });

  it.each([accessPath, verifyPath].flatMap((path) => failures.map((one) => [path, ...one] as const)))(
    'at %s fails when X %s',
    async (path, _case, fault, code) => {
      server.fail(path, fault);
      await expect(signIn()).rejects.toMatchObject({ code });
    },
  );

  it.each([accessPath, verifyPath])('is given up in time when X is silent at %s', async (path) => {
    const answer = await authorized();
    const error = await outcomeOfSilence(server, path, () => provider().redeem({ ...attempt, ...answer }));
    expect(error).toMatchObject({ code: 'provider_unavailable' });
  });
});

describe('an answer of X', () => {
  const redeem = (parameters: Record<string, string>, requestToken?: RequestToken) =>
    provider().redeem({ ...attempt, parameters, ...(requestToken ? { requestToken } : {}) });

  it('is good once', async () => {
    const { parameters, requestToken } = await authorized();
    await redeem(parameters, requestToken);
    await expect(redeem(parameters, requestToken)).rejects.toMatchObject({ code: 'sign_in_code_refused' });
  });

  it('is refused when the request token has expired', async () => {
    const { parameters, requestToken } = await authorized();
    server.endAll();
    await expect(redeem(parameters, requestToken)).rejects.toMatchObject({
      code: 'sign_in_code_refused',
      detail: 'access_token answered 401 (89)',
    });
  });

  it('is refused with a verifier that was changed', async () => {
    const { parameters, requestToken } = await authorized();
    const changed = { ...parameters, oauth_verifier: 'guessed' };
    await expect(redeem(changed, requestToken)).rejects.toMatchObject({ code: 'sign_in_code_refused' });
  });

  it('must have a verifier', async () => {
    const { parameters, requestToken } = await authorized();
    const { oauth_verifier: _none, ...rest } = parameters;
    await expect(redeem(rest, requestToken)).rejects.toMatchObject({ code: 'request_malformed' });
    expect(asked()).not.toContain(accessPath);
  });

  it('must belong to the request token of the attempt', async () => {
    const [first, second] = [await authorized(), await authorized()];
    await expect(redeem(first.parameters, second.requestToken)).rejects.toMatchObject({
      code: 'sign_in_state_invalid',
    });
    await expect(redeem(first.parameters)).rejects.toMatchObject({ code: 'sign_in_state_invalid' });
    expect(asked()).not.toContain(accessPath);
  });
});

describe('a sign-in with the tokens that the client brings', () => {
  it('tells who the user is', async () => {
    const token = server.issue();
    const signedIn = await provider().signInWith(brought(token));
    expect(signedIn).toMatchObject({ issuer: 'https://x.com', subject: '6253282', claims: { screen_name: 'XAPI' } });
    expect(signedIn.tokens.accessToken?.reveal()).toBe(token.key);
    expect(signedIn.tokens.accessTokenSecret?.reveal()).toBe(token.secret);
    expect(asked()).toEqual([verifyPath]);
  });

  it('needs both the token and its secret', async () => {
    const { accessToken, accessTokenSecret } = brought(server.issue());
    const missing = (detail: string) => ({ code: 'client_token_missing', detail });
    await expect(provider().signInWith({ accessTokenSecret })).rejects.toMatchObject(missing('access_token'));
    await expect(provider().signInWith({ accessToken })).rejects.toMatchObject(missing('access_token_secret'));
    expect(server.received).toEqual([]);
  });

  it.each<[string, () => { key: string; secret: string }]>([
    ['a token of another app', () => server.issue('another-consumer')],
    ['a token that was changed', () => ({ ...server.issue(), key: '6253282-changed' })],
    ['a secret that was changed', () => ({ ...server.issue(), secret: 'changed' })],
    [
      'a token that was revoked',
      () => {
        const token = server.issue();
        server.endAll();
        return token;
      },
    ],
  ])('refuses %s', async (_case, token) => {
    const bad = token();
    const error: Error = await provider()
      .signInWith(brought(bad))
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'client_token_refused' });
    expect(`${error.message} ${JSON.stringify(error)}`).not.toMatch(new RegExp(`${bad.key}|${bad.secret}`));
  });

  it('needs the profile, for nothing else says who the user is', async () => {
    server.fail(verifyPath, { status: 403, body: { errors: [{ code: 453, message: 'access level' }] } });
    await expect(provider().signInWith(brought(server.issue()))).rejects.toMatchObject({
      code: 'provider_misconfigured',
      detail: 'verify_credentials answered 403 (453)',
    });
  });

  it.each(failures)('fails when X %s', async (_case, fault, code) => {
    server.fail(verifyPath, fault);
    await expect(provider().signInWith(brought(server.issue()))).rejects.toMatchObject({ code });
  });

  it('is given up in time when X is silent', async () => {
    const error = await outcomeOfSilence(server, verifyPath, () => provider().signInWith(brought(server.issue())));
    expect(error).toMatchObject({ code: 'provider_unavailable' });
  });
});

it('has nothing to refresh, to revoke or to sign out at', async () => {
  const identity: Identity = { issuer: 'https://x.com', subject: '6253282', claims: {} };
  const token = new Secret('refresh_token', 'of an OAuth 2.0 registration before');
  expect(await provider().refresh(token, identity)).toEqual({
    ok: false,
    failure: { kind: 'refused', reason: 'no_refresh_in_oauth1' },
  });
  expect(await provider().revoke({ refreshToken: token }, nobody)).toBe(false);
  expect(await provider().signOutUrl('https://app.example/')).toBeUndefined();
  expect(server.received).toEqual([]);
  expect(provider()).toMatchObject({ title: 'X', hasTargets: false, acceptsBearer: false });
});
