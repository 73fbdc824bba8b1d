import { createECDH, createHash, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { signDigest, verifyDigest } from '../../../dev/vault/ecdsa.ts';

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKey, d: Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url') };
}

function sha256(message: Buffer): Buffer {
  return createHash('sha256').update(message).digest();
}

function scalar(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}

function integer(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

/** base to the exponent, modulo n; with n - 2 it is the inverse (Fermat). */
function power(base: bigint, exponent: bigint): bigint {
  if (exponent === 0n) return 1n;
  const half = power((base * base) % order, exponent / 2n);
  return exponent % 2n === 0n ? half : (half * base) % order;
}

describe('signDigest', () => {
  test('makes signatures that node:crypto accepts for the message, whatever the key', () => {
    for (let round = 0; round < 50; round += 1) {
      const { publicKey, d } = newKey();
      const message = randomBytes(round);
      const signature = signDigest(d, sha256(message));
      expect(signature).toHaveLength(64);
      expect(verify('sha256', message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
    }
  });

  test('draws a new nonce each time, as Key Vault does', () => {
    const { d } = newKey();
    const digest = sha256(Buffer.from('the same'));
    const nonces = Array.from({ length: 20 }, () => signDigest(d, digest).subarray(0, 32).toString('hex'));
    expect(new Set(nonces).size).toBe(20);
  });
});

describe('verifyDigest', () => {
  test('accepts what node:crypto signed', () => {
    for (let round = 0; round < 50; round += 1) {
      const { privateKey, d } = newKey();
      const message = randomBytes(round);
      const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      expect(verifyDigest(d, sha256(message), signature)).toBe(true);
    }
  });

  test('refuses another digest, another key, and any changed byte', () => {
    const { d } = newKey();
    const digest = sha256(Buffer.from('message'));
    const signature = signDigest(d, digest);
    expect(verifyDigest(d, sha256(Buffer.from('another')), signature)).toBe(false);
    expect(verifyDigest(newKey().d, digest, signature)).toBe(false);
    for (let index = 0; index < signature.length; index += 1) {
      const changed = Buffer.from(signature);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      expect(verifyDigest(d, digest, changed)).toBe(false);
    }
  });

  test('refuses s + n where it accepts s', () => {
    // With s = 1 there is room for s + n in 32 bytes. The key for it follows from s = (z + r d) / k.
    const digest = sha256(Buffer.from('message'));
    const nonce = createECDH('prime256v1');
    const r = integer(nonce.generateKeys().subarray(1, 33)) % order;
    const d = ((order + ((integer(nonce.getPrivateKey()) - integer(digest)) % order)) * power(r, order - 2n)) % order;
    expect(verifyDigest(scalar(d), digest, Buffer.concat([scalar(r), scalar(1n)]))).toBe(true);
    expect(verifyDigest(scalar(d), digest, Buffer.concat([scalar(r), scalar(order + 1n)]))).toBe(false);
  });

  test('refuses numbers outside 1 to n - 1, and other lengths', () => {
    const { d } = newKey();
    const digest = sha256(Buffer.from('message'));
    const signature = signDigest(d, digest);
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
    for (const wrong of [scalar(0n), scalar(order)]) {
      expect(verifyDigest(d, digest, Buffer.concat([wrong, s]))).toBe(false);
      expect(verifyDigest(d, digest, Buffer.concat([r, wrong]))).toBe(false);
    }
    expect(verifyDigest(d, digest, Buffer.concat([signature, Buffer.alloc(1)]))).toBe(false);
    expect(verifyDigest(d, digest, Buffer.alloc(0))).toBe(false);
  });
});
