import {
  constants,
  createCipheriv,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { CompactSign, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startVault } from '../../dev/vault/vault.ts';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { machine } from '../../shared/platform.ts';
import { closeEpoch, generateEpoch, openEpoch } from '../../shared/token-store/epoch.ts';
import type { EpochNumber } from '../../shared/token-store/names.ts';
import { azureVault, type Vault } from '../../shared/token-store/vault.ts';
import { localVault } from './local-store.ts';

const first = '000001' as EpochNumber;
let keys: Awaited<ReturnType<typeof localVault>>;
let vault: Vault;
let blob: string;
beforeAll(async () => {
  keys = await localVault();
  vault = keys.vault;
  blob = await closeEpoch(vault, await newDocument());
});
afterAll(() => keys.close());

const newDocument = (number = first) => generateEpoch(number, 1_800_000_000, machine.random, undefined);

async function outcome(text: string, by = vault, number = first): Promise<string> {
  try {
    await openEpoch(by, number, text);
    return 'opened';
  } catch (error) {
    return error instanceof TokenkeepError ? error.code : String(error);
  }
}

/** The same vault, which is asked once for each version of the signing key: a flip a byte is many openings. */
function remembering(one: Vault): Vault {
  const versions = new Map<string, ReturnType<Vault['signingKeyVersion']>>();
  return {
    ...one,
    signingKeyVersion(id) {
      const known = versions.get(id) ?? one.signingKeyVersion(id);
      versions.set(id, known);
      return known;
    },
  };
}

it('refuses an epoch with any byte changed', async () => {
  const by = remembering(vault);
  expect(await outcome(blob, by)).toBe('opened');
  const bytes = Buffer.from(blob, 'latin1');
  for (const at of bytes.keys()) {
    for (const bits of [0x01, 0x80]) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ bits, at);
      expect(await outcome(changed.toString('latin1'), by), `byte ${at} with bits ${bits}`).toBe('key_ring_damaged');
    }
  }
});

it('refuses an epoch whose bytes are the same but spelled in another way', async () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const by = remembering(vault);
  for (const last of alphabet.replace(blob.slice(-1), '')) {
    expect(await outcome(blob.slice(0, -1) + last, by), `${last} at the end`).toBe('key_ring_damaged');
  }
});

it('refuses an epoch with any part of its end missing', async () => {
  const by = remembering(vault);
  for (let length = 0; length < blob.length; length++) {
    expect(await outcome(blob.slice(0, length), by), `cut to ${length}`).toBe('key_ring_damaged');
  }
});

it('refuses an epoch under another number', async () => {
  expect(await outcome(blob, vault, '000002' as EpochNumber)).toBe('key_ring_damaged');
});

