import { createPrivateKey, generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';

const base64url = z.base64url().min(1);

/** A private key of a kind that the emulator holds (RFC 7518, sections 6.2 and 6.3). */
export const privateJwk = z.discriminatedUnion('kty', [
  z.strictObject({
    kty: z.literal('RSA'),
    n: base64url,
    e: base64url,
    d: base64url,
    p: base64url,
    q: base64url,
    dp: base64url,
    dq: base64url,
    qi: base64url,
  }),
  z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: base64url, y: base64url, d: base64url }),
]);
export type PrivateJwk = z.infer<typeof privateJwk>;

/** What a version of a key may be used for (RFC 7517, section 4.3). */
export const keyOperation = z.enum(['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey']);
export type KeyOperation = z.infer<typeof keyOperation>;

/** What kind of key to make. `size` is in bits. */
export const keyKind = z.discriminatedUnion('kty', [
  z.strictObject({ kty: z.literal('RSA'), size: z.union([z.literal(2048), z.literal(3072), z.literal(4096)]) }),
  z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256') }),
]);
export type KeyKind = z.infer<typeof keyKind>;

const generate = promisify(generateKeyPair);

/** A new random private key. */
export async function generateJwk(kind: KeyKind): Promise<PrivateJwk> {
  const { privateKey } =
    kind.kty === 'RSA'
      ? await generate('rsa', { modulusLength: kind.size })
      : await generate('ec', { namedCurve: kind.crv });
  return privateJwk.parse(privateKey.export({ format: 'jwk' }));
}

/**
 * The kind of an existing key, to make another of the same kind.
 *
 * @throws ZodError when it is an RSA key of a size that Key Vault does not take, and node's error when it is no key.
 */
export function kindOf(jwk: PrivateJwk): KeyKind {
  const key = toKeyObject(jwk);
  return jwk.kty === 'RSA'
    ? keyKind.parse({ kty: 'RSA', size: key.asymmetricKeyDetails?.modulusLength })
    : { kty: 'EC', crv: jwk.crv };
}

/** The public members alone. */
export function publicJwk(jwk: PrivateJwk): JsonWebKey {
  return jwk.kty === 'RSA' ? { kty: jwk.kty, n: jwk.n, e: jwk.e } : { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y };
}

/** The key as node:crypto takes it. */
export function toKeyObject(jwk: PrivateJwk): KeyObject {
  return createPrivateKey({ key: { ...jwk }, format: 'jwk' });
}
