import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  privateDecrypt,
  randomBytes,
  sign,
  verify,
  webcrypto,
} from 'node:crypto';
import type { KeyVaultKey } from '@azure/keyvault-keys';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startVault } from '../../../dev/vault/vault.ts';
import {
  cryptographyClient,
  type Identity,
  identityOfThisProcess,
  keyClient,
  refusal,
  send,
  tokenFrom,
  type Vault,
} from './local-vault.ts';

let identity: Identity;
let vault: Vault;

beforeAll(async () => {
  identity = await identityOfThisProcess();
  const keys = [
    { name: 'wrapping', kty: 'RSA' as const, size: 3072 as const },
    { name: 'signing', kty: 'EC' as const, crv: 'P-256' as const },
  ];
  vault = await startVault({ verifyToken: identity.verify, keys });
});

afterAll(async () => {
  await vault.close();
  await identity.close();
});

function publicJwk({ key }: KeyVaultKey) {
  const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('base64url');
  return { kty: key?.kty, n: text(key?.n), e: text(key?.e), crv: key?.crv, x: text(key?.x), y: text(key?.y) };
}

/** Encrypts with the public key by WebCrypto, which shares no code path with the vault's padding choice. */
async function wrapOutside(key: KeyVaultKey, hash: 'SHA-1' | 'SHA-256', plain: Uint8Array): Promise<Uint8Array> {
  const { kty, n, e } = publicJwk(key);
  const jwk = { kty, n, e } as webcrypto.JsonWebKey;
  const imported = await webcrypto.subtle.importKey('jwk', jwk, { name: 'RSA-OAEP', hash }, false, ['encrypt']);
  return new Uint8Array(await webcrypto.subtle.encrypt({ name: 'RSA-OAEP' }, imported, plain));
}

describe('RSA-3072', () => {
  test.each(['RSA-OAEP-256', 'RSA-OAEP'] as const)('wraps and unwraps with %s', async (algorithm) => {
    const client = cryptographyClient(vault, 'wrapping');
    const contentKey = randomBytes(32);
    const wrapped = await client.wrapKey(algorithm, contentKey);
    expect(wrapped.result).toHaveLength(384);
    const unwrapped = await client.unwrapKey(algorithm, wrapped.result);
    expect(Buffer.from(unwrapped.result)).toEqual(contentKey);
  });

  test('unwraps what WebCrypto wrapped with the public key', async () => {
    const key = await keyClient(vault).getKey('wrapping');
    const client = cryptographyClient(vault, 'wrapping', key.properties.version);
    const contentKey = randomBytes(32);
    const both = [
      ['RSA-OAEP-256', 'SHA-256'],
      ['RSA-OAEP', 'SHA-1'],
    ] as const;
    for (const [algorithm, hash] of both) {
      const { result } = await client.unwrapKey(algorithm, await wrapOutside(key, hash, contentKey));
      expect(Buffer.from(result)).toEqual(contentKey);
    }
  });

  test('wraps so that the holder of the private key can open it with node:crypto', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { n, e, d, p, q, dp, dq, qi } = privateKey.export({ format: 'jwk' });
    const token = await tokenFrom(identity, 'https://vault.azure.net');
    const body = { key: { kty: 'RSA', kid: 'mine', n, e, d, p, q, dp, dq, qi } };
    expect((await send(vault, '/keys/imported?api-version=7.6', { token, method: 'PUT', body })).status).toBe(200);
    const { result } = await cryptographyClient(vault, 'imported').wrapKey('RSA-OAEP-256', Buffer.from('content key'));
    const opened = privateDecrypt(
      { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
      Buffer.from(result),
    );
    expect(opened.toString()).toBe('content key');
  });

  test('encrypts and decrypts', async () => {
    const client = cryptographyClient(vault, 'wrapping');
    const { result } = await client.encrypt('RSA-OAEP-256', Buffer.from('text'));
    expect(Buffer.from((await client.decrypt('RSA-OAEP-256', result)).result).toString()).toBe('text');
  });

  test('refuses what cannot be unwrapped, what is too long to wrap, and the wrong hash', async () => {
    const client = cryptographyClient(vault, 'wrapping');
    const badParameter = [400, 'BadParameter', undefined];
    expect(await refusal(client.unwrapKey('RSA-OAEP-256', randomBytes(384)))).toEqual(badParameter);
    expect(await refusal(client.unwrapKey('RSA-OAEP-256', randomBytes(20)))).toEqual(badParameter);
    expect(await refusal(client.wrapKey('RSA-OAEP-256', randomBytes(400)))).toEqual(badParameter);
    const { result } = await client.wrapKey('RSA-OAEP-256', randomBytes(32));
    expect(await refusal(client.unwrapKey('RSA-OAEP', result))).toEqual(badParameter);
    const flipped = Buffer.from(result);
    flipped.writeUInt8(flipped.readUInt8(100) ^ 1, 100);
    expect(await refusal(client.unwrapKey('RSA-OAEP-256', flipped))).toEqual(badParameter);
  });
});

