import { exportSPKI, importJWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  accessTokenHeader,
  agree,
  askFor,
  backendJson,
  type JobIssuer,
  refusalIn,
  startJobIssuer,
} from '../../fixtures/backends.ts';
import { type LocalApp, localApp, signedIn } from '../../fixtures/local-app.ts';
import { sessionIdIn, storedEntry, storedSession } from '../../fixtures/stored.ts';
import { newSigningKey } from '../../providers/impersonators/signing-key.ts';

let jobs: JobIssuer;
let local: LocalApp;
let cookie: string;
let user: string;
beforeAll(async () => {
  jobs = await startJobIssuer();
  local = await localApp({
    authJson: (document) => ({ ...document, backends: { reports: backendJson(jobs.issuer) } }),
  });
  cookie = (await signedIn(local)).cookie;
  await agree(local, cookie);
  user = `demo:${(await storedEntry(local.app, sessionIdIn(cookie))).subject}`;
});
beforeEach(() => {
  jobs.clear();
  local.clock.reset();
  local.logged.length = 0;
});
afterAll(async () => {
  await local.close();
  await jobs.close();
});

const good = (changes: JWTPayload = {}) => jobs.token(local.clock.now(), changes);
const refusal = async (token: string | undefined, headers = {}) =>
  refusalIn(await askFor(local, token, { user, headers }));

it('a good token of an application is taken', async () => {
  expect((await askFor(local, await good(), { user })).status).toBe(200);
});

describe('no token is', () => {
  it('nothing at all', async () => {
    expect(await refusal(undefined)).toBe('401 backend_token_missing');
  });

  it('the session cookie, or a session token in X-ZUMO-AUTH', async () => {
    expect(await refusal(undefined, { cookie })).toBe('401 backend_token_missing');
    const session = cookie.slice(cookie.indexOf('=') + 1);
    expect(await refusal(undefined, { 'x-zumo-auth': session })).toBe('401 backend_token_missing');
  });

  it('another scheme', async () => {
    expect(await refusal(undefined, { authorization: `Basic ${btoa('job:secret')}` })).toBe(
      '401 backend_token_missing',
    );
  });
});

describe('a token is refused that is', () => {
  const issuerWrong = '401 backend_token_refused: its claim iss is missing or wrong';
  const times = '401 backend_token_refused: it has expired or is from the future';
  const signature = '401 backend_token_refused: its signature is wrong';
  const aUsers = "401 backend_token_refused: it is a user's";

  it('a session token', async () => {
    expect(await refusal(cookie.slice(cookie.indexOf('=') + 1))).toBe(issuerWrong);
  });

  it("the user's ID token, or the user's own access token", async () => {
    const { idToken, accessToken } = await storedEntry(local.app, sessionIdIn(cookie));
    expect(await refusal(idToken?.reveal())).toBe(issuerWrong);
    expect(await refusal(accessToken.reveal())).toBe('401 backend_token_refused: it is no JWT');
  });

  it('an ID token of the same issuer', async () => {
    const claims = jobs.claims(local.clock.now());
    expect(await refusal(await jobs.key.sign(claims, { typ: 'JWT' }))).toBe(
      '401 backend_token_refused: it is no access token (typ at+jwt)',
    );
    expect(await refusal(await jobs.key.sign(claims))).toContain('typ at+jwt');
  });

  it("a user's access token of the same issuer, whichever application it is of", async () => {
    expect(await refusal(await good({ sub: 'ada' }))).toBe(aUsers);
    expect(await refusal(await good({ sub: 'ada', client_id: 'spa' }))).toBe(aUsers);
  });

  it('expired, or not good yet', async () => {
    const now = Math.floor(local.clock.now() / 1000);
    expect(await refusal(await good({ exp: now - 301 }))).toBe(times);
    expect(await refusal(await good({ nbf: now + 310 }))).toBe(times);
    expect(await refusal(await good({ iat: now + 310 }))).toBe(times);
    const { exp: _never, ...endless } = jobs.claims(local.clock.now());
    const missing = '401 backend_token_refused: its claim exp is missing or wrong';
    expect(await refusal(await jobs.key.sign(endless, accessTokenHeader))).toBe(missing);
  });

  it('for somebody else', async () => {
    const audience = '401 backend_token_refused: its claim aud is missing or wrong';
    expect(await refusal(await good({ aud: 'api://other' }))).toBe(audience);
    expect(await refusal(await good({ aud: local.app.settings.publicOrigin }))).toBe(audience);
  });

  it('of another issuer, whatever its key', async () => {
    expect(await refusal(await good({ iss: 'https://other.example' }))).toBe(issuerWrong);
    expect(await refusal(await good({ iss: `${jobs.issuer}/` }))).toBe(issuerWrong);
    expect(jobs.received).toEqual([]);
  });

  it('not signed', async () => {
    const claims = jobs.claims(local.clock.now());
    expect(await refusal(new UnsecuredJWT(claims).encode())).toContain('401 backend_token_refused: it');
  });

  it('signed by HMAC with the public key', async () => {
    const [jwk = {}] = jobs.key.jwks.keys;
    const publicKey = await importJWK(jwk, 'RS256', { extractable: true });
    const secret = Buffer.from(await exportSPKI(publicKey as Parameters<typeof exportSPKI>[0]));
    const forged = await new SignJWT(jobs.claims(local.clock.now()))
      .setProtectedHeader({ alg: 'HS256', kid: 'job-key', ...accessTokenHeader })
      .sign(secret);
    expect(await refusal(forged)).toBe('401 backend_token_refused: its algorithm is not allowed');
  });

  it('signed by another key of that name, or changed', async () => {
    const other = await newSigningKey('job-key');
    expect(await refusal(await other.sign(jobs.claims(local.clock.now()), accessTokenHeader))).toBe(signature);
    const [header, , rest] = (await good()).split('.');
    const claims = Buffer.from(JSON.stringify(jobs.claims(local.clock.now(), { scope: 'all' }))).toString('base64url');
    expect(await refusal([header, claims, rest].join('.'))).toBe(signature);
  });

  it('longer than any good one, before anybody is asked about it', async () => {
    const long = await good({ padding: 'x'.repeat(8 * 1024) });
    expect(await refusal(long)).toBe('401 backend_token_refused: it is too long');
    expect(jobs.received).toEqual([]);
  });
});

