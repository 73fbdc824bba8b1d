import { createHash, randomBytes } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { handle } from '../../../shared/endpoints/handle.ts';
import { appCodeExchange } from '../../../shared/endpoints/sign-in/app-code.ts';
import { openAppCode } from '../../../shared/sign-in/app-code.ts';
import type { LeaseId } from '../../../shared/token-store/container.ts';
import { sessionIdOf } from '../../../shared/token-store/names.ts';
import { createSealer } from '../../../shared/token-store/seal.ts';
import { createSessionStore } from '../../../shared/token-store/session-store.ts';
import { type ChangedApp, changedApp } from '../../fixtures/changed-app.ts';
import { faultyContainer } from '../../fixtures/faulty-container.ts';
import { holdingBrowser } from '../../fixtures/holding-browser.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { sessionIdIn, storedSession } from '../../fixtures/stored.ts';

let local: LocalApp;
/** The app as a native app is registered with it; it has the demo provider under a second name, too. */
let app: ChangedApp;
beforeAll(async () => {
  local = await localApp();
  app = changedApp(local, ({ login, identityProviders }) => {
    login.allowedExternalRedirectUrls = ['myapp://easyauth.callback'];
    const providers = identityProviders.customOpenIdConnectProviders;
    if (providers['demo']) providers['other'] = providers['demo'];
  });
});
afterEach(() => {
  local.services.provider.control.clear();
  local.clock.reset();
  local.logged.length = 0;
});
afterAll(() => local.close());

/** As Microsoft's mobile SDKs draw them: 32 bytes, and the hash of their text, both in base64 with padding. */
function pkce() {
  const verifier = randomBytes(32).toString('base64');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64') };
}

const escaped = (parameters: Record<string, string>) => `${new URLSearchParams(parameters)}`;

/** Signs in as a native app does, up to the address that the system gives to the app. */
async function signIn(challenge: string, extra: Record<string, string> = {}, spoil: (url: URL) => void = () => {}) {
  const { authorize, open, browser } = holdingBrowser(app);
  const parameters = {
    post_login_redirect_url: 'myapp://easyauth.callback',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...extra,
  };
  const url = await authorize(`/.auth/login/demo?${escaped(parameters)}`);
  spoil(url);
  const response = await open(url);
  const location = response.headers.get('location') ?? '';
  const [address = '', fragment = ''] = location.split('#');
  return { response, location, address, hash: new URLSearchParams(fragment), cookies: browser.cookies(origin) };
}

/** A code that is good, and the verifier that goes with it. */
async function newCode() {
  const { verifier, challenge } = pkce();
  const { hash } = await signIn(challenge);
  const code = hash.get('authorization_code') ?? '';
  const id = sessionIdOf((await openAppCode(code, local.app.ring))?.key ?? '');
  return { code, verifier, id };
}

function exchange(
  authorization_code: string,
  code_verifier: string,
  provider = 'demo',
  at = app.app,
): Promise<Response> {
  const path = `/.auth/login/${provider}/token?${escaped({ authorization_code, code_verifier })}`;
  return handle(appCodeExchange, new Request(`${origin}${path}`), at);
}

const refusal = async (response: Response) => {
  const { code, status } = await problemIn(response);
  return { code, status };
};
const refused = { code: 'app_code_refused', status: 400 };

