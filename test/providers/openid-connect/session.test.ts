import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../../../dev/provider/faults.ts';
import type { TokenSet } from '../../../shared/providers/provider.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type DemoClientSetup, demoClient } from '../../fixtures/demo-client.ts';
import { nobody } from '../../fixtures/nobody.ts';

let setup: DemoClientSetup;
beforeAll(async () => {
  setup = await demoClient();
});
afterEach(() => setup.demo.control.clear());
afterAll(() => setup.close());

/** The demo provider's endpoints as somebody would write them down without discovery. */
function endpoints() {
  const at = setup.demo.issuer;
  return { issuer: at, authorizationEndpoint: `${at}/authorize`, tokenEndpoint: `${at}/token`, jwksUri: `${at}/jwks` };
}

describe('a refresh', () => {
  const withoutDiscovery = () => setup.client({ endpoints: endpoints() });

  it('gives new tokens and the claims of the new ID token, also without discovery', async () => {
    for (const client of [setup.client(), withoutDiscovery()]) {
      const signedIn = await client.redeem(await setup.authorize(client));
      const result = await client.refresh(signedIn.tokens.refreshToken ?? expect.fail(), signedIn);
      expect(result).toMatchObject({ ok: true, tokens: { expiresIn: 3600 }, claims: { sub: 'demo-1001' } });
      const revealed = (tokens: TokenSet) => [tokens.accessToken?.reveal(), tokens.refreshToken?.reveal()];
      expect(result.ok && revealed(result.tokens)).not.toEqual(revealed(signedIn.tokens));
    }
  });

  it('is refused for good with a spent token, and the answer says why', async () => {
    const client = setup.client();
    const signedIn = await client.redeem(await setup.authorize(client));
    const refreshToken = signedIn.tokens.refreshToken ?? expect.fail();
    await client.refresh(refreshToken, signedIn);
    const again = await client.refresh(refreshToken, signedIn);
    expect(again).toEqual({ ok: false, failure: { kind: 'refused', reason: 'invalid_grant' } });
  });

  it('is not tried with a provider that has another issuer than the session', async () => {
    const { token } = setup.demo.counters.requests;
    const identity = { issuer: 'https://old.example', subject: 'demo-1001', claims: {} };
    const result = await setup.client().refresh(new Secret('refresh_token', 'r'), identity);
    expect(result).toEqual({ ok: false, failure: { kind: 'unavailable', reason: 'issuer_changed' } });
    expect(setup.demo.counters.requests.token).toBe(token);
  });

  it.each<[string, Fault, string]>([
    ['redirects', { status: 302, headers: { location: '/jwks' } }, 'provider_response_invalid'],
    ['is cut off', {}, 'provider_unavailable'],
    ['fails', { status: 502 }, 'http_502'],
  ])('may be tried again where the token endpoint %s', async (_case, fault, reason) => {
    setup.demo.control.fail('token', fault);
    const identity = { issuer: setup.demo.issuer, subject: 'demo-1001', claims: {} };
    const result = await setup.client().refresh(new Secret('refresh_token', 'r'), identity);
    expect(result).toEqual({ ok: false, failure: { kind: 'unanswered', reason } });
  });
});

describe('a refresh whose ID token cannot be checked', () => {
  it.each([404, 503])(
    'keeps the tokens beside it, since the old ones are spent (the keys answer %i)',
    async (status) => {
      const first = setup.client();
      const signedIn = await first.redeem(await setup.authorize(first));
      setup.demo.control.fail('jwks', { status });
      const result = await setup.client().refresh(signedIn.tokens.refreshToken ?? expect.fail(), signedIn);
      expect(result).toMatchObject({ ok: true, tokens: { refreshToken: expect.anything() } });
      expect(result).not.toHaveProperty('tokens.idToken');
    },
  );
});

describe('signing out at the provider', () => {
  it('goes to its page, which is told the client and the way back, and no token', async () => {
    const url = await setup.client().signOutUrl('https://app.example/bye?x=1');
    expect(url?.href.split('?')[0]).toBe(`${setup.demo.issuer}/logout`);
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({
      client_id: 'tokenkeep',
      post_logout_redirect_uri: 'https://app.example/bye?x=1',
    });
  });

  it('keeps what the page has in its address', async () => {
    const endSessionEndpoint = 'https://issuer.example/out?policy=b2c';
    const url = await setup
      .client({ endpoints: { ...endpoints(), endSessionEndpoint } })
      .signOutUrl('https://a.example/');
    expect(url?.searchParams.get('policy')).toBe('b2c');
    expect(url?.searchParams.get('client_id')).toBe('tokenkeep');
  });

  it('is not possible where there is no such page', async () => {
    expect(await setup.client({ endpoints: endpoints() }).signOutUrl('https://app.example/')).toBeUndefined();
  });
});

describe('revoking a refresh token', () => {
  const token = new Secret('refresh_token', 'some-token');

  it('asks the provider where it offers that', async () => {
    const { revocations } = setup.demo.counters;
    expect(await setup.client().revoke({ refreshToken: token }, nobody)).toBe(true);
    expect(setup.demo.counters.revocations).toBe(revocations + 1);
  });

  it('is not possible where it does not', async () => {
    expect(await setup.client({ endpoints: endpoints() }).revoke({ refreshToken: token }, nobody)).toBe(false);
  });

  it('fails when the provider fails', async () => {
    setup.demo.control.fail('revocation', { status: 503 });
    await expect(setup.client().revoke({ refreshToken: token }, nobody)).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
  });
});
