import { createServer } from 'node:http';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, expect, test, vi } from 'vitest';
import { startProvider } from '../../../dev/provider/provider.ts';
import { callback, client, signedOut } from './client.ts';
import { authorizationRequest, basic, browser, exchange, provider, refresh, signIn } from './relying-party.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('a sign-in gives a code, and the code gives tokens that verify', async () => {
  const { issuer, counters } = await provider();
  const request = authorizationRequest(issuer);
  const visit = await browser().signIn(request.url, { account: 'ada@example.com' });

  const answer = new URL(visit.url);
  expect(answer.origin + answer.pathname).toBe(callback);
  expect(answer.searchParams.get('state')).toBe('the state');
  expect(answer.searchParams.get('iss')).toBe(issuer);

  const { status, body } = await exchange(issuer, request, visit);
  expect(status).toBe(200);
  expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'openid profile email offline_access' });
  expect(body.refresh_token).toMatch(/^[\w-]{40,}$/);

  const discovery = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const keys = createRemoteJWKSet(new URL(discovery.jwks_uri));
  const { payload, protectedHeader } = await jwtVerify(body.id_token, keys, { issuer, audience: client.client_id });
  expect(protectedHeader.alg).toBe('RS256');
  expect(payload).toMatchObject({
    sub: 'demo-1001',
    nonce: request.nonce,
    name: 'Ada Example',
    given_name: 'Ada',
    family_name: 'Example',
    email: 'ada@example.com',
    email_verified: true,
    groups: ['administrators', 'staff'],
  });
  const userinfo = await fetch(discovery.userinfo_endpoint, {
    headers: { authorization: `Bearer ${body.access_token}` },
  });
  expect(await userinfo.json()).toMatchObject({ sub: 'demo-1001', email: 'ada@example.com' });
  expect(counters).toMatchObject({ authorizations: 1, codeGrants: 1, requests: { token: 1, userinfo: 1, jwks: 1 } });
});

test('discovery names what the provider does', async () => {
  const { issuer, port } = await provider();
  expect(issuer).toBe(`http://localhost:${port}`);
  expect(await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()).toMatchObject({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    revocation_endpoint: `${issuer}/revoke`,
    end_session_endpoint: `${issuer}/logout`,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    scopes_supported: expect.arrayContaining(['openid', 'profile', 'email', 'offline_access']),
  });
});

test('the key set holds public RS256 and ES256 keys, and a client may choose ES256', async () => {
  const elliptic = { ...client, id_token_signed_response_alg: 'ES256' as const };
  const { issuer } = await provider({ clients: [elliptic] });
  const { keys } = await (await fetch(`${issuer}/jwks`)).json();
  expect(keys.map(({ alg }: { alg: string }) => alg)).toEqual(['RS256', 'ES256']);
  expect(JSON.stringify(keys)).not.toMatch(/"(d|p|q)":/);

  const { id_token } = await signIn(issuer);
  const verified = await jwtVerify(id_token, createRemoteJWKSet(new URL(`${issuer}/jwks`)), { issuer });
  expect(verified.protectedHeader.alg).toBe('ES256');
});

test.each([
  ['without a challenge', { code_challenge: undefined, code_challenge_method: undefined }],
  ['with a plain challenge', { code_challenge_method: 'plain' }],
])('an authorization request %s is refused', async (_, change) => {
  const { issuer } = await provider();
  const { url } = await browser().get(authorizationRequest(issuer, change).url);
  expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({ error: 'invalid_request', iss: issuer });
});

