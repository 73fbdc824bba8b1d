import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type ChangedApp, changedApp } from '../fixtures/changed-app.ts';
import { holdingBrowser } from '../fixtures/holding-browser.ts';
import { type LocalApp, localApp } from '../fixtures/local-app.ts';
import { problemIn } from '../fixtures/problem.ts';
import { userData } from '../fixtures/user-data.ts';

// Two providers, one of which an attacker may run (RFC 9700 section 4.4). Here both are the demo provider.
let local: LocalApp;
let app: ChangedApp;
beforeAll(async () => {
  local = await localApp();
  app = changedApp(local, ({ identityProviders: { customOpenIdConnectProviders: providers } }) => {
    providers['other'] = structuredClone(providers['demo'] ?? expect.fail());
  });
});
afterEach(() => local.services.provider.control.clear());
afterAll(() => local.close());

it('the answer to an attempt at one provider is refused at the callback of another', async () => {
  const { authorize, open } = holdingBrowser(app);
  const url = await authorize();
  const { token } = local.services.provider.counters.requests;
  const stray = new URL(url);
  stray.pathname = '/.auth/login/other/callback';
  expect((await problemIn(await open(stray))).code).toBe('sign_in_state_invalid');
  expect(local.services.provider.counters.requests.token).toBe(token);
  expect((await open(url)).status).toBe(302);
});

it('each provider has a redirect address of its own', async () => {
  const addresses = ['demo', 'other'].map(async (name) => {
    const response = await app.fetch(`/.auth/login/${name}`);
    return new URL(response.headers.get('location') ?? '').searchParams.get('redirect_uri');
  });
  const [demo, other] = await Promise.all(addresses);
  expect(demo).toMatch(/\/login\/demo\/callback$/);
  expect(other).toMatch(/\/login\/other\/callback$/);
});

it('an answer that names another issuer is refused before its code is sent anywhere', async () => {
  const { authorize, open } = holdingBrowser(app);
  const url = await authorize();
  const before = await userData(app.app);
  const { token } = local.services.provider.counters.requests;
  url.searchParams.set('iss', 'https://other.example');
  expect((await problemIn(await open(url))).code).toBe('sign_in_issuer_mismatch');
  expect(local.services.provider.counters.requests.token).toBe(token);
  expect(await userData(app.app)).toEqual(before);
});
