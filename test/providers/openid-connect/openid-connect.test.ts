import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AuthorizationResponse } from '../../../shared/providers/provider.ts';
import { type DemoClientSetup, demoClient } from '../../fixtures/demo-client.ts';

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

/** The response with this issuer in it (RFC 9207), or with none. */
function answeredBy({ parameters, ...rest }: AuthorizationResponse, issuer: string | undefined): AuthorizationResponse {
  const { iss: _, ...others } = parameters;
  return { ...rest, parameters: issuer === undefined ? others : { ...others, iss: issuer } };
}

const request = { redirectUri: 'https://app.example/cb', state: 's', nonce: 'n', codeVerifier: 'v', extra: {} };

describe('the authorization request', () => {
  it('keeps what the endpoint has in its address, and has each parameter once', async () => {
    const authorizationEndpoint = 'https://issuer.example/authorize?policy=b2c&scope=old';
    const client = setup.client({ endpoints: { ...endpoints(), authorizationEndpoint }, scopes: ['openid'] });
    const { url } = await client.authorizationUrl({ ...request, extra: { prompt: 'a b&c' } });
    expect([...url.searchParams].sort()).toEqual([
      ['client_id', 'tokenkeep'],
      ['code_challenge', createHash('sha256').update('v').digest('base64url')],
      ['code_challenge_method', 'S256'],
      ['nonce', 'n'],
      ['policy', 'b2c'],
      ['prompt', 'a b&c'],
      ['redirect_uri', 'https://app.example/cb'],
      ['response_type', 'code'],
      ['scope', 'openid'],
      ['state', 's'],
    ]);
  });

  it('asks for other scopes where the app wants that, and for openid all the same', async () => {
    const client = setup.client({ scopes: ['openid', 'email'] });
    const { url } = await client.authorizationUrl({ ...request, extra: { scope: 'api.read  offline_access' } });
    expect(url.searchParams.get('scope')).toBe('openid api.read offline_access');
  });

  it('cannot be changed in what protects it', async () => {
    const hostile = { state: 'x', nonce: 'x', redirect_uri: 'x', code_challenge: 'x', code_challenge_method: 'plain' };
    const more = { response_type: 'token', client_id: 'x' };
    const client = setup.client({ loginParameters: { ...hostile, ...more } });
    const { url } = await client.authorizationUrl({ ...request, extra: { ...hostile, ...more } });
    expect([...url.searchParams.values()]).not.toContain('x');
    expect(url.searchParams.get('code_challenge_method')).toBe('S256');
    expect(url.searchParams.get('response_type')).toBe('code');
  });
});

