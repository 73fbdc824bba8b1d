import { createECDH } from 'node:crypto';

const curve = 'prime256v1';
const scalarBytes = 32;

/** n, the order of the base point G of P-256 (SEC 2, section 2.4.2). */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * ECDSA over P-256 for a digest that is ready made, which is what Key Vault's sign operation does and what node:crypto
 * cannot: it always hashes first. OpenSSL draws the nonce and multiplies the point; only the arithmetic modulo n is
 * done here, with BigInt and so not in constant time. That is fit for a development tool and for nothing else.
 * Steps: FIPS 186-5, section 6.4.1.
 *
 * @param d the private key, 32 bytes.
 * @param digest 32 bytes.
 * @returns r and s side by side, 64 bytes (RFC 7518, section 3.4).
 */
export function signDigest(d: Buffer, digest: Buffer): Buffer {
  for (;;) {
    const nonce = createECDH(curve);
    const r = xModuloOrder(nonce.generateKeys());
    const k = toInteger(nonce.getPrivateKey());
    const s = modulo(inverse(k) * (toInteger(digest) + r * toInteger(d)));
    if (r !== 0n && s !== 0n) return Buffer.concat([toBytes(r), toBytes(s)]);
  }
}

/**
 * Whether `signature` (r and s, 64 bytes) is the key's over `digest` (32 bytes). FIPS 186-5, section 6.4.2, with
 * Q = dG put in: u1 G + u2 Q = (u1 + u2 d) G, one multiplication, since the vault holds the private key `d` anyway.
 */
export function verifyDigest(d: Buffer, digest: Buffer, signature: Buffer): boolean {
  if (signature.length !== 2 * scalarBytes) return false;
  const r = toInteger(signature.subarray(0, scalarBytes));
  const s = toInteger(signature.subarray(scalarBytes));
  if (r === 0n || r >= order || s === 0n || s >= order) return false;
  const w = inverse(s);
  const scalar = modulo(toInteger(digest) * w + r * w * toInteger(d));
  if (scalar === 0n) return false;
  const point = createECDH(curve);
  point.setPrivateKey(toBytes(scalar));
  return xModuloOrder(point.getPublicKey()) === r;
}

/** The x coordinate of an uncompressed point, `04 || x || y` (SEC 1, section 2.3.3). */
function xModuloOrder(point: Buffer): bigint {
  return modulo(toInteger(point.subarray(1, 1 + scalarBytes)));
}

/** The inverse modulo n, by the extended Euclidean algorithm. n is prime, so every value but 0 has one. */
function inverse(value: bigint): bigint {
  let [remainder, next] = [order, modulo(value)];
  let [coefficient, nextCoefficient] = [0n, 1n];
  while (next !== 0n) {
    const quotient = remainder / next;
    [remainder, next] = [next, remainder - quotient * next];
    [coefficient, nextCoefficient] = [nextCoefficient, coefficient - quotient * nextCoefficient];
  }
  return modulo(coefficient);
}

function modulo(value: bigint): bigint {
  return ((value % order) + order) % order;
}

function toInteger(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

function toBytes(scalar: bigint): Buffer {
  return Buffer.from(scalar.toString(16).padStart(2 * scalarBytes, '0'), 'hex');
}
