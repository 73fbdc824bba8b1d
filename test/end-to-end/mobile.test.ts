import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../../dev/provider/sign-in-client.ts';
import { type RunningStack, runningStack, signIn, withCookie } from '../fixtures/running-stack.ts';

interface Reply {
  readonly authenticationToken: string;
  readonly user: { readonly userId: string };
}

describe('a native app, at the function host', () => {
  let stack: RunningStack;
  let token: string;
  beforeAll(async () => {
    stack = await runningStack();
    ({ token } = await signIn(stack));
  });
  afterAll(() => stack?.close());

  function post(path: string, body: object): Promise<Response> {
    const headers = { 'content-type': 'application/json; charset=utf-8', 'zumo-api-version': '2.0.0' };
    return fetch(`${stack.origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async function expectSignedIn(response: Response): Promise<void> {
    expect(response.status).toBe(200);
    const { authenticationToken, user } = (await response.json()) as Reply;
    expect(user.userId).toMatch(/^sid:[0-9a-f]{32}$/);
    const headers = { 'x-zumo-auth': authenticationToken };
    const me = await fetch(`${stack.origin}/.auth/me?provider=demo`, { headers });
    expect(await me.json()).toMatchObject({ user_id: 'ada@example.com' });
  }

  it('signs in with the ID token of the provider’s own SDK', async () => {
    const me = await fetch(`${stack.origin}/.auth/me?provider=demo`, withCookie(token));
    const { id_token } = (await me.json()) as { id_token: string };
    await expectSignedIn(await post('/.auth/login/demo', { id_token }));
  });

  it('signs in with a session token that it has kept', async () => {
    await expectSignedIn(await post('/.auth/login', { authenticationToken: token }));
  });

  it('signs in by the system browser with a code', async () => {
    const verifier = randomBytes(32).toString('base64');
    const challenge = createHash('sha256').update(verifier).digest('base64');
    const asked = new URLSearchParams({ code_challenge: challenge, code_challenge_method: 'S256' });
    const { url } = await new Browser().signIn(`${stack.origin}/.auth/login/demo?${asked}`, {
      account: 'ada@example.com',
    });
    const landed = new URL(url);
    expect(landed.pathname).toBe('/.auth/login/done');
    const code = new URLSearchParams(landed.hash.slice(1)).get('authorization_code') ?? '';
    const exchange = new URLSearchParams({ authorization_code: code, code_verifier: verifier });
    const address = `${stack.origin}/.auth/login/demo/token?${exchange}`;
    await expectSignedIn(await fetch(address));
    expect((await fetch(address)).status).toBe(400);
  });

  it('finds the pages whose names a provider could have', async () => {
    const [done, receiver] = await Promise.all([
      fetch(`${stack.origin}/.auth/login/done`),
      fetch(`${stack.origin}/.auth/login/iframereceiver?completion_origin=${stack.origin}`),
    ]);
    expect(await done.text()).toContain('<h1>You are signed in</h1>');
    expect(await receiver.text()).toContain('transferLoginResult');
  });
});