describe('a code', () => {
  it('gives the user, the claims of ID token and userinfo, and the tokens', async () => {
    const client = setup.client();
    const response = await setup.authorize(client);
    const userinfo = { sub: 'demo-1001', only_here: 'yes', name: 'Another name', iss: 'https://evil.example' };
    setup.demo.control.fail('userinfo', { status: 200, body: userinfo });
    const signedIn = await client.redeem(response);
    expect(signedIn).toMatchObject({
      issuer: setup.demo.issuer,
      subject: 'demo-1001',
      claims: { iss: setup.demo.issuer, nonce: response.nonce, only_here: 'yes', name: 'Ada Example' },
      tokens: { expiresIn: 3600 },
    });
    expect(signedIn.tokens.refreshToken).toBeDefined();
  });

  it('is redeemed without discovery too', async () => {
    const client = setup.client({ endpoints: endpoints() });
    const { discovery, userinfo } = setup.demo.counters.requests;
    expect(await client.redeem(await setup.authorize(client))).toMatchObject({ subject: 'demo-1001' });
    expect(setup.demo.counters.requests).toMatchObject({ discovery, userinfo });
  });

  it('is redeemed with an ID token signed by ES256', async () => {
    const other = await demoClient({ id_token_signed_response_alg: 'ES256' });
    try {
      const client = other.client();
      expect(await client.redeem(await other.authorize(client))).toMatchObject({ subject: 'demo-1001' });
    } finally {
      await other.close();
    }
  });

  it('is redeemed after the provider has changed its key, whenever that was', async () => {
    const client = setup.client();
    await client.redeem(await setup.authorize(client));
    await setup.demo.control.rotateSigningKey();
    const { jwks } = setup.demo.counters.requests;
    expect(await client.redeem(await setup.authorize(client))).toMatchObject({ subject: 'demo-1001' });
    expect(setup.demo.counters.requests.jwks).toBe(jwks + 1);
  });

  it('is refused with another verifier, and with another redirect address', async () => {
    const client = setup.client();
    for (const change of [{ codeVerifier: 'x'.repeat(43) }, { redirectUri: 'http://localhost:9/other' }]) {
      const redeeming = client.redeem({ ...(await setup.authorize(client)), ...change });
      await expect(redeeming).rejects.toMatchObject({ code: 'sign_in_code_refused' });
    }
  });

  it.each<[string, string | undefined, boolean]>([
    ['without the issuer that the provider promises', undefined, true],
    ['with another issuer', 'https://evil.example', true],
    ['with another issuer, though none was promised', 'https://evil.example', false],
  ])('is not sent anywhere when it comes %s', async (_case, issuer, discovers) => {
    const client = setup.client(discovers ? {} : { endpoints: endpoints() });
    const response = answeredBy(await setup.authorize(client), issuer);
    const { token } = setup.demo.counters.requests;
    await expect(client.redeem(response)).rejects.toMatchObject({ code: 'sign_in_issuer_mismatch' });
    expect(setup.demo.counters.requests.token).toBe(token);
  });

  it('needs no issuer beside it where none is promised', async () => {
    const client = setup.client({ endpoints: endpoints() });
    const response = answeredBy(await setup.authorize(client), undefined);
    expect(await client.redeem(response)).toMatchObject({ subject: 'demo-1001' });
  });
});

it('every answer of the provider is waited for with a time limit, and redirects are not followed', async () => {
  const network = vi.fn((input: string | URL | Request, init?: RequestInit) => fetch(input, init));
  const client = setup.client({}, { fetch: network });
  await client.redeem(await setup.authorize(client));
  const paths = network.mock.calls.map(([url]) => new URL(String(url)).pathname);
  expect(paths).toEqual(['/.well-known/openid-configuration', '/token', '/jwks', '/userinfo']);
  for (const [, init] of network.mock.calls) {
    expect(init?.signal).toBeInstanceOf(AbortSignal);
    expect(init?.redirect).toBe('manual');
  }
});

describe('a user is called', () => {
  it.each([
    ['by the claim of the settings', 'upn', { upn: 'ada', email: 'a@b' }, 'ada'],
    ['by email', 'upn', { email: 'a@b', preferred_username: 'ada' }, 'a@b'],
    ['by preferred user name', undefined, { preferred_username: 'ada' }, 'ada'],
    ['by subject', undefined, {}, 'the subject'],
    ['by no empty or strange claim', 'upn', { upn: '', email: ['a@b'], preferred_username: null }, 'the subject'],
  ])('%s', (_case, nameClaim, claims, expected) => {
    const client = setup.client(nameClaim === undefined ? {} : { nameClaim });
    expect(client.displayName(claims, 'the subject')).toBe(expected);
  });
});

const email = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress';
it.each([
  ['email', email],
  [email, email],
  ['nickname', 'nickname'],
])('names the user by the claim that is set, by its name or by its type: %s', (nameClaim, nameType) => {
  const client = setup.client({ nameClaim });
  expect(client.claimTypes.nameType).toBe(nameType);
  expect(client.displayName({ email: 'ada@example.com', nickname: 'ada@example.com' }, 'x')).toBe('ada@example.com');
});
