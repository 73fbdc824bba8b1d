import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LocalApp, localApp, signedIn } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { sessionIdIn, storedEntry } from '../../fixtures/stored.ts';
import { userData } from '../../fixtures/user-data.ts';

interface Reply {
  readonly authenticationToken: string;
  readonly user: { readonly userId: string };
}

let local: LocalApp;
/** What a native SDK of the provider would have got. */
let brought: { id_token: string; access_token: string; refresh_token: string };
let userId: string;
beforeAll(async () => {
  local = await localApp();
  const { cookie } = await signedIn(local);
  const { accessToken, idToken, refreshToken } = await storedEntry(local.app, sessionIdIn(cookie));
  brought = {
    id_token: idToken?.reveal() ?? '',
    access_token: accessToken.reveal(),
    refresh_token: refreshToken?.reveal() ?? '',
  };
  userId = String(decodeJwt(cookie.slice(cookie.indexOf('=') + 1)).sub);
});
afterEach(() => {
  local.clock.reset();
  local.logged.length = 0;
});
afterAll(() => local.close());

function post(body: unknown, { path = '/.auth/login/demo', headers = {} as Record<string, string> } = {}) {
  return local.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function me({ authenticationToken }: Reply) {
  const response = await local.fetch('/.auth/me', { headers: { 'x-zumo-auth': authenticationToken } });
  const [entry] = (await response.json()) as Record<string, unknown>[];
  return entry;
}

/** Posts what must be refused, and gives its problem. */
async function refused(...request: Parameters<typeof post>) {
  const before = await userData(local.app);
  const response = await post(...request);
  const problem = await problemIn(response);
  expect(await userData(local.app)).toEqual(before);
  return problem;
}

describe('a client that has signed in by itself', () => {
  it('is given a session token of the same user for its ID token, and no cookie', async () => {
    const response = await post({ id_token: brought.id_token });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.getSetCookie()).toEqual([]);
    const reply = (await response.json()) as Reply;
    expect(reply).toEqual({ authenticationToken: expect.any(String), user: { userId } });
    expect(await me(reply)).toMatchObject({ provider_name: 'demo', user_id: 'ada@example.com' });
    expect(local.logged).toContainEqual(
      expect.objectContaining({ event: 'sign_in_finished', session: sessionIdIn(`c=${reply.authenticationToken}`) }),
    );
  });

  it('has the tokens stored that it brings along', async () => {
    const { refresh_token: _, ...tokens } = brought;
    const reply = (await (await post({ ...tokens, expires_in: 1800 })).json()) as Reply;
    const entry = await storedEntry(local.app, sessionIdIn(`c=${reply.authenticationToken}`));
    expect(entry.accessToken.reveal()).toBe(brought.access_token);
    expect(entry.idToken?.reveal()).toBe(brought.id_token);
    expect(entry).not.toHaveProperty('refreshToken');
    expect((entry.expiresAt ?? 0) - entry.issuedAt).toBe(1800);
  });

  it('can have its tokens refreshed where it brings a refresh token, which is redeemed at once', async () => {
    const own = await storedEntry(local.app, sessionIdIn((await signedIn(local)).cookie));
    const body = { id_token: own.idToken?.reveal(), refresh_token: own.refreshToken?.reveal() };
    const reply = (await (await post(body)).json()) as Reply;
    const entry = await storedEntry(local.app, sessionIdIn(`c=${reply.authenticationToken}`));
    expect(entry.refreshToken?.reveal()).not.toBe(body.refresh_token);
    const headers = { 'x-zumo-auth': reply.authenticationToken };
    expect((await local.fetch('/.auth/refresh', { headers })).status).toBe(200);
  });

  it.each<[string, Record<string, unknown>]>([
    ['in the member of the Live SDK', { authentication_token: 'ID' }],
    ['with null and empty members beside it', { id_token: 'ID', access_token: null, refresh_token: '' }],
    ['with the lifetime as a text', { id_token: 'ID', expires_in: '3599' }],
    ['with members that nobody knows', { id_token: 'ID', scope: ['a'], user: { name: 'Ada' } }],
  ])('may send its token %s', async (_case, body) => {
    const text = JSON.stringify(body).replace('"ID"', JSON.stringify(brought.id_token));
    expect((await post(text)).status).toBe(200);
  });

  it('may name the provider in any case, add parameters and say the charset', async () => {
    const response = await post(
      { id_token: brought.id_token },
      {
        path: '/.auth/login/DEMO?access_type=offline',
        headers: { 'content-type': 'Application/JSON; charset=utf-8' },
      },
    );
    expect(response.status).toBe(200);
  });

  it('may be a page of another site whose browser has a session here, which goes on', async () => {
    const { cookie, browser } = await signedIn(local);
    const headers = {
      cookie,
      origin: 'https://other.example',
      'sec-fetch-site': 'cross-site',
      'user-agent': 'Mozilla/5.0',
    };
    const response = await post({ id_token: brought.id_token }, { headers });
    expect(response.status).toBe(200);
    const reply = (await response.json()) as Reply;
    expect(sessionIdIn(`c=${reply.authenticationToken}`)).not.toBe(sessionIdIn(cookie));
    expect((await browser.get('http://localhost:7071/.auth/me')).response.status).toBe(200);
  });
});

