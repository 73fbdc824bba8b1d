import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../../dev/provider/faults.ts';
import type { TamperKind } from '../../dev/provider/tamper.ts';
import { recallAttempt } from '../../shared/sign-in/attempt.ts';
import { holdingBrowser } from '../fixtures/holding-browser.ts';
import { type LocalApp, localApp, origin } from '../fixtures/local-app.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterEach(() => local.services.provider.control.clear());
afterAll(() => local.close());

type Genuine = Record<'access_token' | 'id_token' | 'refresh_token', string>;

/** Signs in, with this fault of the token endpoint; gives all secrets that were in play, and all that was said. */
async function signIn(spoil: (secrets: readonly string[]) => void, mode: 'cors' | 'navigate' = 'cors', query = '') {
  const { authorize, browser } = holdingBrowser(local);
  local.logged.length = 0;
  const url = await authorize(`/.auth/login/demo${query}`);
  const cookie = Object.entries(browser.cookies(url.href)).map((pair) => pair.join('='));
  const headers = { cookie: cookie.join('; '), 'sec-fetch-mode': mode };
  const request = new Request(url, { headers });
  const { code = '', state = '' } = Object.fromEntries(url.searchParams);
  const scope = { path: '/', secure: false };
  const { attempt } = await recallAttempt({ state }, 'demo', request, scope, local.app.ring);
  const clientSecret = local.services.environment['DEMO_PROVIDER_AUTHENTICATION_SECRET'] ?? '';
  const secrets = [clientSecret, code, attempt.codeVerifier, attempt.nonce, attempt.stateSecret];
  spoil(secrets);
  const response = await local.fetch(url.href.slice(origin.length), { headers });
  const body = await response.text();
  const heads = [...response.headers].filter(([name]) => name !== 'set-cookie');
  const said = `${body}\n${JSON.stringify(heads)}\n${JSON.stringify(local.logged)}`;
  return { secrets, said, response };
}

function expectNone(said: string, secrets: readonly string[]): void {
  for (const [index, secret] of secrets.entries()) {
    expect(secret.length, `secret ${index}`).toBeGreaterThan(20);
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
      expect(said.includes(form), `secret ${index} in ${said.slice(0, 200)}`).toBe(false);
    }
  }
}

it('a sign-in that succeeds says nothing of its code, its tokens or the session key', async () => {
  let issued: Genuine | undefined;
  const { secrets, said, response } = await signIn(() => {
    const body = (genuine: unknown) => {
      issued = genuine as Genuine;
      return issued;
    };
    local.services.provider.control.fail('token', { status: 200, when: 'after', body });
  });
  expect(response.status).toBe(302);
  const session = /AppServiceAuthSession=([^;]+)/.exec(response.headers.getSetCookie().join())?.[1] ?? '';
  const tokens = [issued?.access_token ?? '', issued?.id_token ?? '', issued?.refresh_token ?? ''];
  expectNone(said, [...secrets, ...tokens, session, decodeJwt(session).jti ?? '']);
  expect(local.logged.map(({ event }) => event)).toEqual(expect.arrayContaining(['sign_in_finished']));
});

describe('a sign-in that fails says nothing of them either, though the provider repeats them', () => {
  const repeat = (secrets: readonly string[]) => secrets.join(' ');
  const faults: [string, (secrets: readonly string[]) => Fault][] = [
    [
      'an error description',
      (all) => ({ status: 400, body: { error: 'invalid_grant', error_description: repeat(all) } }),
    ],
    ['an error of the client', (all) => ({ status: 401, body: { error: 'invalid_client', error_uri: repeat(all) } })],
    [
      'an error page',
      (all) => ({ status: 500, body: `<p>${repeat(all)}</p>`, headers: { 'content-type': 'text/html' } }),
    ],
    ['a page in place of tokens', (all) => ({ status: 200, body: repeat(all) })],
    ['tokens that are none', (all) => ({ status: 200, body: { access_token: '', echo: repeat(all) } })],
    [
      'an ID token that is none',
      (all) => ({ status: 200, body: { access_token: repeat(all), id_token: repeat(all) } }),
    ],
    ['a redirect', (all) => ({ status: 307, headers: { location: `/x?${encodeURIComponent(repeat(all))}` } })],
    ['a hung-up connection', () => ({})],
  ];
  it.each(faults)('in %s', async (_case, fault) => {
    for (const mode of ['cors', 'navigate'] as const) {
      const { secrets, said, response } = await signIn(
        (all) => local.services.provider.control.fail('token', { ...fault(all), times: 1 }),
        mode,
      );
      expect(response.status).toBeGreaterThanOrEqual(400);
      expectNone(said, secrets);
      expect(local.logged.map(({ event }) => event)).toContain('sign_in_failed');
    }
  });

  it.each([
    ['in the fragment', '?session_mode=token', 302],
    ['to an app that wanted a code', `?code_challenge=${'A'.repeat(43)}&code_challenge_method=S256`, 302],
    ['to the opener', `?completion_type=postMessage&completion_origin=${origin}`, 401],
  ])('%s', async (_case, query, status) => {
    const { secrets, said, response } = await signIn(
      (all) => {
        const body = { error: 'invalid_grant', error_description: repeat(all) };
        local.services.provider.control.fail('token', { status: 400, body, times: 1 });
      },
      'navigate',
      query,
    );
    expect(response.status).toBe(status);
    expect(said).toContain('invalid_grant');
    expectNone(said, secrets);
  });

  it.each<TamperKind>(['bad-signature', 'wrong-nonce', 'wrong-iss', 'expired', 'wrong-sub'])(
    'in an ID token that is refused: %s',
    async (kind) => {
      const { secrets, said } = await signIn(() => local.services.provider.control.tamper(kind));
      expectNone(said, secrets);
      expect(said).not.toMatch(/eyJ[\w-]+\.eyJ/);
    },
  );
});

it('a callback that is refused before its code is used says nothing of the code', async () => {
  const code = 'a-code-that-nobody-else-should-ever-see';
  for (const query of [`code=${code}&state=x`, `code=${code}&code=${code}&state=x`, `code=${code}`]) {
    local.logged.length = 0;
    const response = await local.fetch(`/.auth/login/demo/callback?${query}`);
    expectNone(`${await response.text()}${JSON.stringify([...response.headers, local.logged])}`, [code]);
  }
});
