import { createPublicKey, verify } from 'node:crypto';
import { KeyClient } from '@azure/keyvault-keys';
import { CompactEncrypt, importJWK } from 'jose';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { errorTable } from '../../shared/errors/table.ts';
import type { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { localVault } from './local-store.ts';

const keys = await localVault();
afterAll(() => keys.close());
const { vault, service } = keys;
const { control } = service;

afterEach(() => {
  control.down(false);
  control.refuseAccess(false);
  control.throttle(false);
  for (const name of ['tokenkeep-wrap', 'tokenkeep-sign']) control.enable(name);
});

/** A content key as an epoch has it, wrapped here with the public half. */
async function wrapped() {
  const { id, publicKey } = await vault.wrappingKey();
  const jwe = await new CompactEncrypt(Buffer.from('x'))
    .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
    .encrypt(await importJWK(publicKey, 'RSA-OAEP-256'));
  return { id, bytes: Buffer.from(jwe.split('.')[1] ?? '', 'base64url') };
}

it('unwraps what was wrapped with the public half', async () => {
  const { id, bytes } = await wrapped();
  expect(await vault.unwrap(id, bytes)).toHaveLength(32);
});

it('signs so that the public half verifies it', async () => {
  const { id, publicKey } = await vault.signingKey();
  const signature = await vault.sign(id, 'a text');
  const key = createPublicKey({ key: { ...publicKey }, format: 'jwk' });
  expect(verify('sha256', Buffer.from('a text'), { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
});

it('gives out public halves only', async () => {
  const publicMembers = ['kty', 'crv', 'x', 'y', 'n', 'e'];
  for (const { publicKey } of [await vault.wrappingKey(), await vault.signingKey()]) {
    for (const member of Object.keys(publicKey)) expect(publicMembers).toContain(member);
  }
});

it('asks the vault once to unwrap, and does not fetch the key for it', async () => {
  const { id, bytes } = await wrapped();
  service.calls.reset();
  await keys.vaultClient().unwrap(id, bytes);
  expect(service.calls.byOperation).toEqual({ unwrapKey: 1 });
});

describe('has one error for each kind of trouble', () => {
  const before = Promise.all([wrapped(), vault.signingKey()]);
  const withWrapping = ['wrappingKey', 'unwrap'];
  const withSigning = ['signingKey', 'signingKeyVersion', 'sign'];
  const withAny = [...withWrapping, ...withSigning];

  /** Each call and the code that it fails with; those that succeed are left out. */
  async function failures(): Promise<Record<string, string>> {
    const [{ id, bytes }, signing] = await before;
    const calls = {
      wrappingKey: () => vault.wrappingKey(),
      unwrap: () => vault.unwrap(id, bytes),
      signingKey: () => vault.signingKey(),
      signingKeyVersion: () => vault.signingKeyVersion(signing.id),
      sign: () => vault.sign(signing.id, 'text'),
    };
    const failed = await Promise.all(
      Object.entries(calls).map(([name, call]) =>
        call().then(
          () => undefined,
          (error: TokenkeepError) => [name, error.code] as const,
        ),
      ),
    );
    return Object.fromEntries(failed.filter((one) => one !== undefined));
  }
  const each = (calls: readonly string[], code: string) => Object.fromEntries(calls.map((call) => [call, code]));

  it.each([
    ['the vault does not answer', () => control.down(true), withAny, 'vault_unreachable'],
    ['the vault is asked too much', () => control.throttle(true), withAny, 'vault_unreachable'],
    ['the role assignment is gone', () => control.refuseAccess(true), withAny, 'vault_access_refused'],
    ['the wrapping key is disabled', () => control.disable('tokenkeep-wrap'), withWrapping, 'vault_key_disabled'],
    ['the signing key is disabled', () => control.disable('tokenkeep-sign'), withSigning, 'vault_key_disabled'],
  ] as const)('%s', async (_, fault, calls, code) => {
    expect(await failures()).toEqual({});
    fault();
    expect(await failures()).toEqual(each(calls, code));
  });

  it.each([
    ['tokenkeep-wrap', withWrapping],
    ['tokenkeep-sign', withSigning],
  ])('the key %s is deleted', async (name, calls) => {
    control.remove(name);
    const failed = await failures();
    control.recover(name);
    expect(failed).toEqual(each(calls, 'vault_key_deleted'));
    expect(await failures()).toEqual({});
  });

  it('with a remedy of its own for each', () => {
    const kinds = ['vault_unreachable', 'vault_key_disabled', 'vault_key_deleted', 'vault_access_refused'] as const;
    expect(new Set(kinds.map((code) => errorTable[code].remedy)).size).toBe(4);
  });
});

it('goes on unwrapping with a version that has expired or was replaced, as Key Vault does', async () => {
  const { id, bytes } = await wrapped();
  const [, version = ''] = /\/([^/]+)$/.exec(id) ?? [];
  const client = new KeyClient(service.url, keys.credential, {
    allowInsecureConnection: true,
    disableChallengeResourceVerification: true,
  });
  await client.updateKeyProperties('tokenkeep-wrap', version, { expiresOn: new Date(Date.now() - 1000) });
  await client.rotateKey('tokenkeep-wrap');
  expect((await vault.wrappingKey()).id).not.toBe(id);
  expect(await keys.vaultClient().unwrap(id, bytes)).toHaveLength(32);
});

it('does not answer for keys that are not its own', async () => {
  const { id: wrapping, bytes } = await wrapped();
  const { id: signing } = await vault.signingKey();
  service.calls.reset();
  expect(await vault.signingKeyVersion(wrapping)).toBeUndefined();
  expect(await vault.signingKeyVersion(signing.replace('http:', 'https:'))).toBeUndefined();
  expect(await vault.signingKeyVersion(`${signing}/x`)).toBeUndefined();
  expect(await vault.signingKeyVersion(signing.replace(/[^/]+$/, 'newest'))).toBeUndefined();
  expect(await vault.unwrap(signing, bytes)).toBeUndefined();
  expect(await vault.unwrap('', bytes)).toBeUndefined();
  expect(service.calls.total).toBe(0);
});

it('does not answer for what its key did not wrap', async () => {
  const { id, bytes } = await wrapped();
  expect(
    await vault.unwrap(
      id,
      bytes.map((byte) => byte ^ 1),
    ),
  ).toBeUndefined();
});
