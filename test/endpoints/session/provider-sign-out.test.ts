import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { formsOf } from '../../../dev/provider/html-form.ts';
import { type LocalApp, localApp, origin, signedIn } from '../../fixtures/local-app.ts';
import { userData } from '../../fixtures/user-data.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp({ settings: (settings) => ({ ...settings, signOutAtProvider: true }) });
});
afterEach(() => {
  local.services.provider.control.clear();
  local.clock.reset();
});
afterAll(() => local.close());

const complete = `${origin}/.auth/logout/complete`;
const asksWho = (body: string, url: string) =>
  formsOf(body, url).some(({ buttons }) => buttons.some(({ name }) => name === 'account'));

it('a browser signs out at the provider too, and lands where the app has said', async () => {
  const { browser } = await signedIn(local);
  const atProvider = await browser.get(`${origin}/.auth/logout?post_logout_redirect_uri=/.auth/login/done`);
  expect(new URL(atProvider.url).origin).toBe(new URL(local.services.provider.issuer).origin);
  expect(browser.cookies(`${origin}/`)).not.toHaveProperty('AppServiceAuthSession');
  const end = await browser.press(atProvider, 'logout', 'yes');
  expect(end.url).toBe(`${origin}/.auth/login/done`);
  expect(end.visited.some((address) => address.startsWith(complete))).toBe(true);
  expect(browser.cookies(complete)).not.toHaveProperty('AppServiceAuthLogout');
  const again = await browser.get(`${origin}/.auth/login/demo`);
  expect(asksWho(again.body, again.url)).toBe(true);
});

it('lands on the page of its own without such an address', async () => {
  const { browser } = await signedIn(local);
  const end = await browser.press(await browser.get(`${origin}/.auth/logout`), 'logout', 'yes');
  expect(end.url).toMatch(`${complete}`);
  expect(end.body).toContain('You are signed out');
});

it('tells the provider the client and the way back, and no token', async () => {
  const { cookie } = await signedIn(local);
  const response = await local.fetch('/.auth/logout', { headers: { cookie, 'sec-fetch-mode': 'navigate' } });
  const { searchParams } = new URL(response.headers.get('location') ?? '');
  expect(Object.fromEntries(searchParams)).toEqual({
    client_id: expect.any(String),
    post_logout_redirect_uri: complete,
  });
});

it('a script that signs out stays here, since it could not follow to another site', async () => {
  const { cookie } = await signedIn(local);
  const response = await local.fetch('/.auth/logout', { headers: { cookie, 'sec-fetch-mode': 'cors' } });
  expect(response.headers.get('location')).toBe(complete);
});

it('nobody is sent to the provider who was not signed in', async () => {
  const response = await local.fetch('/.auth/logout', { headers: { 'sec-fetch-mode': 'navigate' } });
  expect(response.headers.get('location')).toBe(complete);
});

it('is over here though the provider cannot say where it signs out', async () => {
  const { cookie } = await signedIn(local);
  local.clock.advance(3601 * 25);
  local.services.provider.control.fail('discovery', { status: 503 });
  const before = (await userData(local.app)).length;
  const response = await local.fetch('/.auth/logout', { headers: { cookie, 'sec-fetch-mode': 'navigate' } });
  expect(response.headers.get('location')).toBe(complete);
  expect((await userData(local.app)).length).toBeLessThan(before);
  expect(local.logged).toContainEqual(expect.objectContaining({ event: 'provider_sign_out_failed', provider: 'demo' }));
});

it('the place to land is forgotten after ten minutes, and cannot be forged', async () => {
  const { cookie } = await signedIn(local);
  const response = await local.fetch('/.auth/logout?post_logout_redirect_uri=/app', {
    headers: { cookie, 'sec-fetch-mode': 'navigate' },
  });
  const kept = response.headers.getSetCookie().find((header) => header.startsWith('AppServiceAuthLogout=')) ?? '';
  const [pair = ''] = kept.split(';');
  const landsOn = async (sent: string) =>
    (await local.fetch('/.auth/logout/complete', { headers: { cookie: sent } })).headers.get('location');
  expect(await landsOn(pair)).toBe(`${origin}/app`);
  expect(await landsOn(`${pair}x`)).toBeNull();
  expect(await landsOn('AppServiceAuthLogout=https://evil.example/')).toBeNull();
  local.clock.advance(601);
  expect(await landsOn(pair)).toBeNull();
});

it('App Service’s other landing address is served too', async () => {
  const response = await local.fetch('/.auth/logout/done');
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('You are signed out');
});
