import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../../dev/provider/sign-in-client.ts';
import { holdingBrowser } from '../fixtures/holding-browser.ts';
import { type LocalApp, localApp, origin } from '../fixtures/local-app.ts';
import { problemIn } from '../fixtures/problem.ts';
import { userData } from '../fixtures/user-data.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterAll(() => local.close());

it('a user who cancels reads so on a page, with a way to try again', async () => {
  const browser = local.browser();
  const end = await browser.signIn(`${origin}/.auth/login/demo`, { cancel: true });
  expect(end.response.status).toBe(401);
  expect(end.body).toContain('<code>sign_in_refused</code>');
  expect(end.body).toContain('The provider says access_denied');
  expect(end.body).toContain('<a href="/.auth/login/demo">Sign in</a>');
  expect(Object.keys(browser.cookies(`${origin}/.auth/login/demo`)).join()).not.toContain('AppServiceAuth');
  expect(await userData(local.app)).toEqual([]);
});

/** Opens the callback of a real attempt with these parameters in place of the code, as a navigation and as a fetch. */
async function answered(parameters: Record<string, string>) {
  const answers = [];
  for (const mode of ['navigate', 'cors']) {
    const { authorize, browser } = holdingBrowser(local);
    const url = await authorize();
    url.searchParams.delete('code');
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    const cookie = Object.entries(browser.cookies(url.href)).map((pair) => pair.join('='));
    const headers = { cookie: cookie.join('; '), 'sec-fetch-mode': mode };
    answers.push(await local.fetch(url.href.slice(origin.length), { headers }));
  }
  const [page, problem] = answers;
  if (!page || !problem) throw new Error('no answer');
  return { page, problem };
}

describe('what the provider says of its refusal', () => {
  it.each([
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '&lt;script&gt;',
    'a\r\nSet-Cookie: x=y',
    'x'.repeat(500),
  ])('is shown as a plain word: %j', async (error) => {
    const { page, problem } = await answered({ error, error_description: error, error_uri: 'javascript:alert(1)' });
    const { code, detail } = await problemIn(problem);
    expect(code).toBe('sign_in_refused');
    expect(detail).toMatch(/^the provider says [\w.-]{1,60}$/);
    const body = await page.text();
    expect(body).not.toContain(error);
    expect(body).not.toMatch(/<(script|img)/);
    expect(body).not.toContain('onmouseover=');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'none'");
  });

  it('is not repeated beyond its code', async () => {
    const told = { error: 'server_error', error_description: 'Call 555-0100 now', error_uri: 'https://evil.example' };
    const { page, problem } = await answered(told);
    const texts = [await page.text(), JSON.stringify(await problemIn(problem)), JSON.stringify(local.logged)];
    for (const text of texts) {
      expect(text).toContain('server_error');
      expect(text).not.toContain('555-0100');
      expect(text).not.toContain('evil.example');
    }
  });
});

it('what a stranger writes into the address of a callback does not reach the page', async () => {
  const browser = new Browser({ fetch: (url, request) => local.fetch(url.slice(origin.length), request) });
  for (const parameter of ['state', 'code', 'error', '<b>x</b>']) {
    const hostile = '"><script>alert(1)</script>';
    const query = new URLSearchParams([
      [parameter, hostile],
      [parameter, hostile],
    ]);
    const { body, response } = await browser.get(`${origin}/.auth/login/demo/callback?${query}`);
    expect(response.status).toBe(400);
    expect(body).not.toContain('<script>alert');
    expect(body).not.toContain('<b>');
  }
});
