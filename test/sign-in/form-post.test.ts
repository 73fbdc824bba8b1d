import { afterAll, beforeAll, expect, it } from 'vitest';
import { Browser } from '../../dev/provider/sign-in-client.ts';
import { openValue } from '../../shared/sign-in/sealed.ts';
import { changedApp } from '../fixtures/changed-app.ts';
import { type LocalApp, localApp, origin } from '../fixtures/local-app.ts';
import { problemIn } from '../fixtures/problem.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterAll(() => local.close());

const form = { 'content-type': 'application/x-www-form-urlencoded' };

it('a sign-in finishes whose provider posts its answer from another site', async () => {
  const changed = changedApp(local, ({ identityProviders }) => {
    const demo = identityProviders.customOpenIdConnectProviders['demo'];
    if (demo) demo.login.loginParameters = ['response_mode=form_post'];
  });
  const methods: string[] = [];
  const browser = new Browser({
    fetch: async (url, request) => {
      if (!url.startsWith(origin)) return fetch(url, request);
      const { pathname } = new URL(url);
      if (pathname.endsWith('/done')) return new Response('done');
      if (pathname.endsWith('/callback')) methods.push(request.method);
      // A SameSite=Lax cookie stays at home when another site posts.
      const { cookie, ...others } = request.headers;
      const headers = request.method === 'POST' || cookie === undefined ? others : { ...others, cookie };
      return changed.fetch(url.slice(origin.length), { ...request, headers });
    },
  });
  const end = await browser.signIn(`${origin}/.auth/login/demo`, { account: 'ada@example.com' });
  expect(methods).toEqual(['POST', 'GET']);
  expect(end.url).toBe(`${origin}/.auth/login/done`);
  expect(browser.cookies(origin)).toHaveProperty('AppServiceAuthSession');
});

it('a posted answer goes on as a GET of the same callback, with what is read of it and nothing else', async () => {
  const body = new URLSearchParams({
    state: 'a.b',
    code: 'c+/= &',
    iss: 'https://issuer.example',
    id_token: 'x.y.z',
    access_token: 'secret',
    user: '{"name":"Ada"}',
  });
  const response = await local.fetch('/.auth/login/DEMO/callback', { method: 'POST', headers: form, body });
  expect(response.status).toBe(303);
  expect(response.headers.getSetCookie()).toEqual([]);
  const location = new URL(response.headers.get('location') ?? '');
  expect(location.origin + location.pathname).toBe(`${origin}/.auth/login/demo/callback`);
  const { user = '', ...others } = Object.fromEntries(location.searchParams);
  expect(others).toEqual({ state: 'a.b', code: 'c+/= &', iss: 'https://issuer.example' });
  expect(await openValue('user', user, local.app.ring)).toEqual({ user: '{"name":"Ada"}' });
  expect(Buffer.from(user, 'base64url').toString('latin1')).not.toContain('Ada');
});

it('what is posted about the user is left out where it is too long to be a name', async () => {
  const body = new URLSearchParams({ state: 'a', user: 'x'.repeat(1001) });
  const response = await local.fetch('/.auth/login/demo/callback', { method: 'POST', headers: form, body });
  expect([...new URL(response.headers.get('location') ?? '').searchParams.keys()]).toEqual(['state']);
});

it('a posted answer is taken from the page of another site, whatever cookies come along', async () => {
  const headers = {
    ...form,
    origin: 'https://provider.example',
    'sec-fetch-site': 'cross-site',
    'user-agent': 'Mozilla/5.0',
    cookie: 'AppServiceAuthSession=a.b.c',
  };
  const response = await local.fetch('/.auth/login/demo/callback', { method: 'POST', headers, body: 'state=a' });
  expect(response.status).toBe(303);
});

it('a parameter that is posted twice is refused once it has gone on', async () => {
  const body = 'state=a&state=b';
  const response = await local.fetch('/.auth/login/demo/callback', { method: 'POST', headers: form, body });
  const again = await local.fetch(`${response.headers.get('location')}`.slice(origin.length));
  expect((await problemIn(again)).code).toBe('request_malformed');
});

it('a post to a provider that is not configured is refused', async () => {
  const response = await local.fetch('/.auth/login/other/callback', { method: 'POST', headers: form, body: 'state=a' });
  expect((await problemIn(response)).code).toBe('provider_unknown');
});