describe('a native app that signs in by the system browser', () => {
  it.each([
    ['as iOS does', {}, 'myapp://easyauth.callback'],
    [
      'as .NET does',
      { session_mode: 'token', post_login_redirect_url: 'myapp://easyauth.callback/' },
      'myapp://easyauth.callback/',
    ],
    ['with its own page for want of an address', { post_login_redirect_url: '' }, `${origin}/.auth/login/done`],
  ])('gets a code in the fragment of its address, and nothing else: %s', async (_case, extra, expected) => {
    const { response, address, location, hash, cookies } = await signIn(pkce().challenge, extra);
    expect(response.status).toBe(302);
    expect(address).toBe(expected);
    expect([...hash.keys()]).toEqual(['authorization_code']);
    expect(location).not.toMatch(/eyJ[\w-]+\.eyJ/);
    expect(cookies).not.toHaveProperty('AppServiceAuthSession');
  });

  it('does not send its challenge to the provider, who gets one of ours', async () => {
    const { challenge } = pkce();
    let sent = '';
    await signIn(challenge, {}, (url) => {
      sent = url.searchParams.get('code_challenge') ?? '';
    });
    const path = `/.auth/login/demo?${escaped({ code_challenge: challenge, code_challenge_method: 'S256' })}`;
    const { searchParams } = new URL((await app.fetch(path)).headers.get('location') ?? '');
    expect(searchParams.getAll('code_challenge')).toEqual([expect.stringMatching(/^[\w-]{43}$/)]);
    expect(searchParams.get('code_challenge')).not.toBe(Buffer.from(challenge, 'base64').toString('base64url'));
    expect(sent).toBe('');
  });

  it('exchanges the code for a session token', async () => {
    const { code, verifier, id } = await newCode();
    const response = await exchange(code, verifier);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.getSetCookie()).toEqual([]);
    const reply = (await response.json()) as { authenticationToken: string };
    const { sub } = decodeJwt(reply.authenticationToken);
    expect(reply).toEqual({ authenticationToken: expect.any(String), user: { userId: sub } });
    expect(sessionIdIn(`c=${reply.authenticationToken}`)).toBe(id);
    const me = await local.fetch('/.auth/me', { headers: { 'x-zumo-auth': reply.authenticationToken } });
    expect(await me.json()).toMatchObject([{ user_id: 'ada@example.com' }]);
  });

  it('may exchange it at another instance, with the parameters of the login beside it, and + not escaped', async () => {
    const verifier = Buffer.alloc(32, 0xfb).toString('base64');
    const challenge = createHash('sha256').update(verifier).digest('base64');
    const { hash } = await signIn(challenge);
    const query = `access_type=offline&authorization_code=${hash.get('authorization_code')}&code_verifier=${verifier}`;
    expect(query).toContain('+');
    expect((await local.fetch(`/.auth/login/DEMO/token?${query}`)).status).toBe(200);
  });

  it('is told in the same place why nobody was signed in', async () => {
    const { address, hash } = await signIn(pkce().challenge, {}, (url) =>
      url.searchParams.set('error', 'access_denied'),
    );
    expect(address).toBe('myapp://easyauth.callback');
    expect([...hash.keys()]).toEqual(['error']);
    expect(hash.get('error')).toMatch(/access_denied$/);
  });

  it('cannot land at an address that is not registered', async () => {
    const parameters = { post_login_redirect_url: 'evil://easyauth.callback', code_challenge: pkce().challenge };
    const response = await app.fetch(`/.auth/login/demo?${escaped({ ...parameters, code_challenge_method: 'S256' })}`);
    expect((await problemIn(response)).code).toBe('redirect_not_allowed');
  });
});

describe('a code is good once', () => {
  it('used again by whoever has the verifier, it ends its session', async () => {
    const { code, verifier, id } = await newCode();
    const { authenticationToken } = (await (await exchange(code, verifier)).json()) as { authenticationToken: string };
    expect(await storedSession(local.app, id)).not.toHaveProperty('appCode');
    expect(await refusal(await exchange(code, verifier))).toEqual(refused);
    const me = await local.fetch('/.auth/me', { headers: { 'x-zumo-auth': authenticationToken } });
    expect((await problemIn(me)).code).toBe('session_ended');
    expect(local.logged).toContainEqual(
      expect.objectContaining({ event: 'signed_out', session: id, reason: 'code used twice' }),
    );
  });

  it('of many exchanges at the same time one at most succeeds', async () => {
    const { code, verifier } = await newCode();
    const statuses = await Promise.all([1, 2, 3, 4].map(async () => (await exchange(code, verifier)).status));
    expect(statuses.toSorted()).toEqual([200, 400, 400, 400]);
  });

  it('also where the session is written in between', async () => {
    const { code, verifier, id } = await newCode();
    await local.app.refresh({ id, provider: 'demo', cause: 'sweep' });
    expect(await storedSession(local.app, id)).toHaveProperty('appCode');
    expect((await exchange(code, verifier)).status).toBe(200);
    await local.app.refresh({ id, provider: 'demo', cause: 'sweep' });
    expect(await storedSession(local.app, id)).not.toHaveProperty('appCode');
  });

  it('and waits while a refresh has the session', async () => {
    const { code, verifier, id } = await newCode();
    const { container, ring, agenda, log } = local.app;
    const lease = '00000000-0000-4000-8000-000000000001' as LeaseId;
    await container.acquireLease(`sessions/${id}`, lease, 60);
    const refusals = Promise.withResolvers<void>();
    const watched = faultyContainer(container, {
      after: (operation) => {
        if (operation === 'replace') refusals.resolve();
      },
    });
    const waiting = { ...app.app, store: createSessionStore(watched, createSealer(ring), agenda, log) };
    const exchanged = exchange(code, verifier, 'demo', waiting);
    await refusals.promise;
    await container.releaseLease(`sessions/${id}`, lease);
    expect((await exchanged).status).toBe(200);
  });
});

