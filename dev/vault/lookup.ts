import { keyNotFound } from './errors.ts';
import type { KeyStore, StoredKey, StoredVersion } from './key-store.ts';

/**
 * The key of that name, for an operation that works on live keys only.
 *
 * @throws KeyVaultError 404 when there is none or it is deleted.
 */
export function liveKey(store: KeyStore, name: string): StoredKey {
  const key = store.find(name);
  if (key === undefined || key.deletedOn !== undefined) throw keyNotFound(name);
  return key;
}

/**
 * One version of a key; without `version`, the one created last, enabled or not.
 *
 * @throws KeyVaultError 404 when the key has no such version.
 */
export function versionOf(key: StoredKey, version?: string): StoredVersion {
  const found = version === undefined ? key.versions.at(-1) : key.versions.find((one) => one.version === version);
  if (found === undefined) throw keyNotFound(`${key.name}/${version}`);
  return found;
}
