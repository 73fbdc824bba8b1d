import { generateKeyPairSync } from 'node:crypto';
import type { KeyClient } from '@azure/keyvault-keys';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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
let client: KeyClient;

const notFound = [404, 'KeyNotFound', undefined];

beforeAll(async () => {
  identity = await identityOfThisProcess();
});

afterAll(() => identity.close());

beforeEach(async () => {
  vault = await startVault({ verifyToken: identity.verify, keys: [{ name: 'signing', kty: 'EC', crv: 'P-256' }] });
  client = keyClient(vault);
  return () => vault.close();
});

async function versionsOf(name: string): Promise<string[]> {
  const versions: string[] = [];
  for await (const { version } of client.listPropertiesOfKeyVersions(name)) versions.push(version ?? '');
  return versions;
}

describe('getKey', () => {
  test('shows the public key, its use and its attributes', async () => {
    const key = await client.getKey('signing');
    expect(key.id).toBe(`${vault.url}/keys/signing/${key.properties.version}`);
    expect(key.properties.version).toMatch(/^[0-9a-f]{32}$/);
    expect(key.keyType).toBe('EC');
    expect(key.keyOperations).toEqual(['sign', 'verify']);
    expect(key.properties).toMatchObject({ enabled: true, recoveryLevel: 'Recoverable+Purgeable', exportable: false });
    expect(key.key?.x).toHaveLength(32);
  });

  test('never shows a private member', async () => {
    await client.createRsaKey('wrapping', { keySize: 2048 });
    const token = await tokenFrom(identity, 'https://vault.azure.net');
    for (const name of ['signing', 'wrapping']) {
      const response = await send(vault, `/keys/${name}?api-version=7.6`, { token });
      const { key } = (await response.json()) as { key: object };
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.toHaveProperty(member);
    }
  });

  test('does not know other names and versions', async () => {
    expect(await refusal(client.getKey('nobody'))).toEqual(notFound);
    expect(await refusal(client.getKey('constructor'))).toEqual(notFound);
    const version = '0'.repeat(32);
    expect(await refusal(client.getKey('signing', { version }))).toEqual(notFound);
    expect(await refusal(cryptographyClient(vault, 'signing', version).sign('ES256', Buffer.alloc(32)))).toEqual(
      notFound,
    );
  });

  test('takes a name in any case and gives it back as it was made', async () => {
    expect((await client.getKey('SIGNING')).name).toBe('signing');
  });
});

describe('createKey', () => {
  test('makes an RSA key of the size asked for', async () => {
    const key = await client.createRsaKey('wrapping', { keySize: 3072, tags: { use: 'test' } });
    expect(key.key?.n).toHaveLength(384);
    expect(key.keyOperations).toEqual(['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey']);
    expect((await client.getKey('wrapping')).properties.tags).toEqual({ use: 'test' });
  });

  test('makes a new version when the key exists', async () => {
    const first = await client.getKey('signing');
    const second = await client.createEcKey('signing', { curve: 'P-256' });
    expect(await versionsOf('signing')).toEqual([first.properties.version, second.properties.version]);
    expect((await client.getKey('signing')).id).toBe(second.id);
  });

  test('refuses kinds that it cannot make, members that it does not know, and impossible names', async () => {
    const badParameter = [400, 'BadParameter', undefined];
    expect(await refusal(client.createRsaKey('odd', { keySize: 1024 }))).toEqual(badParameter);
    expect(await refusal(client.createEcKey('odd', { curve: 'P-521' }))).toEqual(badParameter);
    expect(await refusal(client.createOctKey('odd'))).toEqual(badParameter);
    expect(await refusal(client.createEcKey('odd', { exportable: true }))).toEqual(badParameter);
    expect(await refusal(client.createEcKey('under_score'))).toEqual(badParameter);
    expect(await refusal(client.createEcKey('x'.repeat(128)))).toEqual(badParameter);
    const token = await tokenFrom(identity, 'https://vault.azure.net');
    const body = { kty: 'EC', release_policy: {} };
    expect((await send(vault, '/keys/odd/create?api-version=7.6', { token, method: 'POST', body })).status).toBe(400);
    expect(await refusal(client.getKey('odd'))).toEqual(notFound);
  });
});

