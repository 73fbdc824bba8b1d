import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppInBrowser, appInBrowser, hasChromium, outcome, signIn } from './app-in-browser.ts';

describe.skipIf(!hasChromium)('a session that has expired, in Chromium', () => {
  let app: AppInBrowser;
  beforeAll(async () => {
    app = await appInBrowser({ WEBSITE_AUTH_COOKIE_EXPIRATION_TIME: '00:00:05' });
  });
  afterAll(() => app?.close());

  const calls = { me: () => auth.me(), getAccessToken: () => auth.getAccessToken() };

  it.each([
    ['cookie', 'me'],
    ['cookie', 'getAccessToken'],
    ['token', 'me'],
    ['token', 'getAccessToken'],
  ] as const)('is renewed by the first call: mode %s, %s', async (mode, call) => {
    const origin = mode === 'cookie' ? app.stack.origin : app.foreigner;
    const page = await app.open(`${origin}/app`, { origin: app.stack.origin, mode });
    await signIn(page);
    const answer = () =>
      page.evaluate(async (base) => {
        const token = sessionStorage.getItem(`tokenkeep ${base}`);
        const response = await fetch(`${base}me`, { headers: token ? { 'x-zumo-auth': token } : {} });
        return (await response.json()).code;
      }, `${app.stack.origin}/.auth/`);
    await expect.poll(answer, { timeout: 20_000 }).toBe('session_expired');
    const before = app.asked('POST refresh');
    expect(await outcome(page, calls[call])).toEqual({ value: expect.anything() });
    expect(app.asked('POST refresh')).toBe(before + 1);
    expect(await page.evaluate(() => told)).not.toContain('session_expired');
  });
});

describe.skipIf(!hasChromium)('a session that is extended by use, in Chromium', () => {
  let app: AppInBrowser;
  beforeAll(async () => {
    app = await appInBrowser({
      WEBSITE_AUTH_COOKIE_EXPIRATION_MODE: 'Sliding',
      WEBSITE_AUTH_COOKIE_EXPIRATION_TIME: '00:00:20',
    });
  });
  afterAll(() => app?.close());

  it('gives the client a new session token from time to time, which takes the place of the old one', async () => {
    const page = await app.open(`${app.foreigner}/app`, { origin: app.stack.origin, mode: 'token' });
    await signIn(page);
    const token = () =>
      page.evaluate((origin) => sessionStorage.getItem(`tokenkeep ${origin}/.auth/`), app.stack.origin);
    const first = await token();
    await expect
      .poll(() => outcome(page, () => auth.me()).then(token), { timeout: 20_000, interval: 500 })
      .not.toBe(first);
    expect(await outcome(page, () => auth.me())).toMatchObject({ value: [{ user_id: 'ada@example.com' }] });
    expect(app.asked('POST refresh')).toBe(0);
  });
});
