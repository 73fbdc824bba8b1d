import { constants, privateDecrypt, publicEncrypt } from 'node:crypto';
import { z } from 'zod';
import { signDigest, verifyDigest } from './ecdsa.ts';
import { badParameter, keyDisabled, keyOutsideItsDates, operationNotPermitted } from './errors.ts';
import { type KeyOperation, type PrivateJwk, toKeyObject } from './jwk.ts';
import type { StoredVersion } from './key-store.ts';

/** Outside a version's dates, what it protected must still be readable, and nothing new may be protected. */
const allowedOutsideDates: KeyOperation[] = ['unwrapKey', 'decrypt', 'verify'];

const body = z.strictObject({ alg: z.string(), value: z.base64url(), digest: z.base64url().optional() });

/** The hash of each OAEP algorithm (RFC 7518, section 4.3). */
const oaepHash = new Map([
  ['RSA-OAEP', 'sha1'],
  ['RSA-OAEP-256', 'sha256'],
]);

/**
 * Uses a version of a key, as described at https://learn.microsoft.com/rest/api/keyvault/keys/ under
 * wrap-key/wrap-key, unwrap-key/unwrap-key, encrypt/encrypt, decrypt/decrypt, sign/sign and verify/verify. RSA keys take
 * RSA-OAEP-256 and RSA-OAEP, P-256 keys take ES256, whose `value` (sign) or `digest` (verify) is 32 bytes.
 *
 * @param request `{ alg, value, digest? }`, bytes as base64url.
 * @returns the reply's `value`: bytes, or for verify whether the signature is good.
 * @throws KeyVaultError 400 for an algorithm that the key or the emulator does not have, for a value that is too long,
 * too short or no base64url, and for one that cannot be unwrapped; 403 when the version is disabled or outside its
 * dates, or its `key_ops` lack the operation
 * (https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#key-attributes).
 */
export function useKey(operation: KeyOperation, version: StoredVersion, request: unknown): Buffer | boolean {
  const parsed = body.safeParse(request);
  if (!parsed.success) throw badParameter('The body must be { alg, value, digest? }, with bytes as base64url.');
  const { alg, value, digest } = parsed.data;
  const use = algorithmOf(operation, alg, version.jwk);
  if (!version.enabled) throw keyDisabled(operation);
  const now = Date.now() / 1000;
  const valid = (version.nbf ?? 0) <= now && now < (version.exp ?? Number.POSITIVE_INFINITY);
  if (!valid && !allowedOutsideDates.includes(operation)) throw keyOutsideItsDates(operation);
  if (!version.keyOps.includes(operation)) throw operationNotPermitted(operation);
  return use(Buffer.from(value, 'base64url'), Buffer.from(digest ?? '', 'base64url'));
}

type Algorithm = (value: Buffer, digest: Buffer) => Buffer | boolean;

function algorithmOf(operation: KeyOperation, alg: string, jwk: PrivateJwk): Algorithm {
  if (operation === 'sign' || operation === 'verify') {
    if (alg !== 'ES256' || jwk.kty !== 'EC') throw incompatible('signing', alg, jwk);
    const d = Buffer.from(jwk.d, 'base64url');
    return operation === 'sign'
      ? (value) => signDigest(d, ofDigestLength('value', value))
      : (value, digest) => verifyDigest(d, ofDigestLength('digest', digest), value);
  }
  const hash = oaepHash.get(alg);
  if (hash === undefined || jwk.kty !== 'RSA') throw incompatible('encryption', alg, jwk);
  const key = { key: toKeyObject(jwk), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash };
  const run = operation === 'wrapKey' || operation === 'encrypt' ? publicEncrypt : privateDecrypt;
  return (value) => {
    try {
      return run(key, value);
    } catch {
      throw badParameter(`The value cannot be processed with ${alg} and this key.`);
    }
  };
}

function incompatible(kind: string, alg: string, jwk: PrivateJwk): Error {
  return badParameter(
    `Key and ${kind} algorithm are incompatible. The key is of type '${jwk.kty}' and the algorithm is '${alg}'; this ` +
      'emulator has RSA-OAEP-256 and RSA-OAEP for RSA keys and ES256 for EC keys.',
  );
}

function ofDigestLength(name: string, bytes: Buffer): Buffer {
  if (bytes.length === 32) return bytes;
  throw badParameter(`Invalid length of '${name}': ${bytes.length} bytes. ES256 requires 32 bytes.`);
}
