import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { recallAttempt } from '../../../shared/sign-in/attempt.ts';
import { changedApp } from '../../fixtures/changed-app.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterEach(() => local.services.provider.control.clear());
afterAll(() => local.close());

/** The authorization request that a login leads to. */
async function authorizationRequest(query = '', from: Pick<LocalApp, 'fetch'> = local) {
  const response = await from.fetch(`/.auth/login/demo${query}`);
  expect(response.status).toBe(302);
  const url = new URL(response.headers.get('location') ?? '');
  return { response, url, parameters: url.searchParams };
}

describe('the authorization request', () => {
  it('asks the provider for a code with everything that binds the answer to this browser', async () => {
    const { url, parameters, response } = await authorizationRequest();
    expect(url.origin + url.pathname).toBe(`${local.services.provider.issuer}/authorize`);
    expect(Object.fromEntries(parameters)).toEqual({
      response_type: 'code',
      client_id: 'tokenkeep',
      scope: 'openid profile email offline_access',
      redirect_uri: `${origin}/.auth/login/demo/callback`,
      state: expect.stringMatching(/^[\w-]{17}\.[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    expect([...parameters.keys()].length).toBe(new Set(parameters.keys()).size);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('carries the challenge of the verifier and the nonce that the attempt cookie holds', async () => {
    const { parameters, response } = await authorizationRequest();
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const request = new Request(origin, { headers: { cookie } });
    const scope = { path: '/.auth/login', secure: false };
    const reference = { state: parameters.get('state') ?? '' };
    const { attempt } = await recallAttempt(reference, 'demo', request, scope, local.app.ring);
    const challenge = createHash('sha256').update(attempt.codeVerifier).digest('base64url');
    expect(parameters.get('code_challenge')).toBe(challenge);
    expect(parameters.get('nonce')).toBe(attempt.nonce);
    expect(attempt.codeVerifier).toMatch(/^[\w-]{43,128}$/);
    expect(new Set([attempt.codeVerifier, attempt.nonce, attempt.stateSecret]).size).toBe(3);
  });

  it('draws new values every time', async () => {
    const [one, other] = await Promise.all([authorizationRequest(), authorizationRequest()]);
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(one.parameters.get(name)).not.toBe(other.parameters.get(name));
    }
  });

  it('passes parameters of the app on', async () => {
    const extra = { prompt: 'consent', login_hint: 'grace+1@example.com', access_type: 'offline', display: 'page' };
    const { parameters } = await authorizationRequest(`?${new URLSearchParams(extra)}`);
    expect(Object.fromEntries(parameters)).toMatchObject(extra);
  });

  it.each([
    ['without openid', 'profile offline_access', 'openid profile offline_access'],
    ['with openid elsewhere', 'email openid', 'openid email'],
    ['with too many spaces', ' profile  email ', 'openid profile email'],
    ['with one scope twice', 'email email', 'openid email'],
  ])('asks for the scopes that the app names, openid first: %s', async (_case, scope, expected) => {
    const { parameters } = await authorizationRequest(`?${new URLSearchParams({ scope })}`);
    expect(parameters.getAll('scope')).toEqual([expected]);
  });

  it('does not pass on what is meant for Tokenkeep', async () => {
    const own = 'post_login_redirect_uri=/a&post_login_redirect_url=/b&session_mode=token';
    const { parameters } = await authorizationRequest(`?${own}`);
    for (const name of new URLSearchParams(own).keys()) expect(parameters.has(name)).toBe(false);
  });

  it('carries loginParameters of auth.json, which the app may override and which may not replace the essentials', async () => {
    const changed = changedApp(local, ({ identityProviders }) => {
      const demo = identityProviders.customOpenIdConnectProviders['demo'];
      if (demo) demo.login.loginParameters = ['prompt=login', 'display=page', 'response_type=token', 'client_id=x'];
    });
    const { parameters } = await authorizationRequest('?display=popup', changed);
    expect(parameters.get('prompt')).toBe('login');
    expect(parameters.getAll('display')).toEqual(['popup']);
    expect(parameters.getAll('response_type')).toEqual(['code']);
    expect(parameters.getAll('client_id')).toEqual(['tokenkeep']);
  });
});

describe('the provider in the path', () => {
  it('may be written in any case', async () => {
    const response = await local.fetch('/.auth/login/DeMo');
    const location = new URL(response.headers.get('location') ?? '');
    expect(location.searchParams.get('redirect_uri')).toBe(`${origin}/.auth/login/demo/callback`);
  });

  it.each(['unknown', 'demo2', 'constructor', '__proto__', '%64emo', 'demo%00'])(
    'is refused when it is not configured: %j',
    async (name) => {
      const response = await local.fetch(`/.auth/login/${name}`);
      expect((await problemIn(response)).code).toBe('provider_unknown');
      expect(response.status).toBe(404);
      expect(response.headers.getSetCookie()).toEqual([]);
    },
  );
});

describe('the attempt cookie', () => {
  it('is hidden from scripts, goes to logins and callbacks only, and lives a quarter of an hour longer than the attempt', async () => {
    const { response } = await authorizationRequest();
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^AppServiceAuthNonce_[\w-]{17}=[\w.-]+; Path=\/\.auth\/login; Max-Age=1200; HttpOnly; SameSite=Lax$/,
      ),
    ]);
  });

  it('is Secure where the app is reached over https', async () => {
    const changed = changedApp(local, () => {}, { TOKENKEEP_PUBLIC_URL: 'https://app.example' });
    const { response, parameters } = await authorizationRequest('', changed);
    expect(response.headers.getSetCookie()[0]).toMatch(/; HttpOnly; Secure; SameSite=Lax$/);
    expect(parameters.get('redirect_uri')).toBe('https://app.example/.auth/login/demo/callback');
  });

  it('says nothing of what it holds', async () => {
    const { response, parameters } = await authorizationRequest('?post_login_redirect_uri=/a/very/private/place');
    const [header = ''] = response.headers.getSetCookie();
    const parts = header.split(/[=;]/)[1]?.split('.') ?? [];
    const readable = parts.map((part) => Buffer.from(part, 'base64url').toString('latin1')).join('');
    for (const secret of ['private', parameters.get('nonce') ?? '', parameters.get('state')?.split('.')[1] ?? '']) {
      expect(header).not.toContain(secret);
      expect(readable).not.toContain(secret);
    }
  });
});

describe('a login is refused without a cookie', () => {
  it.each([
    'response_type',
    'response_mode',
    'client_id',
    'client_secret',
    'redirect_uri',
    'state',
    'nonce',
    'request',
    'request_uri',
    'Response_Mode',
    'REDIRECT_URI',
  ])('when it sets %s', async (name) => {
    const response = await local.fetch(`/.auth/login/demo?${name}=x`);
    const { code, detail } = await problemIn(response);
    expect({ code, detail }).toEqual({ code: 'request_malformed', detail: `parameter ${name} cannot be set` });
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it.each(['post_login_redirect_uri', 'post_login_redirect_url', 'session_mode', 'scope', 'prompt', 'anything'])(
    'when %s comes twice',
    async (name) => {
      const response = await local.fetch(`/.auth/login/demo?${name}=token&x=1&${name}=token`);
      expect((await problemIn(response)).code).toBe('request_malformed');
      expect(response.headers.getSetCookie()).toEqual([]);
    },
  );

  it('when session_mode is neither cookie nor token', async () => {
    const response = await local.fetch('/.auth/login/demo?session_mode=fragment');
    expect((await problemIn(response)).code).toBe('request_malformed');
  });

  it('when the provider cannot be asked where to send the user', async () => {
    local.services.provider.control.fail('discovery', { status: 503 });
    const response = await changedApp(local, () => {}).fetch('/.auth/login/demo');
    expect((await problemIn(response)).code).toBe('provider_unavailable');
    expect(response.headers.getSetCookie()).toEqual([]);
  });
});