describe('importKey', () => {
  test('takes a private key in under a new identifier', async () => {
    const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    const bytes = (text: string | undefined) => Buffer.from(text ?? '', 'base64url');
    const members = { x: bytes(jwk.x), y: bytes(jwk.y), d: bytes(jwk.d) };
    const key = await client.importKey('mine', { kty: 'EC', crv: 'P-256', ...members, keyOps: ['sign'] });
    expect(key.id).toContain(`${vault.url}/keys/mine/`);
    expect(key.keyOperations).toEqual(['sign']);
    expect(Buffer.from(key.key?.x ?? [])).toEqual(members.x);
  });

  test('refuses a public key and an RSA key of an odd size', async () => {
    const token = await tokenFrom(identity, 'https://vault.azure.net');
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    for (const key of [publicKey, privateKey]) {
      const body = { key: key.export({ format: 'jwk' }) };
      const refused = await send(vault, '/keys/mine?api-version=7.6', { token, method: 'PUT', body });
      expect(refused.status).toBe(400);
    }
    expect(await refusal(client.getKey('mine'))).toEqual(notFound);
  });
});

test('rotateKey adds a version of the same kind and leaves the old one usable', async () => {
  const old = await client.getKey('signing');
  const rotated = await client.rotateKey('signing');
  expect(rotated.id).not.toBe(old.id);
  expect(rotated.keyType).toBe('EC');
  expect(rotated.key?.x).not.toEqual(old.key?.x);
  expect(await versionsOf('signing')).toEqual([old.properties.version, rotated.properties.version]);
  const digest = Buffer.alloc(32, 7);
  const oldVersion = cryptographyClient(vault, 'signing', old.properties.version);
  const { result } = await oldVersion.sign('ES256', digest);
  expect((await oldVersion.verify('ES256', digest, result)).result).toBe(true);
  expect((await cryptographyClient(vault, 'signing').verify('ES256', digest, result)).result).toBe(false);
  expect(await refusal(client.rotateKey('nobody'))).toEqual(notFound);
});

test('updateKey changes one version and what it names alone', async () => {
  const first = await client.getKey('signing');
  await client.rotateKey('signing');
  const version = first.properties.version ?? '';
  await client.updateKeyProperties('signing', version, { enabled: false, tags: { retired: 'yes' } });
  await client.updateKeyProperties('signing', version, { keyOps: ['verify'] });
  const { properties, keyOperations } = await client.getKey('signing', { version });
  expect(properties).toMatchObject({ enabled: false, tags: { retired: 'yes' } });
  expect(keyOperations).toEqual(['verify']);
  expect((await client.getKey('signing')).properties.enabled).toBe(true);
  expect(await refusal(client.updateKeyProperties('nobody', { enabled: false }))).toEqual(notFound);
});

describe('a deleted key', () => {
  test('is gone for every use, keeps its name, and can be recovered', async () => {
    const key = await client.getKey('signing');
    const cryptography = cryptographyClient(vault, 'signing', key.properties.version);
    const { result } = await cryptography.sign('ES256', Buffer.alloc(32));
    const deleted = await (await client.beginDeleteKey('signing', { intervalInMs: 1 })).pollUntilDone();
    expect(deleted.properties.recoveryId).toBe(`${vault.url}/deletedkeys/signing`);

    expect(await refusal(client.getKey('signing'))).toEqual(notFound);
    expect(await refusal(cryptography.sign('ES256', Buffer.alloc(32)))).toEqual(notFound);
    expect(await refusal(client.rotateKey('signing'))).toEqual(notFound);
    expect(await versionsOf('signing')).toEqual([]);
    expect(await refusal(client.createEcKey('signing'))).toEqual([409, 'Conflict', 'ObjectIsDeletedButRecoverable']);
    const { properties } = await client.getDeletedKey('signing');
    expect(Number(properties.scheduledPurgeDate) - Number(properties.deletedOn)).toBe(90 * 86_400_000);

    await (await client.beginRecoverDeletedKey('signing', { intervalInMs: 1 })).pollUntilDone();
    expect((await client.getKey('signing')).id).toBe(key.id);
    expect((await cryptography.verify('ES256', Buffer.alloc(32), result)).result).toBe(true);
  });

  test('that never was cannot be read or recovered', async () => {
    expect(await refusal(client.getDeletedKey('signing'))).toEqual(notFound);
    const token = await tokenFrom(identity, 'https://vault.azure.net');
    const recover = '/deletedkeys/signing/recover?api-version=7.6';
    expect((await send(vault, recover, { token, method: 'POST' })).status).toBe(404);
  });
});

test('an unknown name has no versions, and that is no error', async () => {
  expect(await versionsOf('nobody')).toEqual([]);
});
