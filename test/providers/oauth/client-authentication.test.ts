import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { machine } from '../../../shared/platform.ts';
import type { ClientCredential, ClientSecretMethod } from '../../../shared/providers/oauth/client-authentication.ts';
import { openIdConnectProvider } from '../../../shared/providers/openid-connect/openid-connect.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type DemoClientSetup, demoClient } from '../../fixtures/demo-client.ts';
import { nobody } from '../../fixtures/nobody.ts';

/** Every printable ASCII character, which is what a secret may consist of (RFC 6749 appendix A.2). */
const everyCharacter = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');

/** A token endpoint that keeps what it was sent. */
async function sentBy(method: ClientSecretMethod) {
  let headers: IncomingHttpHeaders = {};
  let body = '';
  const server = createServer(async (request, response) => {
    headers = request.headers;
    for await (const chunk of request) body += chunk;
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = openIdConnectProvider(
    {
      name: 'demo',
      clientId: 'an id:with/signs',
      credential: { kind: 'secret', secret: new Secret('client_secret', everyCharacter), method },
      endpoints: { issuer: at, authorizationEndpoint: `${at}/a`, tokenEndpoint: `${at}/t`, jwksUri: `${at}/k` },
      scopes: ['openid'],
      loginParameters: {},
    },
    machine,
  );
  const response = { parameters: { code: 'a code+/=&' }, redirectUri: `${at}/back`, nonce: 'n', codeVerifier: 'v' };
  await expect(client.redeem(response)).rejects.toMatchObject({ code: 'sign_in_code_refused' });
  return { authorization: headers.authorization, form: Object.fromEntries(new URLSearchParams(body)) };
}

const pem = (key: KeyObject) => new Secret('private_key', key.export({ type: 'pkcs8', format: 'pem' }).toString());
const formDecoded = (text = '') => new URLSearchParams(`x=${text}`).get('x');

describe('the client proves who it is', () => {
  it('by Basic, each part form-encoded first, and not in the body', async () => {
    const { authorization = '', form } = await sentBy('client_secret_basic');
    const [, encoded = ''] = /^Basic (\S+)$/.exec(authorization) ?? [];
    const [id, secret, ...rest] = Buffer.from(encoded, 'base64').toString().split(':');
    expect([formDecoded(id), formDecoded(secret), rest]).toEqual(['an id:with/signs', everyCharacter, []]);
    expect(form).toEqual({
      grant_type: 'authorization_code',
      code: 'a code+/=&',
      redirect_uri: expect.stringMatching(/\/back$/),
      code_verifier: 'v',
    });
  });

  it('by the form, and not in a header', async () => {
    const { authorization, form } = await sentBy('client_secret_post');
    expect(authorization).toBeUndefined();
    expect(form).toMatchObject({ client_id: 'an id:with/signs', client_secret: everyCharacter });
  });
});

describe.each(['client_secret_basic', 'client_secret_post'] as const)('a provider that asks for %s', (method) => {
  let setup: DemoClientSetup;
  const credential = (secret: string) => ({
    kind: 'secret' as const,
    secret: new Secret('client_secret', secret),
    method,
  });
  beforeAll(async () => {
    setup = await demoClient({ client_secret: everyCharacter, token_endpoint_auth_method: method });
  });
  afterAll(() => setup.close());

  it('knows the client by a secret of every character', async () => {
    const client = setup.client({ credential: credential(everyCharacter) });
    expect(await client.redeem(await setup.authorize(client))).toMatchObject({ subject: 'demo-1001' });
  });

  it('refuses it with another secret', async () => {
    const client = setup.client({ credential: credential(`${everyCharacter}x`) });
    const redeeming = client.redeem(await setup.authorize(client));
    await expect(redeeming).rejects.toMatchObject({ code: 'provider_misconfigured' });
  });
});

describe.each([
  ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' })],
  ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['EdDSA', () => generateKeyPairSync('ed25519')],
])('a provider that knows the client by a key for %s', (alg, newKeys) => {
  const keyId = 'the key';
  let setup: DemoClientSetup;
  let credential: ClientCredential & { readonly kind: 'private-key' };
  beforeAll(async () => {
    const keys = newKeys();
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: keyId, alg, use: 'sig' };
    setup = await demoClient({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } });
    credential = { kind: 'private-key', key: pem(keys.privateKey), keyId };
  });
  afterAll(() => setup.close());

  it('takes its assertions: for a code, for a refresh token, and to revoke that', async () => {
    const client = setup.client({ credential });
    const { tokens, ...identity } = await client.redeem(await setup.authorize(client));
    expect(identity.subject).toBe('demo-1001');
    const refreshed = await client.refresh(tokens.refreshToken ?? expect.fail(), identity);
    expect(refreshed).toMatchObject({ ok: true, tokens: { expiresIn: 3600 } });
    const { revocations } = setup.demo.counters;
    const newest = refreshed.ok && refreshed.tokens.refreshToken;
    expect(await client.revoke({ refreshToken: newest || expect.fail() }, nobody)).toBe(true);
    expect(setup.demo.counters.revocations).toBe(revocations + 1);
  });

  it('refuses those of another key', async () => {
    const client = setup.client({ credential: { ...credential, key: pem(newKeys().privateKey) } });
    const redeeming = client.redeem(await setup.authorize(client));
    await expect(redeeming).rejects.toMatchObject({ code: 'provider_misconfigured' });
  });
});

it('an assertion names the client, is for the token endpoint, lives for minutes, and is made for one call', async () => {
  const setup = await demoClient();
  onTestFinished(() => setup.close());
  const sent: URLSearchParams[] = [];
  const network = async (input: string | URL | Request, init?: RequestInit) => {
    if (String(input).endsWith('/token')) sent.push(new URLSearchParams(String(init?.body)));
    return fetch(input, init);
  };
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const credential = { kind: 'private-key', key: pem(privateKey), keyId: 'k' } as const;
  const client = setup.client({ credential }, { fetch: network });
  for (const _ of [1, 2]) {
    const redeeming = client.redeem(await setup.authorize(client));
    await expect(redeeming).rejects.toMatchObject({ code: 'provider_misconfigured' });
  }
  const assertions = await Promise.all(
    sent.map(async (form) => {
      expect([form.get('client_id'), form.get('client_secret')]).toEqual(['tokenkeep', null]);
      expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
      const assertion = form.get('client_assertion') ?? '';
      return jwtVerify(assertion, publicKey, { audience: `${setup.demo.issuer}/token`, issuer: 'tokenkeep' });
    }),
  );
  for (const { payload, protectedHeader } of assertions) {
    expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: 'k' });
    expect(payload.sub).toBe('tokenkeep');
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(300);
  }
  expect(new Set(assertions.map(({ payload }) => payload.jti)).size).toBe(2);
});
