import { decodeJwt } from 'jose';
import { generate } from 'selfsigned';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { outboundTimeout } from '../../../shared/http/outbound.ts';
import { machine } from '../../../shared/platform.ts';
import { type EntraIdSettings, entraIdProvider } from '../../../shared/providers/entra-id/entra-id.ts';
import { managedIdentityAssertion } from '../../../shared/providers/oauth/client-assertion.ts';
import type { ClientCredential } from '../../../shared/providers/oauth/client-authentication.ts';
import type { Provider, ProviderParts } from '../../../shared/providers/provider.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { heldTimeLimits } from '../../fixtures/time-limits.ts';
import { type EntraImpersonator, entra, startEntra } from '../impersonators/entra-id.ts';
import { newSigningKey, type SigningKey } from '../impersonators/signing-key.ts';

let server: EntraImpersonator;
beforeAll(async () => {
  server = await startEntra();
});
afterEach(() => server.clear());
afterAll(() => server.close());

const tokenPath = `/${entra.contoso}/oauth2/v2.0/token`;

function provider(credential: ClientCredential, parts: Partial<ProviderParts> = {}): Provider {
  const settings: EntraIdSettings = {
    kind: 'entra-id',
    name: 'aad',
    clientId: entra.clientId,
    credential,
    issuer: server.issuer(entra.contoso),
    scopes: ['openid', 'profile', 'offline_access'],
    loginParameters: {},
    allowedAudiences: [],
    allowed: {},
  };
  return entraIdProvider(settings, { ...machine, ...parts });
}

async function signIn(by: Provider) {
  const attempt = { redirectUri: entra.callback, nonce: 'the-nonce', codeVerifier: 'v'.repeat(43) };
  const { url } = await by.authorizationUrl({ ...attempt, state: 'the-state', extra: {} });
  const { headers } = await fetch(url, { redirect: 'manual' });
  const parameters = Object.fromEntries(new URL(headers.get('location') ?? '').searchParams);
  return by.redeem({ ...attempt, parameters });
}

/** The forms that the token endpoint was sent. */
const forms = () => server.received.filter(({ url }) => url.pathname === tokenPath).map(({ form }) => form);

describe('a certificate', () => {
  let own: Awaited<ReturnType<typeof generate>>;
  let another: typeof own;
  let elliptic: typeof own;
  beforeAll(async () => {
    const name = [{ name: 'commonName', value: 'tokenkeep' }];
    own = await generate(name, { keySize: 2048 });
    another = await generate(name, { keySize: 2048 });
    elliptic = await generate(name, { keyType: 'ec' });
  });
  beforeEach(() => {
    server.credential = { kind: 'certificate', certificate: own.cert };
  });

  const pem = (...parts: string[]): ClientCredential => ({
    kind: 'certificate',
    pem: new Secret('private_key', parts.join('\n')),
  });

  it.each<[string, () => ClientCredential]>([
    ['key first', () => pem(own.private, own.cert)],
    ['certificate first', () => pem(own.cert, own.private)],
    ['with the chain', () => pem(own.private, own.cert, another.cert)],
  ])('proves who the app is: for a code, and for a refresh token (%s)', async (_order, credential) => {
    const by = provider(credential());
    const { tokens, ...identity } = await signIn(by);
    const refreshed = await by.refresh(tokens.refreshToken ?? expect.fail('there is no refresh token'), identity);
    expect(refreshed).toMatchObject({ ok: true });
    for (const form of forms()) expect(form.get('client_secret')).toBeNull();
  });

  it('signs for one call, for minutes', async () => {
    const by = provider(pem(own.private, own.cert));
    await signIn(by);
    await signIn(by);
    const assertions = forms().map((form) => decodeJwt(form.get('client_assertion') ?? ''));
    expect(new Set(assertions.map(({ jti }) => jti)).size).toBe(2);
    for (const { aud, iat = 0, exp = 0 } of assertions) {
      expect(aud).toBe(`${server.origin}${tokenPath}`);
      expect(exp - iat).toBeLessThanOrEqual(300);
    }
  });

  it('that is not the one of the registration is a wrong configuration, and no word against a refresh token', async () => {
    const by = provider(pem(another.private, another.cert));
    await expect(signIn(by)).rejects.toMatchObject({
      code: 'provider_misconfigured',
      detail: 'token endpoint: invalid_client',
    });
    const somebody = { issuer: server.issuer(entra.contoso), subject: 's', claims: {} };
    expect(await by.refresh(new Secret('refresh_token', 'x'), somebody)).toEqual({
      ok: false,
      failure: { kind: 'unavailable', reason: 'invalid_client' },
    });
  });

  it.each<[string, () => ClientCredential]>([
    ['the key of another', () => pem(another.private, own.cert)],
    ['no key', () => pem(own.cert)],
    ['a key alone', () => pem(own.private)],
    ['nothing', () => pem('')],
    ['a key that is not RSA', () => pem(elliptic.private, elliptic.cert)],
  ])('with %s stops the start, and is quoted nowhere', (_case, credential) => {
    const start = () => provider(credential());
    expect(start).toThrow(expect.objectContaining({ code: 'settings_invalid', cause: undefined }));
    expect(start).not.toThrow(/BEGIN/);
  });
});

