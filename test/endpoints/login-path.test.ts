import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loginPathFrom } from '../../shared/endpoints/login-path.ts';
import { type LocalApp, localApp, origin } from '../fixtures/local-app.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterAll(() => local.close());

const login = '/.auth/login/demo';
const from = (path: string, init: RequestInit = { headers: { 'sec-fetch-mode': 'navigate' } }) =>
  loginPathFrom(new Request(`${origin}${path}`, init), local.app);

describe('where to sign in', () => {
  it('leads a browser back to the page that it went to', () => {
    expect(from('/api/orders?of=today&x=%2F')).toBe(
      `${login}?post_login_redirect_uri=%2Fapi%2Forders%3Fof%3Dtoday%26x%3D%252F`,
    );
  });

  it.each([
    ['a script', '/api/orders', { headers: { 'sec-fetch-mode': 'cors' } }],
    ['a form that was sent', '/api/orders', { method: 'POST', headers: { 'sec-fetch-mode': 'navigate' } }],
  ])('leads %s nowhere', (_, path, init) => {
    expect(from(path, init)).toBe(login);
  });

  it.each(['//evil.example/x', '/.auth/login/demo/callback?code=1', '/.AUTH/login/demo', `/${'x'.repeat(500)}`])(
    'leads nobody back to %s',
    (path) => expect(from(path)).toBe(login),
  );
});
