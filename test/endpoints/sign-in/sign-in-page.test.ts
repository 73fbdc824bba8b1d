import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handle } from '../../../shared/endpoints/handle.ts';
import { me } from '../../../shared/endpoints/session/me.ts';
import { signInPage } from '../../../shared/endpoints/sign-in/sign-in-page.ts';
import type { Settings } from '../../../shared/settings/settings.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterAll(() => local.close());

/** The page of an app with so many providers and these settings. */
async function pageOf(names: readonly string[], changes: Partial<Settings> = {}, query = ''): Promise<Response> {
  const { app } = local;
  const [demo] = app.settings.providers;
  const providers = names.map((name) => ({ ...demo, name })) as Settings['providers'];
  const titled = (name: string) => {
    const provider = names.includes(name) ? app.provider('demo') : undefined;
    return provider && { ...provider, name, title: `<${name}>` };
  };
  const changed = { ...app, settings: { ...app.settings, providers, ...changes }, provider: titled };
  return handle(signInPage, new Request(`${origin}/.auth/login${query}`), changed);
}

describe('with several providers', () => {
  it('offers each by a link that takes the parameters along', async () => {
    const response = await pageOf(['one', 'two'], {}, '?post_login_redirect_uri=%2Fapp&x="><b>');
    expect(response.status).toBe(200);
    const body = await response.text();
    const links = [...body.matchAll(/<a class="provider" href="([^"]+)">([^<]+)<\/a>/g)].map(([, to, text]) => [
      to,
      text,
    ]);
    expect(links).toEqual([
      ['/.auth/login/one?post_login_redirect_uri=%2Fapp&#38;x=%22%3E%3Cb%3E', '&#60;one&#62;'],
      ['/.auth/login/two?post_login_redirect_uri=%2Fapp&#38;x=%22%3E%3Cb%3E', '&#60;two&#62;'],
    ]);
  });

  it('needs no script, and loads nothing', async () => {
    const response = await pageOf(['one', 'two']);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'none'");
    expect(policy).toContain("img-src 'none'");
    expect(await response.text()).not.toContain('<script');
  });

  it('bears the name, the logo and the colour of the brand', async () => {
    const brand = { title: 'Contoso & Co', logoUrl: 'https://cdn.example/logo.svg', accentColor: '#123456' };
    const response = await pageOf(['one', 'two'], { signInPage: brand });
    const body = await response.text();
    expect(body).toContain('<h1>Contoso &#38; Co</h1>');
    expect(body).toContain('<img class="logo" src="https://cdn.example/logo.svg" alt="">');
    expect(body).toContain('.35rem solid #123456');
    expect(response.headers.get('content-security-policy')).toContain('img-src https://cdn.example/logo.svg;');
  });

  it('goes to the one at once that redirectToProvider names', async () => {
    const response = await pageOf(['one', 'two'], { redirectToProvider: 'two' }, '?session_mode=token');
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe('/.auth/login/two?session_mode=token');
  });
});

it('a single provider needs no page', async () => {
  const response = await pageOf(['one'], {}, '?login_hint=ada');
  expect(response.status).toBe(302);
  expect(response.headers.get('location')).toBe('/.auth/login/one?login_hint=ada');
});

it.each([
  [['one'], '/.auth/login/one'],
  [['one', 'two'], '/.auth/login'],
])('a problem says where to sign in with the providers %j', async (names, login) => {
  const providers = names.map((name) => ({ ...local.app.settings.providers[0], name })) as Settings['providers'];
  const app = { ...local.app, settings: { ...local.app.settings, providers } };
  const response = await handle(me, new Request(`${origin}/.auth/me`), app);
  expect(await problemIn(response)).toMatchObject({ code: 'not_signed_in', login });
});