describe('P-256', () => {
  test('signs a digest so that node:crypto accepts the signature of the message', async () => {
    const key = await keyClient(vault).getKey('signing');
    const message = randomBytes(100);
    const digest = createHash('sha256').update(message).digest();
    const client = cryptographyClient(vault, 'signing');
    const { result } = await client.sign('ES256', digest);
    const { kty, crv, x, y } = publicJwk(key);
    const publicKey = createPublicKey({ key: { kty, crv, x, y } as JsonWebKey, format: 'jwk' });
    expect(verify('sha256', message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, result)).toBe(true);
    expect((await client.verify('ES256', digest, result)).result).toBe(true);
    expect((await client.verify('ES256', randomBytes(32), result)).result).toBe(false);
  });

  test('verifies what the holder of an imported private key signed', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const token = await tokenFrom(identity, 'https://vault.azure.net');
    const body = { key: privateKey.export({ format: 'jwk' }) };
    await send(vault, '/keys/imported-ec?api-version=7.6', { token, method: 'PUT', body });
    const message = Buffer.from('message');
    const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const client = cryptographyClient(vault, 'imported-ec');
    const digest = createHash('sha256').update(message).digest();
    expect((await client.verify('ES256', digest, signature)).result).toBe(true);
  });

  test('refuses a digest that is not 32 bytes', async () => {
    const client = cryptographyClient(vault, 'signing');
    expect(await refusal(client.sign('ES256', randomBytes(31)))).toEqual([400, 'BadParameter', undefined]);
  });
});

test('an algorithm of another kind of key is refused', async () => {
  const badParameter = [400, 'BadParameter', undefined];
  const digest = randomBytes(32);
  expect(await refusal(cryptographyClient(vault, 'wrapping').sign('ES256', digest))).toEqual(badParameter);
  expect(await refusal(cryptographyClient(vault, 'wrapping').sign('RS256', digest))).toEqual(badParameter);
  expect(await refusal(cryptographyClient(vault, 'signing').sign('RS256', digest))).toEqual(badParameter);
  const token = await tokenFrom(identity, 'https://vault.azure.net');
  const body = { alg: 'RSA-OAEP-256', value: digest.toString('base64url') };
  const refused = await send(vault, '/keys/signing/wrapkey?api-version=7.6', { token, method: 'POST', body });
  expect(refused.status).toBe(400);
});

test.each([{}, { alg: 'ES256' }, { alg: 'ES256', value: 'not base64url!' }, { alg: 7, value: 'AA' }])(
  'the body %o is refused',
  async (body) => {
    const token = await tokenFrom(identity, 'https://vault.azure.net');
    const refused = await send(vault, '/keys/signing/sign?api-version=7.6', { token, method: 'POST', body });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { code: 'BadParameter' } });
  },
);

describe('a version that is not in use', () => {
  test('once disabled cannot be used for anything, but can be read', async () => {
    const client = keyClient(vault);
    await client.createKey('disabled', 'EC');
    await client.updateKeyProperties('disabled', { enabled: false });
    const cryptography = cryptographyClient(vault, 'disabled');
    const disabled = [403, 'Forbidden', 'KeyDisabled'];
    expect(await refusal(cryptography.sign('ES256', randomBytes(32)))).toEqual(disabled);
    expect(await refusal(cryptography.verify('ES256', randomBytes(32), randomBytes(64)))).toEqual(disabled);
    expect((await client.getKey('disabled')).properties.enabled).toBe(false);
    await client.updateKeyProperties('disabled', { enabled: true });
    expect((await cryptography.sign('ES256', randomBytes(32))).result).toHaveLength(64);
  });

  test('after its expiry verifies but does not sign', async () => {
    const client = keyClient(vault);
    const digest = randomBytes(32);
    await client.createKey('expired', 'EC');
    const cryptography = cryptographyClient(vault, 'expired');
    const { result } = await cryptography.sign('ES256', digest);
    await client.updateKeyProperties('expired', { expiresOn: new Date('2020-01-01T00:00:00Z') });
    expect(await refusal(cryptography.sign('ES256', digest))).toEqual([403, 'Forbidden', undefined]);
    expect((await cryptography.verify('ES256', digest, result)).result).toBe(true);
  });

  test('before its first day does not sign', async () => {
    await keyClient(vault).createKey('early', 'EC');
    const token = await tokenFrom(identity, 'https://vault.azure.net');
    const body = { attributes: { nbf: Date.parse('2999-01-01T00:00:00Z') / 1000 } };
    await send(vault, '/keys/early?api-version=7.6', { token, method: 'PATCH', body });
    const digest = { alg: 'ES256', value: randomBytes(32).toString('base64url') };
    const refused = await send(vault, '/keys/early/sign?api-version=7.6', { token, method: 'POST', body: digest });
    expect(refused.status).toBe(403);
  });
});

test('an operation that key_ops leaves out is refused', async () => {
  await keyClient(vault).createKey('verify-only', 'EC', { keyOps: ['verify'] });
  const token = await tokenFrom(identity, 'https://vault.azure.net');
  const body = { alg: 'ES256', value: randomBytes(32).toString('base64url') };
  const refused = await send(vault, '/keys/verify-only/sign?api-version=7.6', { token, method: 'POST', body });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ error: { innererror: { code: 'KeyOperationForbidden' } } });
});
