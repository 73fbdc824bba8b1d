import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { machine } from '../../shared/platform.ts';
import { openIdConnectProvider } from '../../shared/providers/openid-connect.ts';
import { Secret } from '../../shared/telemetry/secret.ts';
import { type DemoClientSetup, demoClient } from '../fixtures/demo-client.ts';

/** Every printable ASCII character, which is what a secret may consist of (RFC 6749 appendix A.2). */
const everyCharacter = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');

/** A token endpoint that keeps what it was sent. */
async function sentTo(authentication: 'client_secret_basic' | 'client_secret_post') {
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
      clientSecret: new Secret('client_secret', everyCharacter),
      clientAuthentication: authentication,
      endpoints: { issuer: at, authorizationEndpoint: `${at}/a`, tokenEndpoint: `${at}/t`, jwksUri: `${at}/k` },
      scopes: ['openid'],
      loginParameters: {},
    },
    machine,
  );
  const response = { code: 'a code+/=&', redirectUri: `${at}/back`, nonce: 'n', codeVerifier: 'v', issuer: undefined };
  await expect(client.redeem(response)).rejects.toMatchObject({ code: 'sign_in_code_refused' });
  return { authorization: headers.authorization, form: Object.fromEntries(new URLSearchParams(body)) };
}

const formDecoded = (text = '') => new URLSearchParams(`x=${text}`).get('x');

describe('the client proves who it is', () => {
  it('by Basic, each part form-encoded first, and not in the body', async () => {
    const { authorization = '', form } = await sentTo('client_secret_basic');
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
    const { authorization, form } = await sentTo('client_secret_post');
    expect(authorization).toBeUndefined();
    expect(form).toMatchObject({ client_id: 'an id:with/signs', client_secret: everyCharacter });
  });
});

describe.each(['client_secret_basic', 'client_secret_post'] as const)('a provider that asks for %s', (method) => {
  let setup: DemoClientSetup;
  beforeAll(async () => {
    setup = await demoClient({ client_secret: everyCharacter, token_endpoint_auth_method: method });
  });
  afterAll(() => setup.close());

  it('knows the client by a secret of every character', async () => {
    const client = setup.client({ clientAuthentication: method });
    expect(await client.redeem(await setup.authorize(client))).toMatchObject({ subject: 'demo-1001' });
  });

  it('refuses it with another secret', async () => {
    const clientSecret = new Secret('client_secret', `${everyCharacter}x`);
    const client = setup.client({ clientAuthentication: method, clientSecret });
    const redeeming = client.redeem(await setup.authorize(client));
    await expect(redeeming).rejects.toMatchObject({ code: 'provider_misconfigured' });
  });
});