describe('an application may not', () => {
  it('that no backend has', async () => {
    expect(await refusal(await good({ sub: 'stranger', client_id: 'stranger' }))).toBe(
      '403 backend_not_allowed: no backend has this application id',
    );
  });

  it.each([{ scope: 'other' }, { scope: 'tokens.read.all' }, { scope: undefined }, { scope: ['tokens.read'] }])(
    'without the scope: %o',
    async (changes) => {
      expect(await refusal(await good(changes))).toBe('403 backend_not_allowed: its token lacks tokens.read');
    },
  );
});

it('a refusal is logged with its code and the backend, as far as that is known', async () => {
  await refusal(undefined);
  await refusalIn(await askFor(local, await good(), { user: 'demo:nobody' }));
  const lines = local.logged.filter(({ event }) => event === 'backend_token_refused');
  expect(lines).toMatchObject([{ error: 'backend_token_missing' }, { backend: 'reports', error: 'user_unknown' }]);
  expect(lines[0]).not.toHaveProperty('backend');
  expect(JSON.stringify(local.logged)).not.toMatch(/nobody|Bearer|eyJ/);
});

it('no refusal leaves a trace in the session, nor leads to a sign-in', async () => {
  const before = await storedSession(local.app, sessionIdIn(cookie));
  const response = await askFor(local, undefined, { user });
  expect(await response.json()).not.toHaveProperty('login');
  expect(await storedSession(local.app, sessionIdIn(cookie))).toEqual(before);
});

describe('the issuer', () => {
  it('that cannot be asked makes the answer 503, and is asked again by the next call', async () => {
    const other = local.another();
    jobs.fail('/jwks', { status: 503 }, 1);
    const app = local.app.backendOf;
    Object.assign(local.app, { backendOf: other.backendOf });
    expect(await refusal(await good())).toBe('503 provider_unavailable: its keys answered 503');
    expect((await askFor(local, await good(), { user })).status).toBe(200);
    Object.assign(local.app, { backendOf: app });
  });

  it('is asked for its keys once', async () => {
    await askFor(local, await good(), { user });
    jobs.clear();
    for (let call = 0; call < 3; call++) await askFor(local, await good(), { user });
    expect(jobs.received.map(({ url }) => url.pathname)).toEqual([]);
  });
});
