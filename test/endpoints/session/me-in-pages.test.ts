import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalApp, localApp, signedIn } from '../../fixtures/local-app.ts';

let local: LocalApp;
let type: string | null;
let text: string;
beforeAll(async () => {
  local = await localApp();
  const { cookie } = await signedIn(local);
  const response = await local.fetch('/.auth/me', { headers: { cookie, accept: 'application/json' } });
  type = response.headers.get('content-type');
  text = await response.text();
});
afterAll(() => local.close());

it('a page written for App Service reads the user, the token and its time of the first entry', () => {
  expect(type).toContain('application/json');
  const [first] = JSON.parse(text) as { access_token: string; expires_on: string; user_id: string }[];
  expect(first?.user_id).toBe('ada@example.com');
  expect(first?.access_token).toBeTruthy();
  expect(Date.parse(first?.expires_on ?? '')).toBeGreaterThan(local.clock.now());
});

it('slashes in claim types stand there as they are', () => {
  expect(text).toContain('"typ":"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"');
  expect(text).not.toContain('\\/');
});