describe('a managed identity', () => {
  const identity = 'cccccccc-0000-4000-8000-00000000000c';
  const principal = 'dddddddd-0000-4000-8000-00000000000d';
  const credential: ClientCredential = { kind: 'managed-identity', clientId: identity };
  const somebody = { issuer: '', subject: 's', claims: {} };
  let key: SigningKey;
  beforeAll(async () => {
    key = await newSigningKey('identity-key');
  });
  beforeEach(() => {
    const issuer = 'https://login.microsoftonline.com/contoso/v2.0';
    const audience = 'api://AzureADTokenExchange';
    server.credential = { kind: 'federated', issuer, subject: principal, audience, key };
  });

  /** The platform's identity endpoint: an identity by its client id, a resource by its scope. */
  async function identityToken(scope: string, clientId: string): Promise<string> {
    const aud = scope.replace(/\/\.default$/, '');
    const sub = clientId === identity ? principal : 'another';
    const exp = Math.floor(Date.now() / 1000) + 3600;
    return key.sign({ iss: 'https://login.microsoftonline.com/contoso/v2.0', sub, aud, exp });
  }

  it('proves who the app is, with no secret at all', async () => {
    const by = provider(credential, { identityToken });
    const { tokens, ...identity } = await signIn(by);
    const refreshed = await by.refresh(tokens.refreshToken ?? expect.fail('there is no refresh token'), identity);
    expect(refreshed).toMatchObject({ ok: true });
    for (const form of forms()) {
      expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
      expect([form.get('client_id'), form.get('client_secret')]).toEqual([entra.clientId, null]);
    }
  });

  it('that the registration does not trust is a wrong configuration', async () => {
    const by = provider({ ...credential, clientId: 'another' }, { identityToken });
    await expect(signIn(by)).rejects.toMatchObject({ code: 'provider_misconfigured' });
  });

  it.each([
    ['login.microsoftonline.com', 'api://AzureADTokenExchange/.default'],
    ['login.microsoftonline.us', 'api://AzureADTokenExchangeUSGov/.default'],
    ['login.partner.microsoftonline.cn', 'api://AzureADTokenExchangeChina/.default'],
  ])('asks for a token by the name that the cloud of %s has', async (host, expected) => {
    const asked: string[][] = [];
    const prove = managedIdentityAssertion(identity, {
      ...machine,
      identityToken: async (...request) => {
        asked.push(request);
        return 'a token';
      },
    });
    const form = new URLSearchParams();
    const endpoints = { issuer: `https://${host}`, token_endpoint: `https://${host}/t/oauth2/v2.0/token` };
    await prove(endpoints, { client_id: 'c' }, form, new Headers());
    expect(asked).toEqual([[expected, identity]]);
    expect(form.get('client_assertion')).toBe('a token');
  });

  it.each<[string, ProviderParts['identityToken'], string, string]>([
    ['is not there', undefined, 'provider_misconfigured', 'unavailable'],
    ['fails', () => Promise.reject(new Error('CredentialUnavailable')), 'provider_unavailable', 'unanswered'],
    ['gives nothing', async () => '', 'provider_unavailable', 'unanswered'],
  ])('that %s lets a sign-in fail, and a refresh wait', async (_case, token, code, kind) => {
    const by = provider(credential, token ? { identityToken: token } : {});
    await expect(signIn(by)).rejects.toMatchObject({ code });
    const refreshing = by.refresh(new Secret('refresh_token', 'x'), {
      ...somebody,
      issuer: server.issuer(entra.contoso),
    });
    expect(await refreshing).toEqual({ ok: false, failure: { kind, reason: code } });
    expect(forms()).toEqual([]);
  });

  it('is waited for no longer than the time limit', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const by = provider(credential, {
      identityToken: () => {
        resolve();
        return new Promise(() => {});
      },
    });
    await by.authorizationUrl({ redirectUri: '', nonce: '', codeVerifier: '', state: '', extra: {} });
    const limits = heldTimeLimits();
    const issuer = server.issuer(entra.contoso);
    const refreshing = by.refresh(new Secret('refresh_token', 'x'), { ...somebody, issuer });
    await asked;
    expect(limits.set).toEqual([outboundTimeout]);
    limits.pass();
    expect(await refreshing).toEqual({ ok: false, failure: { kind: 'unanswered', reason: 'provider_unavailable' } });
  });
});
