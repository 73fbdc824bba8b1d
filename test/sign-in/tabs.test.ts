import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdingBrowser } from '../fixtures/holding-browser.ts';
import { type LocalApp, localApp, origin } from '../fixtures/local-app.ts';
import { problemIn } from '../fixtures/problem.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterAll(() => local.close());

const landingAt = (path: string) => `/.auth/login/demo?post_login_redirect_uri=${encodeURIComponent(path)}`;

describe('several tabs of one browser', () => {
  it('each finish the sign-in they started, in any order, and land where they asked to', async () => {
    const { authorize, open, attempts } = holdingBrowser(local);
    const callbacks = new Map<string, URL>();
    for (const tab of ['/a', '/b', '/c', '/d', '/e']) callbacks.set(tab, await authorize(landingAt(tab)));
    expect(Object.keys(attempts())).toHaveLength(5);
    for (const tab of ['/c', '/a', '/e', '/d', '/b']) {
      const response = await open(callbacks.get(tab) ?? origin);
      expect(response.headers.get('location')).toBe(`${origin}${tab}`);
    }
    expect(attempts()).toEqual({});
  });

  it('never leave more than five attempt cookies, in whatever case they write the provider', async () => {
    const { browser, attempts } = holdingBrowser(local);
    for (const name of ['demo', 'Demo', 'DEMO', 'demO', 'dEmo', 'deMo', 'DEmo', 'demo']) {
      await browser.getOnly(`${origin}/.auth/login/${name}`);
      local.clock.advance(1);
    }
    expect(Object.keys(attempts())).toHaveLength(5);
    local.clock.reset();
  });

  it('come back to five attempt cookies after more logins than that at the same moment', async () => {
    const { browser, attempts } = holdingBrowser(local);
    await Promise.all(Array.from({ length: 8 }, () => browser.getOnly(`${origin}/.auth/login/demo`)));
    expect(Object.keys(attempts())).toHaveLength(8);
    await browser.getOnly(`${origin}/.auth/login/demo`);
    expect(Object.keys(attempts())).toHaveLength(5);
  });

  it('lose the oldest attempt to the sixth, and only that', async () => {
    const { authorize, open } = holdingBrowser(local);
    const callbacks: URL[] = [];
    for (let tab = 0; tab < 6; tab++) {
      callbacks.push(await authorize());
      local.clock.advance(1);
    }
    const [oldest = origin, ...others] = callbacks;
    expect((await problemIn(await open(oldest))).code).toBe('sign_in_state_invalid');
    for (const callback of others) expect((await open(callback)).status).toBe(302);
    local.clock.reset();
  });

  it('can finish with the longest landing addresses, the longest scopes that are remembered and three kilobytes of other cookies', async () => {
    const { authorize, open, browser } = holdingBrowser(local);
    // With `{"scopes":["openid","offline_access","…"]}` around it that is 400 characters.
    const scope = `offline_access+${'x'.repeat(358)}`;
    const longest = `/${'x'.repeat(999 - origin.length - 3)}`;
    browser.jar.store(origin, [`other=${'x'.repeat(3_000)}; Path=/`]);
    const callbacks: URL[] = [];
    for (let tab = 0; tab < 5; tab++) callbacks.push(await authorize(`${landingAt(longest)}&scope=${scope}`));
    for (const callback of callbacks) {
      expect((await open(callback)).headers.get('location')).toBe(`${origin}${longest}`);
    }
  });
});