/** A compact JWE by RSA-OAEP-256 and A256GCM, whatever its header says (RFC 7516 section 5.1). */
function encrypted(header: Record<string, unknown>, key: KeyObject, plaintext: string): string {
  const [contentKey, iv] = [randomBytes(32), randomBytes(12)];
  const wrapped = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, contentKey);
  const first = Buffer.from(JSON.stringify(header)).toString('base64url');
  const cipher = createCipheriv('aes-256-gcm', contentKey, iv).setAAD(Buffer.from(first));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return [first, ...[wrapped, iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join('.');
}

/** An epoch made with keys and headers of a forger's choice; by default it is as it should be. */
async function forged(
  change: {
    outer?: Record<string, unknown>;
    inner?: Record<string, unknown>;
    wrapFor?: KeyObject;
    sign?: (text: string) => Promise<Uint8Array>;
  } = {},
): Promise<string> {
  const [wrapping, signing] = await Promise.all([vault.wrappingKey(), vault.signingKey()]);
  const jwe = encrypted(
    { alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: wrapping.id, ...change.inner },
    change.wrapFor ?? createPublicKey({ key: { ...wrapping.publicKey }, format: 'jwk' }),
    JSON.stringify(await newDocument()),
  );
  const header = { alg: 'ES256', kid: signing.id, typ: 'tokenkeep-epoch+1', ...change.outer };
  const parts = [JSON.stringify(header), jwe].map((part) => Buffer.from(part).toString('base64url'));
  const text = parts.join('.');
  const sign = change.sign ?? ((input: string) => vault.sign(signing.id, input));
  return `${text}.${Buffer.from(await sign(text)).toString('base64url')}`;
}

const versionOf = (id: string) => id.slice(id.lastIndexOf('/') + 1);

describe('refuses', () => {
  it('nothing that is made as it should be', async () => {
    expect(await outcome(await forged())).toBe('opened');
  });

  it('a signature of another key that claims to be ours', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const signing = await vault.signingKey();
    const other = await new CompactSign(Buffer.from('x')).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
    const sign = async () => Buffer.from(other.split('.')[2] ?? '', 'base64url');
    expect(await outcome(await forged({ outer: { kid: signing.id }, sign }))).toBe('key_ring_damaged');
  });

  it('a signature of another key of the same vault, of a version that never was, and of another vault', async () => {
    const { id } = await vault.signingKey();
    const kids = [
      (await vault.wrappingKey()).id,
      id.replace('tokenkeep-sign', 'some-other-key'),
      id.replace(versionOf(id), '0'.repeat(32)),
      id.replace(versionOf(id), 'newest'),
      id.replace(`/${versionOf(id)}`, ''),
      id.replace('127.0.0.1', 'vault.example'),
      '',
      undefined,
      7,
    ];
    for (const kid of kids) {
      expect(await outcome(await forged({ outer: { kid } })), `signed by ${kid}`).toBe('key_ring_damaged');
    }
  });

  it.each(['none', 'HS256', 'RS256', 'ES384', undefined])('the signature algorithm %s', async (alg) => {
    expect(await outcome(await forged({ outer: { alg } }))).toBe('key_ring_damaged');
  });

  it('a document of another type', async () => {
    for (const typ of ['tokenkeep-epoch+2', 'tokenkeep+1', undefined]) {
      expect(await outcome(await forged({ outer: { typ } }))).toBe('key_ring_damaged');
    }
  });

  it.each([
    { alg: 'RSA-OAEP' },
    { alg: 'RSA-OAEP-512' },
    { alg: 'dir' },
    { alg: undefined },
    { enc: 'A128GCM' },
    { enc: 'A256CBC-HS512' },
    { enc: undefined },
  ])('an encryption that calls itself %o', async (inner) => {
    expect(await outcome(await forged({ inner }))).toBe('key_ring_damaged');
  });

  it('a content key that was wrapped for another key than it names', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(await outcome(await forged({ wrapFor: publicKey }))).toBe('key_ring_damaged');
  });

  it('a content key that names another wrapping key', async () => {
    const { id } = await vault.wrappingKey();
    for (const kid of [(await vault.signingKey()).id, id.replace(versionOf(id), '0'.repeat(32)), '', undefined]) {
      expect(await outcome(await forged({ inner: { kid } })), `wrapped for ${kid}`).toBe('key_ring_damaged');
    }
  });

  it('an epoch of another installation with keys of the same names', async () => {
    const elsewhere = await startVault({
      verifyToken: async () => true,
      keys: [
        { name: 'tokenkeep-wrap', kty: 'RSA', size: 2048 },
        { name: 'tokenkeep-sign', kty: 'EC', crv: 'P-256' },
      ],
    });
    const names = { wrappingKeyName: 'tokenkeep-wrap', signingKeyName: 'tokenkeep-sign' };
    const theirs = azureVault({ url: elsewhere.url, ...names }, async () => keys.credential);
    const foreign = await closeEpoch(theirs, await newDocument());
    expect(await outcome(foreign, theirs)).toBe('opened');
    expect(await outcome(foreign)).toBe('key_ring_damaged');
    await elsewhere.close();
  });
});