describe('a token that is not good is refused', () => {
  it('when it was changed', async () => {
    const [head, payload = '', signature] = brought.id_token.split('.');
    const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'grace' };
    const forged = [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
    const problem = await refused({ id_token: forged });
    expect(problem).toMatchObject({ code: 'client_token_refused', status: 401, login: '/.auth/login/demo' });
    expect(local.logged).toContainEqual(
      expect.objectContaining({ event: 'sign_in_failed', provider: 'demo', error: 'client_token_refused' }),
    );
    expect(local.logged.map(({ event }) => event)).not.toContain('request_refused');
  });

  it('when it has expired', async () => {
    local.clock.advance(3600 + 301);
    expect((await refused({ id_token: brought.id_token })).code).toBe('client_token_refused');
  });

  it('when it is an access token that says nothing of its user', async () => {
    expect((await refused({ access_token: brought.access_token })).code).toBe('client_token_refused');
  });

  it('when it is a session token of ours', async () => {
    const { authenticationToken } = (await (await post({ id_token: brought.id_token })).json()) as Reply;
    expect((await refused({ id_token: authenticationToken })).code).toBe('client_token_refused');
  });
});

describe('a request that cannot be read is refused', () => {
  it.each<[string, unknown, string, string]>([
    ['without a token', {}, 'client_token_missing', 'id_token or access_token'],
    ['with a member that is no text', { id_token: ['x'] }, 'request_malformed', 'the member id_token'],
    [
      'with a token that no header could carry',
      { access_token: 'a\r\nb' },
      'request_malformed',
      'the member access_token',
    ],
    ['with a token of other letters', { refresh_token: 'é' }, 'request_malformed', 'the member refresh_token'],
    ['with a lifetime below zero', { expires_in: -1 }, 'request_malformed', 'the member expires_in'],
    ['with a lifetime of centuries', { expires_in: 9e9 }, 'request_malformed', 'the member expires_in'],
    ['with a lifetime in words', { expires_in: 'an hour' }, 'request_malformed', 'the member expires_in'],
    ['with an array', [], 'request_malformed', 'the body is to be a JSON object'],
    ['with null', 'null', 'request_malformed', 'the body is to be a JSON object'],
    ['with a text that is not JSON', '{id_token', 'request_malformed', 'the body is to be a JSON object'],
    ['with nothing', '', 'request_malformed', 'the body is to be a JSON object'],
  ])('%s', async (_case, body, code, detail) => {
    expect(await refused(body)).toMatchObject({ code, detail, status: 400 });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', ''])(
    'as %j, which pages of other sites may post without asking',
    async (type) => {
      const problem = await refused({ id_token: brought.id_token }, { headers: { 'content-type': type } });
      expect(problem).toMatchObject({ code: 'request_malformed', detail: 'the body is to be application/json' });
    },
  );

  it('with more than 64 KiB, whatever its header says', async () => {
    expect((await refused({ id_token: 'x'.repeat(65_536) })).code).toBe('request_too_large');
  });

  it('for a provider that is not configured', async () => {
    expect(await refused({ id_token: 'x' }, { path: '/.auth/login/other' })).toMatchObject({
      code: 'provider_unknown',
    });
  });
});

it('neither answer nor log quotes a token that is refused', async () => {
  const secret = `${brought.id_token.slice(0, -9)}changed-1`;
  for (const body of [{ id_token: secret }, { id_token: [secret] }, { [secret]: 1, expires_in: secret }, secret]) {
    const text = await (await post(body)).text();
    expect(text + JSON.stringify(local.logged)).not.toContain(secret);
  }
});
