import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { badParameter, deletedKeyNotFound, nameIsDeleted } from './errors.ts';
import {
  generateJwk,
  type KeyKind,
  type KeyOperation,
  keyKind,
  keyOperation,
  kindOf,
  type PrivateJwk,
  privateJwk,
} from './jwk.ts';
import type { KeyStore, StoredKey, StoredVersion } from './key-store.ts';
import { liveKey, versionOf } from './lookup.ts';

const keyOps = z.array(keyOperation);

const defaultOperations: Record<KeyKind['kty'], KeyOperation[]> = {
  RSA: keyOperation.options,
  EC: ['sign', 'verify'],
};

/** What a client may set on a version. An unknown member is refused rather than silently dropped. */
const settings = z.strictObject({
  key_ops: keyOps.optional(),
  attributes: z
    .strictObject({
      enabled: z.boolean().optional(),
      nbf: z.int().nonnegative().optional(),
      exp: z.int().nonnegative().optional(),
      exportable: z.literal(false).optional(),
    })
    .optional(),
  tags: z.record(z.string(), z.string()).optional(),
});
type Settings = z.infer<typeof settings>;

const creation = settings.extend({ kty: z.string(), key_size: z.int().optional(), crv: z.string().optional() });

/** A JWK to import may carry its own `kid` and `key_ops`; the service gives it a new identifier. */
const importation = settings.extend({
  Hsm: z.literal(false).optional(),
  key: z.looseObject({ kid: z.string().optional(), key_ops: keyOps.optional() }),
});

/**
 * Makes a key, or a new version of the key of that name. Without a size an RSA key has 2048 bits.
 * https://learn.microsoft.com/rest/api/keyvault/keys/create-key/create-key
 *
 * @throws KeyVaultError 400 for a kind of key that the emulator does not make, 409 when the name is of a deleted key.
 */
export async function createKey(store: KeyStore, name: string, request: unknown): Promise<StoredKey> {
  const { kty, key_size, crv, ...set } = read(creation, request);
  const kind = kty === 'RSA' ? { kty, size: key_size ?? 2048 } : { kty, crv: crv ?? 'P-256' };
  return addVersion(store, name, await generateJwk(read(keyKind, kind)), set);
}

/**
 * Takes a private key in, as a new key or a new version.
 * https://learn.microsoft.com/rest/api/keyvault/keys/import-key/import-key
 *
 * @throws KeyVaultError 400 when it is not a private key of a kind that the emulator holds, 409 when the name is of a
 * deleted key.
 */
export function importKey(store: KeyStore, name: string, request: unknown): StoredKey {
  const { key, Hsm: _softwareProtected, ...set } = read(importation, request);
  const { kid: _replaced, key_ops, ...members } = key;
  const jwk = read(privateJwk, members);
  kindToRepeat(jwk);
  return addVersion(store, name, jwk, key_ops === undefined ? set : { ...set, key_ops });
}

/**
 * Adds a version of the same kind, size and use, enabled and without dates.
 * https://learn.microsoft.com/rest/api/keyvault/keys/rotate-key/rotate-key
 */
export async function rotateKey(store: KeyStore, name: string): Promise<StoredKey> {
  const { jwk, keyOps, tags } = versionOf(liveKey(store, name));
  const next = await generateJwk(kindToRepeat(jwk));
  return addVersion(store, name, next, { key_ops: keyOps, tags });
}

/**
 * Sets what the request names and leaves the rest of the version as it was.
 * https://learn.microsoft.com/rest/api/keyvault/keys/update-key/update-key
 */
export function updateKey(store: KeyStore, name: string, version: string | undefined, request: unknown): StoredVersion {
  const { key_ops, attributes, tags } = read(settings, request);
  const key = liveKey(store, name);
  const found = versionOf(key, version);
  if (key_ops !== undefined) found.keyOps = key_ops;
  if (tags !== undefined) found.tags = tags;
  if (attributes?.enabled !== undefined) found.enabled = attributes.enabled;
  if (attributes?.nbf !== undefined) found.nbf = attributes.nbf;
  if (attributes?.exp !== undefined) found.exp = attributes.exp;
  found.updated = now();
  store.save(key);
  return found;
}

/**
 * Deletes a key with all its versions, so that it can be recovered.
 * https://learn.microsoft.com/rest/api/keyvault/keys/delete-key/delete-key
 */
export function deleteKey(store: KeyStore, name: string): StoredKey {
  const key = liveKey(store, name);
  key.deletedOn = now();
  store.save(key);
  return key;
}

/**
 * https://learn.microsoft.com/rest/api/keyvault/keys/get-deleted-key/get-deleted-key
 *
 * @returns the key, and when it was deleted in seconds since 1970-01-01T00:00:00Z.
 * @throws KeyVaultError 404 when no key of that name is deleted.
 */
export function deletedKey(store: KeyStore, name: string): { key: StoredKey; deletedOn: number } {
  const key = store.find(name);
  if (key?.deletedOn === undefined) throw deletedKeyNotFound(name);
  return { key, deletedOn: key.deletedOn };
}

/** https://learn.microsoft.com/rest/api/keyvault/keys/recover-deleted-key/recover-deleted-key */
export function recoverKey(store: KeyStore, name: string): StoredKey {
  const { key } = deletedKey(store, name);
  key.deletedOn = undefined;
  store.save(key);
  return key;
}

function addVersion(store: KeyStore, name: string, jwk: PrivateJwk, set: Settings): StoredKey {
  const key = store.find(name) ?? { name, versions: [] };
  if (key.deletedOn !== undefined) throw nameIsDeleted(name);
  key.versions.push({
    version: randomUUID().replaceAll('-', ''),
    jwk,
    keyOps: set.key_ops ?? defaultOperations[jwk.kty],
    enabled: set.attributes?.enabled ?? true,
    nbf: set.attributes?.nbf,
    exp: set.attributes?.exp,
    created: now(),
    updated: now(),
    tags: set.tags,
  });
  store.save(key);
  return key;
}

function kindToRepeat(jwk: PrivateJwk): KeyKind {
  try {
    return kindOf(jwk);
  } catch {
    throw badParameter('The key is not a private key of a supported kind.');
  }
}

/** Zod's words name the member and the rule, and never the value, which may be a private key. */
function read<T>(schema: z.ZodType<T>, request: unknown): T {
  const parsed = schema.safeParse(request);
  if (parsed.success) return parsed.data;
  throw badParameter(`The request body is not what this emulator takes. ${z.prettifyError(parsed.error)}`);
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
