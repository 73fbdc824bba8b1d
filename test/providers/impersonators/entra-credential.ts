import { createHash, X509Certificate } from 'node:crypto';
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import type { SigningKey } from './signing-key.ts';

/** How an app registration knows its app. */
export type EntraCredential =
  /** Public client: "Allow public client flows". */
  | { readonly kind: 'none' }
  | { readonly kind: 'secret'; readonly secret: string }
  /** PEM of an uploaded certificate. */
  | { readonly kind: 'certificate'; readonly certificate: string }
  /** A federated identity credential: whose tokens are accepted, for which audience. */
  | {
      readonly kind: 'federated';
      readonly issuer: string;
      readonly subject: string;
      readonly audience: string;
      readonly key: SigningKey;
    };

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The number of the error that a request to the token endpoint is refused with; undefined where its client is known. */
export async function assertionRefusal(
  form: URLSearchParams,
  credential: EntraCredential,
  endpoint: string,
  clientId: string,
): Promise<number | undefined> {
  const [secret, assertion] = [form.get('client_secret'), form.get('client_assertion')];
  if (credential.kind === 'none') return secret === null && assertion === null ? undefined : 700025;
  if (secret === null && assertion === null) return 7000218;
  if (credential.kind === 'secret') return secret === credential.secret ? undefined : 7000215;
  if (assertion === null || form.get('client_assertion_type') !== jwtBearer) return 7000218;
  try {
    if (credential.kind === 'certificate')
      await checkCertificate(assertion, credential.certificate, endpoint, clientId);
    else await checkFederated(assertion, credential);
    return undefined;
  } catch {
    return credential.kind === 'certificate' ? 700027 : 70021;
  }
}

const used = new Set<unknown>();

/** https://learn.microsoft.com/entra/identity-platform/certificate-credentials */
async function checkCertificate(assertion: string, pem: string, audience: string, clientId: string): Promise<void> {
  const certificate = new X509Certificate(pem);
  const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url');
  const { alg, typ, 'x5t#S256': named } = decodeProtectedHeader(assertion);
  if (alg !== 'PS256' || typ !== 'JWT' || named !== thumbprint) throw new Error('header');
  const { payload } = await jwtVerify(assertion, certificate.publicKey, {
    audience,
    issuer: clientId,
    subject: clientId,
    requiredClaims: ['exp', 'iat', 'jti'],
  });
  const isGuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(payload.jti ?? '');
  if (!isGuid || used.has(payload.jti) || (payload.exp ?? 0) - (payload.iat ?? 0) > 600) throw new Error('claims');
  used.add(payload.jti);
}

/** https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity */
async function checkFederated(
  assertion: string,
  { issuer, subject, audience, key }: Extract<EntraCredential, { kind: 'federated' }>,
): Promise<void> {
  const [jwk] = key.jwks.keys;
  await jwtVerify(assertion, await importJWK(jwk ?? {}, 'RS256'), { issuer, subject, audience });
}