test('a code is worth nothing with a wrong verifier, and nothing the second time', async () => {
  const { issuer, counters } = await provider();
  const request = authorizationRequest(issuer);
  const using = browser();
  const visit = await using.signIn(request.url, { account: 'bo@example.com' });
  const other = { ...request, verifier: 'x'.repeat(43) };
  expect(await exchange(issuer, other, visit)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });

  const again = authorizationRequest(issuer);
  const second = await using.get(again.url);
  const { body } = await exchange(issuer, again, second);
  expect(await exchange(issuer, again, second)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  expect(await refresh(issuer, body.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  expect(counters).toMatchObject({ codeGrants: 1, codesRefused: 2, refreshRefused: 1 });
});

test('a refresh gives a new refresh token, a new access token and a new ID token of the same user', async () => {
  const { issuer, counters } = await provider();
  const first = await signIn(issuer);
  const { status, body } = await refresh(issuer, first.refresh_token);
  expect(status).toBe(200);
  expect(body.refresh_token).not.toBe(first.refresh_token);
  expect(body.access_token).not.toBe(first.access_token);
  expect(body.expires_in).toBe(3600);
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  const { payload } = await jwtVerify(body.id_token, keys, { issuer, audience: client.client_id });
  expect(payload).toMatchObject({ sub: 'demo-1001', email: 'ada@example.com' });
  expect(counters.refreshGrants).toBe(1);
});

test('a refresh token that comes back takes its whole family with it, and no other', async () => {
  const { issuer, counters } = await provider();
  const using = browser();
  const first = await signIn(issuer, { account: 'ada@example.com' }, using);
  const otherFamily = await signIn(issuer, { account: 'ada@example.com' }, using);
  const second = await refresh(issuer, first.refresh_token);

  const reused = await refresh(issuer, first.refresh_token);
  expect(reused).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  const youngest = await refresh(issuer, second.body.refresh_token);
  expect(youngest).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  const userinfo = await fetch(`${issuer}/userinfo`, {
    headers: { authorization: `Bearer ${second.body.access_token}` },
  });
  expect(userinfo.status).toBe(401);
  expect(counters).toMatchObject({ refreshGrants: 1, refreshRefused: 2 });
  expect((await refresh(issuer, otherFamily.refresh_token)).status).toBe(200);
});

test('of refreshes that race with one token at most one is served, and the family is gone', async () => {
  const { issuer } = await provider();
  const { refresh_token } = await signIn(issuer);
  const answers = await Promise.all(Array.from({ length: 4 }, () => refresh(issuer, refresh_token)));
  const served = answers.filter(({ status }) => status === 200);
  expect(served.length).toBeLessThanOrEqual(1);
  for (const { body } of served) {
    expect(await refresh(issuer, body.refresh_token)).toMatchObject({ body: { error: 'invalid_grant' } });
  }
});

test('no refresh token without offline_access; access_type=offline asks for it too', async () => {
  const { issuer } = await provider();
  const using = browser();
  const plain = authorizationRequest(issuer, { scope: 'openid email' });
  const visit = await using.signIn(plain.url, { account: 'ada@example.com' });
  const { body } = await exchange(issuer, plain, visit);
  expect(body).toMatchObject({ scope: 'openid email' });
  expect(body).not.toHaveProperty('refresh_token');
  expect(decodeJwt(body.id_token)).not.toHaveProperty('name');

  const offline = authorizationRequest(issuer, { scope: 'openid email', access_type: 'offline' });
  const second = await exchange(issuer, offline, await using.get(offline.url));
  expect(second.body.refresh_token).toBeTypeOf('string');
});

test('access tokens live as long as asked for', async () => {
  const { issuer } = await provider({ accessTokenSeconds: 120 });
  const { access_token, expires_in } = await signIn(issuer);
  expect(expires_in).toBe(120);
  const userinfo = async () =>
    (await fetch(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${access_token}` } })).status;
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 110_000 });
  expect(await userinfo()).toBe(200);
  vi.setSystemTime(Date.now() + 11_000);
  expect(await userinfo()).toBe(401);
});

test('a revoked refresh token is refused, and so is a revocation by a stranger', async () => {
  const stranger = { ...client, client_id: 'stranger' };
  const { issuer, counters } = await provider({ clients: [client, stranger] });
  const { refresh_token, access_token } = await signIn(issuer);
  const revoke = (as: typeof client, token: string) =>
    fetch(`${issuer}/revoke`, {
      method: 'POST',
      headers: { authorization: basic(as) },
      body: new URLSearchParams({ token }),
    });

  await revoke(stranger, refresh_token);
  const kept = await refresh(issuer, refresh_token);
  expect(kept.status).toBe(200);
  expect((await revoke(client, kept.body.refresh_token)).status).toBe(200);
  expect(await refresh(issuer, kept.body.refresh_token)).toMatchObject({ body: { error: 'invalid_grant' } });
  const userinfo = await fetch(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${access_token}` } });
  expect(userinfo.status).toBe(401);
  expect(counters.revocations).toBe(2);
});

test('a sign-out with the user’s ID token needs no press and returns to the application', async () => {
  const { issuer, counters } = await provider();
  const using = browser();
  const { id_token, refresh_token } = await signIn(issuer, { account: 'ada@example.com' }, using);
  const query = new URLSearchParams({
    id_token_hint: id_token,
    post_logout_redirect_uri: signedOut,
    state: 'after sign-out',
  });
  const { url } = await using.get(`${issuer}/logout?${query}`);
  expect(url).toBe(`${signedOut}?state=after+sign-out`);
  expect(counters.signOuts).toBe(1);

  const silent = await using.get(authorizationRequest(issuer, { prompt: 'none' }).url);
  expect(new URL(silent.url).searchParams.get('error')).toBe('login_required');
  expect((await refresh(issuer, refresh_token)).status).toBe(200);
});

test('a sign-out without an ID token asks first', async () => {
  const { issuer } = await provider();
  const using = browser();
  await signIn(issuer, { account: 'ada@example.com' }, using);
  const question = await using.get(`${issuer}/logout`);
  expect(question.url).toBe(`${issuer}/logout`);
  expect(question.response.headers.get('content-security-policy')).not.toContain('script-src');
  const done = await using.press(question, 'logout', 'yes');
  expect(done.body).toContain('You are signed out');
});

test('a sign-out tells the other applications through the back channel', async () => {
  let logoutToken: string | undefined;
  const application = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    logoutToken = new URLSearchParams(body).get('logout_token') ?? undefined;
    response.end();
  });
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
  const address = application.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const backchannel = {
    ...client,
    backchannel_logout_uri: `http://localhost:${port}/backchannel`,
    backchannel_logout_session_required: true,
  };
  const { issuer } = await provider({ clients: [backchannel] });
  const using = browser();
  const { id_token } = await signIn(issuer, { account: 'ada@example.com' }, using);
  await using.get(`${issuer}/logout?${new URLSearchParams({ id_token_hint: id_token })}`);
  application.close();

  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  const { payload } = await jwtVerify(logoutToken ?? '', keys, { issuer, audience: client.client_id });
  expect(payload).toMatchObject({ sub: 'demo-1001', sid: decodeJwt(id_token).sid });
  expect(payload.events).toHaveProperty(['http://schemas.openid.net/event/backchannel-logout']);
});

