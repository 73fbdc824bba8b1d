import { KeyClient } from '@azure/keyvault-keys';
import {
  type CompactJWEHeaderParameters,
  compactDecrypt,
  compactVerify,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { machine } from '../../shared/platform.ts';
import { closeEpoch, generateEpoch, openEpoch, userNames } from '../../shared/token-store/epoch.ts';
import type { EpochNumber } from '../../shared/token-store/names.ts';
import { localVault } from './local-store.ts';

const first = '000001' as EpochNumber;
let keys: Awaited<ReturnType<typeof localVault>>;
beforeAll(async () => {
  keys = await localVault();
});
afterAll(() => keys.close());

const newDocument = (predecessor?: Awaited<ReturnType<typeof openEpoch>>) =>
  generateEpoch(first, 1_800_000_000, machine.random, predecessor);

/** A wrapping key of which this test has the private half too. */
async function importedWrappingKey() {
  const { privateKey } = await generateKeyPair('RSA-OAEP-256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const members = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const;
  const bytes = Object.fromEntries(members.map((name) => [name, Buffer.from(String(jwk[name]), 'base64url')]));
  const client = new KeyClient(keys.service.url, keys.credential, {
    allowInsecureConnection: true,
    disableChallengeResourceVerification: true,
  });
  await client.importKey('tokenkeep-wrap', { kty: 'RSA', ...bytes });
  return privateKey;
}

it('is a compact JWS over a compact JWE, which a JOSE library alone can check and open', async () => {
  const privateKey = await importedWrappingKey();
  const document = await newDocument();
  const blob = await closeEpoch(keys.vault, document);

  const signingKey = await keys.vault.signingKey();
  const { payload, protectedHeader } = await compactVerify(blob, await importJWK(signingKey.publicKey, 'ES256'));
  expect(protectedHeader).toEqual({ alg: 'ES256', kid: signingKey.id, typ: 'tokenkeep-epoch+1' });

  const inner = await compactDecrypt(payload, privateKey);
  const { alg, enc, kid } = inner.protectedHeader as CompactJWEHeaderParameters;
  expect({ alg, enc, kid }).toEqual({
    alg: 'RSA-OAEP-256',
    enc: 'A256GCM',
    kid: (await keys.vault.wrappingKey()).id,
  });
  expect(JSON.parse(Buffer.from(inner.plaintext).toString())).toEqual(document);
});

it('shows none of its keys from outside', async () => {
  const document = await newDocument();
  const blob = await closeEpoch(keys.vault, document);
  const layers = blob.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));
  const inside = layers
    .flatMap((layer) => layer.split('.'))
    .map((part) => Buffer.from(part, 'base64url').toString('latin1'));
  const text = [blob, ...layers, ...inside].join();
  for (const { k, d } of document.keys) expect(text).not.toContain(k ?? d);
});

it('gives back the keys that were put in, each fit for its purpose', async () => {
  const document = await newDocument();
  const epoch = await openEpoch(keys.vault, first, await closeEpoch(keys.vault, document));
  const jwk = (kid: string) => document.keys.find((key) => key.kid === kid);
  expect(epoch).toMatchObject({ number: first, createdAt: 1_800_000_000 });
  expect(Buffer.from(epoch.sealing).toString('base64url')).toBe(jwk('sealing')?.k);
  expect(Buffer.from(epoch.lookup).toString('base64url')).toBe(jwk('lookup')?.k);
  expect([epoch.sealing, epoch.lookup, epoch.attempts].map((key) => key.length)).toEqual([32, 32, 32]);
  expect(Buffer.from(epoch.attempts)).not.toEqual(Buffer.from(epoch.sealing));
  expect(epoch.sessionSigning.publicJwk).toEqual({
    kty: 'EC',
    crv: 'P-256',
    x: jwk('session-signing')?.x,
    y: jwk('session-signing')?.y,
    alg: 'ES256',
    use: 'sig',
    kid: first,
  });
});

it('has new keys in every epoch but the one that users are looked up by', async () => {
  const document = await newDocument();
  const epoch = await openEpoch(keys.vault, first, await closeEpoch(keys.vault, document));
  const successor = await newDocument(epoch);
  const secretOf = (keySet: readonly JWK[], kid: string) => keySet.find((key) => key.kid === kid);
  expect(secretOf(successor.keys, 'lookup')).toEqual(secretOf(document.keys, 'lookup'));
  for (const kid of ['sealing', 'blob-signing', 'session-signing']) {
    expect(secretOf(successor.keys, kid)).not.toEqual(secretOf(document.keys, kid));
  }
});

it('names a user by provider, issuer and subject together, under two names that do not tell each other', async () => {
  const epoch = await openEpoch(keys.vault, first, await closeEpoch(keys.vault, await newDocument()));
  const ada = userNames(epoch, 'demo', 'https://issuer', 'ada');
  expect(userNames(epoch, 'demo', 'https://issuer', 'ada')).toEqual(ada);
  expect(ada.user).toMatch(/^[\da-f]{64}$/);
  expect(ada.sid).toMatch(/^sid:[\da-f]{32}$/);
  expect(ada.user).not.toContain(ada.sid.slice(4));
  const others = [
    userNames(epoch, 'demo', 'https://issuer', 'eve'),
    userNames(epoch, 'demo', 'https://other', 'ada'),
    userNames(epoch, 'other', 'https://issuer', 'ada'),
    userNames(epoch, 'demo', 'https://issuera', 'da'),
  ];
  expect(new Set([ada, ...others].flatMap(({ user, sid }) => [user, sid])).size).toBe(10);
});

it('names users in a way that nobody can repeat without the key', async () => {
  const [one, other] = await Promise.all(
    [newDocument(), newDocument()].map(async (made) =>
      openEpoch(keys.vault, first, await closeEpoch(keys.vault, await made)),
    ),
  );
  if (!one || !other) throw new Error('no epochs');
  expect(userNames(one, 'demo', 'i', 's').user).not.toBe(userNames(other, 'demo', 'i', 's').user);
});
