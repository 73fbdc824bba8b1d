import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { type JWTHeaderParameters, SignJWT } from 'jose';
import type { ClientAuth } from 'oauth4webapi';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { outboundTimeout } from '../../http/outbound.ts';
import { seconds } from '../../platform.ts';
import type { PrivateKey } from '../../telemetry/secret.ts';
import type { ProviderParts } from '../provider.ts';
import { signingAlgorithm } from './signing-algorithm.ts';

/** Seconds that an assertion is good for: it is made for one call. */
const assertionLifetime = 120;

/**
 * `private_key_jwt` (OpenID Connect Core section 9, RFC 7523 section 2.2) by a key in PKCS#8 PEM. Throws
 * `settings_invalid` where no JWS algorithm is for such a key.
 */
export function privateKeyAssertion(pem: PrivateKey, keyId: string | undefined, parts: ProviderParts): ClientAuth {
  const key = createPrivateKey(pem.reveal());
  const alg = signingAlgorithm(key);
  if (alg === undefined)
    throw new TokenkeepError('settings_invalid', { detail: 'the private key is of no use for JWS' });
  return signedAssertion({ alg, ...(keyId === undefined ? {} : { kid: keyId }) }, key, parts);
}

/**
 * `private_key_jwt` as Entra ID knows its clients, by the thumbprint of a certificate. Its key must be RSA:
 * https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 *
 * `pem` holds the private key and the certificate, in either order. Throws `settings_invalid` where it does not.
 */
export function certificateAssertion(pem: PrivateKey, parts: ProviderParts): ClientAuth {
  const { key, certificate } = keyAndCertificate(pem);
  const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url');
  return signedAssertion({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint }, key, parts);
}

/**
 * No key at all: a token of a user-assigned managed identity, which the app registration trusts by a federated identity
 * credential. Each cloud has an audience of its own:
 * https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
 *
 * Its calls throw `provider_misconfigured` where the platform offers no identity, `provider_unavailable` where the
 * identity gives no token in time.
 */
export function managedIdentityAssertion(clientId: string, { identityToken }: ProviderParts): ClientAuth {
  return withAssertion(async (tokenEndpoint) => {
    if (!identityToken) {
      throw new TokenkeepError('provider_misconfigured', { detail: 'there is no managed identity here' });
    }
    const token = await inTime(identityToken(`${exchangeAudience(tokenEndpoint)}/.default`, clientId)).catch(noToken);
    return token || noToken();
  });
}

function exchangeAudience(tokenEndpoint: string): string {
  const { hostname } = new URL(tokenEndpoint);
  if (hostname.endsWith('.us')) return 'api://AzureADTokenExchangeUSGov';
  return hostname.endsWith('.cn') ? 'api://AzureADTokenExchangeChina' : 'api://AzureADTokenExchange';
}

function noToken(cause?: unknown): never {
  throw new TokenkeepError('provider_unavailable', { detail: 'the managed identity gave no token', cause });
}

/** Rejects when the time of an outbound call is up. */
async function inTime<T>(promise: Promise<T>): Promise<T> {
  const limit = AbortSignal.timeout(outboundTimeout);
  const { promise: passed, reject } = Promise.withResolvers<never>();
  limit.addEventListener('abort', () => reject(limit.reason), { once: true });
  return Promise.race([promise, passed]);
}

function signedAssertion(header: JWTHeaderParameters, key: KeyObject, { clock, random }: ProviderParts): ClientAuth {
  return withAssertion((audience, clientId) =>
    new SignJWT({ jti: guid(random.bytes(16)) })
      .setProtectedHeader(header)
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audience)
      .setIssuedAt(seconds(clock))
      .setExpirationTime(seconds(clock) + assertionLifetime)
      .sign(key),
  );
}

/** The form that Entra ID wants a `jti` to have; to others any text is as good. */
function guid(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** RFC 7521 section 4.2. The audience is the token endpoint, which providers have accepted longer than the issuer. */
function withAssertion(assertion: (audience: string, clientId: string) => Promise<string>): ClientAuth {
  return async (server, client, body) => {
    body.set('client_id', client.client_id);
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    body.set('client_assertion', await assertion(server.token_endpoint ?? '', client.client_id));
  };
}

function keyAndCertificate(pem: PrivateKey): { readonly key: KeyObject; readonly certificate: X509Certificate } {
  try {
    const [key, certificate] = [createPrivateKey(pem.reveal()), new X509Certificate(pem.reveal())];
    if (key.asymmetricKeyType === 'rsa' && certificate.checkPrivateKey(key)) return { key, certificate };
  } catch {
    // What OpenSSL says of it may quote it.
  }
  const detail = 'the certificate is not a certificate with its RSA private key, both in PEM';
  throw new TokenkeepError('settings_invalid', { detail });
}
