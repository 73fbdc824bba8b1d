import type { KeyObject } from 'node:crypto';

const byCurve: ReadonlyMap<string | undefined, string> = new Map([
  ['prime256v1', 'ES256'],
  ['secp384r1', 'ES384'],
  ['secp521r1', 'ES512'],
]);

/** What `signingAlgorithm` may give. */
export const signingAlgorithms: readonly string[] = ['RS256', ...byCurve.values(), 'EdDSA'];

/** The JWS algorithm of a private key, by its kind (RFC 7518 section 3.1, RFC 8037); undefined where there is none. */
export function signingAlgorithm(key: KeyObject): string | undefined {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA';
  return byCurve.get(key.asymmetricKeyDetails?.namedCurve);
}
