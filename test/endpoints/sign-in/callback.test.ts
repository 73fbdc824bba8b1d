import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { changedApp } from '../../fixtures/changed-app.ts';
import { holdingBrowser } from '../../fixtures/holding-browser.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { userData } from '../../fixtures/user-data.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterEach(() => {
  local.services.provider.control.clear();
  local.clock.reset();
});
afterAll(() => local.close());

/** Opens a callback that must be refused, and gives its problem and whether the attempt cookie was deleted. */
async function refused(open: () => Promise<Response>) {
  const before = await userData(local.app);
  const { token } = local.services.provider.counters.requests;
  const response = await open();
  const { code, detail } = await problemIn(response);
  const asked = local.services.provider.counters.requests.token - token;
  expect(await userData(local.app)).toEqual(before);
  expect(response.headers.getSetCookie().filter((cookie) => cookie.startsWith('AppServiceAuthSession'))).toEqual([]);
  return { code, detail, asked, deleted: response.headers.getSetCookie().some((one) => one.includes('Max-Age=0')) };
}

function changed(url: URL, parameters: Record<string, string | undefined>): URL {
  const copy = new URL(url);
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) copy.searchParams.delete(name);
    else copy.searchParams.set(name, value);
  }
  return copy;
}

describe('a callback that answers this attempt', () => {
  it('sets the session cookie, deletes the attempt cookie and lands on the completion page', async () => {
    const { authorize, open, attempts } = holdingBrowser(local);
    const url = await authorize();
    const [name = ''] = Object.keys(attempts());
    const response = await open(url);
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe(`${origin}/.auth/login/done`);
    expect(response.headers.getSetCookie()).toEqual([
      `${name}=; Path=/.auth/login; Max-Age=0; HttpOnly; SameSite=Lax`,
      expect.stringMatching(/^AppServiceAuthSession=[\w.-]+; Path=\/; Max-Age=288000; HttpOnly; SameSite=Lax$/),
    ]);
    expect(attempts()).toEqual({});
    expect((await open('/.auth/me')).status).toBe(200);
  });

  it('sets Secure cookies where the app is reached over https', async () => {
    const secure = changedApp(local, () => {}, { TOKENKEEP_PUBLIC_URL: 'https://app.example' });
    const login = await secure.fetch('/.auth/login/demo');
    const cookie = login.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const state = new URL(login.headers.get('location') ?? '').searchParams.get('state');
    const end = await secure.fetch(`/.auth/login/demo/callback?error=x&state=${state}`, { headers: { cookie } });
    expect(end.headers.getSetCookie()[0]).toMatch(
      /=; Path=\/\.auth\/login; Max-Age=0; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  it('may take as long as the settings say, and no longer', async () => {
    const { authorize, open } = holdingBrowser(local);
    const first = await authorize();
    local.clock.advance(295);
    expect((await open(first)).status).toBe(302);
    local.clock.reset();
    const second = await authorize();
    local.clock.advance(301);
    expect(await refused(() => open(second))).toMatchObject({ code: 'sign_in_expired', asked: 0, deleted: true });
  });
});

describe('a callback that answers no attempt of this browser', () => {
  it.each([
    ['without a state', undefined],
    ['with an empty state', ''],
    ['with a state that was never sent', `${'0'.repeat(9)}${'a'.repeat(8)}.${'b'.repeat(43)}`],
    ['with a state of another shape', '../../x'],
  ])('is refused %s, and the attempt can still finish', async (_case, state) => {
    const { authorize, open } = holdingBrowser(local);
    const url = await authorize();
    expect(await refused(() => open(changed(url, { state })))).toMatchObject({
      code: 'sign_in_state_invalid',
      asked: 0,
      deleted: false,
    });
    expect((await open(url)).status).toBe(302);
  });

  it('is refused in another browser', async () => {
    const url = await holdingBrowser(local).authorize();
    const other = holdingBrowser(local);
    await other.authorize();
    expect(await refused(() => other.open(url))).toMatchObject({ code: 'sign_in_state_invalid', asked: 0 });
  });

  it('is refused the second time, and the session of the first lives on', async () => {
    const { authorize, open } = holdingBrowser(local);
    const url = await authorize();
    await open(url);
    expect(await refused(() => open(url))).toMatchObject({ code: 'sign_in_state_invalid', asked: 0 });
    expect((await open('/.auth/me')).status).toBe(200);
  });

  it('is refused for another attempt of the same browser', async () => {
    const { authorize, open } = holdingBrowser(local);
    const [one, other] = [await authorize(), await authorize()];
    const [id] = one.searchParams.get('state')?.split('.') ?? [];
    const [, secret] = other.searchParams.get('state')?.split('.') ?? [];
    const outcome = await refused(() => open(changed(one, { state: `${id}.${secret}` })));
    expect(outcome).toMatchObject({ code: 'sign_in_state_invalid', asked: 0 });
  });
});

describe('an answer that cannot be used ends the attempt', () => {
  it.each([
    ['without a code', { code: undefined }, 'request_malformed'],
    ['with an empty code', { code: '' }, 'request_malformed'],
    ['from another issuer', { iss: 'https://evil.example' }, 'sign_in_issuer_mismatch'],
    ['from an issuer that differs by a slash', { iss: 'ISSUER/' }, 'sign_in_issuer_mismatch'],
    ['without the issuer that the provider promises', { iss: undefined }, 'sign_in_issuer_mismatch'],
    ['with an error beside the code', { error: 'access_denied' }, 'sign_in_refused'],
  ])('%s, before the provider is asked for tokens', async (_case, change, code) => {
    const { authorize, open } = holdingBrowser(local);
    const url = await authorize();
    const { issuer } = local.services.provider;
    const parameters = 'iss' in change && change.iss ? { iss: change.iss.replace('ISSUER', issuer) } : change;
    const outcome = await refused(() => open(changed(url, parameters)));
    expect(outcome).toMatchObject({ code, asked: 0, deleted: true });
    expect((await problemIn(await open(url))).code).toBe('sign_in_state_invalid');
  });

  it.each(['state', 'code', 'iss', 'error'])('when %s comes twice', async (name) => {
    const { authorize, open } = holdingBrowser(local);
    const url = await authorize();
    for (let times = url.searchParams.getAll(name).length; times < 2; times++) url.searchParams.append(name, 'x');
    const outcome = await refused(() => open(url));
    expect(outcome).toMatchObject({ code: 'request_malformed', detail: `parameter ${name} comes twice`, asked: 0 });
  });

  it('when the provider has seen the code before', async () => {
    const { authorize, open, browser } = holdingBrowser(local);
    const first = await authorize();
    await open(first);
    const second = await authorize();
    const code = first.searchParams.get('code') ?? '';
    const outcome = await refused(() => open(changed(second, { code })));
    expect(outcome).toMatchObject({ code: 'sign_in_code_refused', asked: 1, deleted: true });
    expect(browser.cookies(origin)['AppServiceAuthSession']).toBeDefined();
  });
});

describe('a request that is too large is not looked at', () => {
  it.each([
    ['an address', '/.auth/login/demo/callback?code='.padEnd(9_000, 'x'), {}],
    ['a header', '/.auth/login/demo/callback?state=x', { headers: { cookie: 'x'.repeat(17_000) } }],
    ['a body', '/.auth/login/demo/callback', { method: 'POST', body: 'code='.padEnd(70_000, 'x') }],
  ])('%s', async (_case, path, init) => {
    expect(await refused(() => local.fetch(path, init))).toMatchObject({ code: 'request_too_large', asked: 0 });
  });
});
