import { decodeJwt } from 'jose';
import { afterEach, expect, test, vi } from 'vitest';
import { formsOf } from '../../../dev/provider/html-form.ts';
import { callback } from './client.ts';
import { authorizationRequest, browser, exchange, provider } from './relying-party.ts';

afterEach(() => {
  vi.useRealTimers();
});

const accountsOn = (page: { body: string; url: string }) =>
  formsOf(page.body, page.url).flatMap(({ buttons }) => buttons.map(({ value }) => value));

test('the page offers every account and a way out, and escapes what others wrote', async () => {
  const { issuer } = await provider();
  const page = await browser().get(authorizationRequest(issuer).url);
  expect(accountsOn(page)).toEqual(['ada@example.com', 'bo@example.com', 'zoe@example.com', 'yes']);
  expect(page.body).toContain('<h1>Sign in to Demo identity provider</h1>');
  expect(page.body).toContain('Zoë Demó');
  expect(page.body).toContain('Test &#60;b&#62;application&#60;/b&#62;');
  expect(page.body).not.toContain('<b>');
});

test('the page allows no script, no frame and nothing from elsewhere', async () => {
  const { issuer } = await provider();
  const { response, body } = await browser().get(authorizationRequest(issuer).url);
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("base-uri 'none'");
  expect(policy).not.toMatch(/script-src|unsafe/);
  expect(policy).toContain(`form-action 'self' http://localhost:* http://127.0.0.1:* ${new URL(callback).origin}`);
  expect(body).not.toMatch(/<script|src=|<link|url\(/);
  expect(response.headers.get('cache-control')).toBe('no-store');
});

test('cookies hold on plain http', async () => {
  const { issuer, port } = await provider();
  const using = browser();
  const response = await using.getOnly(authorizationRequest(issuer).url);
  const cookies = response.headers.getSetCookie();
  expect(cookies.length).toBeGreaterThan(0);
  for (const cookie of cookies) {
    expect(cookie).toMatch(/; httponly/i);
    expect(cookie).toMatch(/; samesite=lax/i);
    expect(cookie).not.toMatch(/; secure/i);
    expect(cookie.split('=')[0]).toContain(String(port));
  }
});

test('cancelling is access_denied', async () => {
  const { issuer, counters } = await provider();
  const { url } = await browser().signIn(authorizationRequest(issuer).url, { cancel: true });
  expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({
    error: 'access_denied',
    state: 'the state',
    iss: issuer,
  });
  expect(counters).toMatchObject({ authorizations: 0, authorizationsRefused: 1 });
});

test('a browser that is signed in is not asked again, unless the request says so', async () => {
  const { issuer } = await provider();
  const using = browser();
  await using.signIn(authorizationRequest(issuer).url, { account: 'ada@example.com' });
  const open = (change: Record<string, string>) => using.get(authorizationRequest(issuer, change).url);

  expect(accountsOn(await open({}))).toEqual([]);
  expect(accountsOn(await open({ prompt: 'none' }))).toEqual([]);
  expect((await open({ prompt: 'consent' })).url).toContain(callback);
  for (const prompt of ['login', 'select_account', 'login select_account', 'login consent']) {
    const page = await open({ prompt });
    expect(accountsOn(page), prompt).toContain('bo@example.com');
    expect(page.body).toContain('ada@example.com (signed in)');
    expect((await using.press(page, 'account', 'ada@example.com')).url, prompt).toContain(callback);
  }
  expect(accountsOn(await open({ max_age: '0' }))).toContain('ada@example.com');
});

test('prompt=login gives a new time of authentication, and no question keeps the old one', async () => {
  const { issuer } = await provider();
  const using = browser();
  const authenticatedAt = async (change: Record<string, string>) => {
    const request = authorizationRequest(issuer, { max_age: '3600', ...change });
    const { body } = await exchange(issuer, request, await using.signIn(request.url, { account: 'ada@example.com' }));
    return Number(decodeJwt(body.id_token).auth_time);
  };
  const first = await authenticatedAt({});
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 600_000 });
  expect(await authenticatedAt({ prompt: 'none' })).toBe(first);
  expect(await authenticatedAt({ prompt: 'login' })).toBeGreaterThanOrEqual(first + 600);
});

test('choosing another account changes who is signed in', async () => {
  const { issuer } = await provider();
  const using = browser();
  await using.signIn(authorizationRequest(issuer).url, { account: 'ada@example.com' });
  const request = authorizationRequest(issuer, { prompt: 'select_account' });
  const { body } = await exchange(issuer, request, await using.signIn(request.url, { account: 'bo@example.com' }));
  expect(decodeJwt(body.id_token).sub).toBe('demo-1002');

  const silent = authorizationRequest(issuer, { prompt: 'none' });
  const next = await exchange(issuer, silent, await using.get(silent.url));
  expect(decodeJwt(next.body.id_token).sub).toBe('demo-1002');
});

test('prompt=none without a session is login_required', async () => {
  const { issuer } = await provider();
  const { url } = await browser().get(authorizationRequest(issuer, { prompt: 'none' }).url);
  expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({ error: 'login_required', iss: issuer });
});

test('a login hint puts its account first and asks again when another one is signed in', async () => {
  const { issuer } = await provider();
  const using = browser();
  const hint = { login_hint: 'Bo@Example.com' };
  const page = await using.get(authorizationRequest(issuer, hint).url);
  expect(accountsOn(page)[0]).toBe('bo@example.com');
  expect(page.body).toContain('value="bo@example.com" autofocus');

  // A hint is no command: someone else may sign in, and is then not asked a second time.
  expect((await using.press(page, 'account', 'ada@example.com')).url).toContain(callback);
  expect(accountsOn(await using.get(authorizationRequest(issuer, hint).url))).toContain('bo@example.com');
  const silent = await using.get(authorizationRequest(issuer, { ...hint, prompt: 'none' }).url);
  expect(new URL(silent.url).searchParams.get('error')).toBe('login_required');
  const unknown = await using.get(authorizationRequest(issuer, { login_hint: 'nobody@example.com' }).url);
  expect(unknown.url).toContain(callback);
});

test('answers that the page cannot give are refused', async () => {
  const { issuer } = await provider();
  const using = browser();
  const page = await using.get(authorizationRequest(issuer).url);
  const unknown = await using.post(page.url, new URLSearchParams({ account: 'nobody@example.com' }));
  const large = await using.post(page.url, new URLSearchParams({ account: 'ada@example.com', more: 'x'.repeat(5000) }));
  const stranger = await browser().post(page.url, new URLSearchParams({ account: 'ada@example.com' }));
  expect([unknown, large, stranger].map(({ response }) => response.status)).toEqual([400, 400, 400]);
  expect(stranger.body).toContain('sign in again');
  expect((await fetch(page.url, { method: 'PUT' })).status).toBe(405);
  expect((await using.press(page, 'account', 'ada@example.com')).url).toContain(callback);
});