test('form_post brings the code in the body of a post', async () => {
  const { issuer } = await provider();
  const arrivals: { url: string; method: unknown; body: URLSearchParams }[] = [];
  const using = browser((url, { method, body }) =>
    arrivals.push({ url, method, body: new URLSearchParams(`${body}`) }),
  );
  const request = authorizationRequest(issuer, { response_mode: 'form_post', state: '"&<state>' });
  await using.signIn(request.url, { account: 'ada@example.com' });
  expect(arrivals).toMatchObject([{ url: callback, method: 'POST' }]);
  expect(Object.fromEntries(arrivals[0]?.body ?? [])).toMatchObject({
    code: expect.any(String),
    state: '"&<state>',
    iss: issuer,
  });
});

test.each([
  ['an unknown client', { client_id: 'nobody' }, 'invalid_client'],
  ['an unregistered redirect address', { redirect_uri: 'http://localhost:9/elsewhere' }, 'invalid_redirect_uri'],
])('%s gets a page, never a redirect', async (_, change, error) => {
  const { issuer } = await provider();
  const { response, url, body } = await browser().get(authorizationRequest(issuer, change).url);
  expect(response.status).toBe(400);
  expect(new URL(url).origin).toBe(issuer);
  expect(body).toContain(error);
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
});

test('a client with a wrong secret is refused', async () => {
  const { issuer } = await provider();
  const request = authorizationRequest(issuer);
  const visit = await browser().signIn(request.url, { account: 'ada@example.com' });
  const answer = await exchange(issuer, request, visit, { ...client, client_secret: 'another secret' });
  expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
});

test('two providers on one host keep apart in one browser', async () => {
  const [one, other] = await Promise.all([provider(), provider()]);
  const using = browser();
  const first = await signIn(one.issuer, { account: 'ada@example.com' }, using);
  const second = await signIn(other.issuer, { account: 'bo@example.com' }, using);
  expect([first, second].map(({ id_token }) => decodeJwt(id_token).sub)).toEqual(['demo-1001', 'demo-1002']);
  const silent = authorizationRequest(one.issuer, { prompt: 'none' });
  const { body } = await exchange(one.issuer, silent, await using.get(silent.url));
  expect(decodeJwt(body.id_token).sub).toBe('demo-1001');
  expect(decodeProtectedHeader(first.id_token).kid).not.toBe(decodeProtectedHeader(second.id_token).kid);
});

test('a start that cannot be says so', async () => {
  const { port } = await provider();
  await expect(startProvider({ port, clients: [client] })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  const malformed = { ...client, redirect_uris: ['not an address'] };
  await expect(startProvider({ clients: [malformed] })).rejects.toMatchObject({ error: 'invalid_redirect_uri' });
});