describe('a code is good for five minutes', () => {
  it('until its last second', async () => {
    const { code, verifier } = await newCode();
    local.clock.advance(295);
    expect((await exchange(code, verifier)).status).toBe(200);
  });

  it('after which a session that nobody has the token of ends', async () => {
    const { code, verifier, id } = await newCode();
    local.clock.advance(301);
    expect(await refusal(await exchange(code, verifier))).toEqual(refused);
    expect(await local.app.store.read(id)).toBeUndefined();
  });

  it('after which a session whose code was used goes on, whoever has found the code', async () => {
    const { code, verifier, id } = await newCode();
    await exchange(code, verifier);
    local.clock.advance(301);
    expect(await refusal(await exchange(code, verifier))).toEqual(refused);
    expect(await local.app.store.read(id)).toBeDefined();
  });
});

describe('a code is refused, and stays good for its app', () => {
  it.each<[string, (one: { code: string; verifier: string }) => Promise<Response>]>([
    ['with another verifier', ({ code }) => exchange(code, pkce().verifier)],
    [
      'with the challenge for a verifier',
      ({ code, verifier }) => exchange(code, createHash('sha256').update(verifier).digest('base64')),
    ],
    ['at another provider', ({ code, verifier }) => exchange(code, verifier, 'other')],
    [
      'changed in its last character',
      ({ code, verifier }) => exchange(code.slice(0, -1) + (code.endsWith('A') ? 'Q' : 'A'), verifier),
    ],
    ['cut short', ({ code, verifier }) => exchange(code.slice(0, -1), verifier)],
  ])('%s', async (_case, attempt) => {
    const one = await newCode();
    expect(await refusal(await attempt(one))).toEqual(refused);
    expect((await exchange(one.code, one.verifier)).status).toBe(200);
  });

  it('without a verifier, or twice in one address', async () => {
    const { code, verifier } = await newCode();
    for (const query of [
      escaped({ authorization_code: code }),
      escaped({ code_verifier: verifier }),
      `${escaped({ authorization_code: code, code_verifier: verifier })}&authorization_code=x`,
    ]) {
      const response = await local.fetch(`/.auth/login/demo/token?${query}`);
      expect(await refusal(response)).toEqual({ code: 'request_malformed', status: 400 });
    }
    expect((await exchange(code, verifier)).status).toBe(200);
  });

  it('once its session has ended', async () => {
    const { code, verifier, id } = await newCode();
    await local.app.endSession(await storedSession(local.app, id));
    expect(await refusal(await exchange(code, verifier))).toEqual(refused);
  });
});

it('the log says nothing of code, verifier or session key', async () => {
  const { code, verifier } = await newCode();
  await exchange(code, verifier);
  await exchange(code, verifier);
  const { key = '' } = (await openAppCode(code, local.app.ring)) ?? {};
  expect(key).toMatch(/^[\w-]{43}$/);
  for (const secret of [code, verifier, key]) expect(JSON.stringify(local.logged)).not.toContain(secret);
});
