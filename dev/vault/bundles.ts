import { publicJwk } from './jwk.ts';
import type { StoredKey, StoredVersion } from './key-store.ts';

/** Days that a deleted key can be recovered, the service's default. */
const recoverableDays = 90;
const secondsInADay = 86_400;

/** The key identifier: where the version is found, and what clients store. */
export function keyIdentifier(vaultUrl: string, name: string, version: string): string {
  return `${vaultUrl}/keys/${name}/${version}`;
}

/**
 * A version as the service shows it; private members never leave the vault.
 * https://learn.microsoft.com/rest/api/keyvault/keys/get-key/get-key#keybundle
 */
export function keyBundle(vaultUrl: string, key: StoredKey, version: StoredVersion): object {
  const kid = keyIdentifier(vaultUrl, key.name, version.version);
  return {
    key: { kid, key_ops: version.keyOps, ...publicJwk(version.jwk) },
    attributes: attributes(version),
    ...(version.tags && { tags: version.tags }),
  };
}

/**
 * A version in a list, without its key.
 * https://learn.microsoft.com/rest/api/keyvault/keys/get-key-versions/get-key-versions#keyitem
 */
export function keyItem(vaultUrl: string, key: StoredKey, version: StoredVersion): object {
  return {
    kid: keyIdentifier(vaultUrl, key.name, version.version),
    attributes: attributes(version),
    ...(version.tags && { tags: version.tags }),
  };
}

/** https://learn.microsoft.com/rest/api/keyvault/keys/delete-key/delete-key#deletedkeybundle */
export function deletedKeyBundle(vaultUrl: string, key: StoredKey, latest: StoredVersion, deletedOn: number): object {
  return {
    recoveryId: `${vaultUrl}/deletedkeys/${key.name}`,
    deletedDate: deletedOn,
    scheduledPurgeDate: deletedOn + recoverableDays * secondsInADay,
    ...keyBundle(vaultUrl, key, latest),
  };
}

/** Times are seconds since 1970-01-01T00:00:00Z. */
function attributes(version: StoredVersion): object {
  return {
    enabled: version.enabled,
    ...(version.nbf !== undefined && { nbf: version.nbf }),
    ...(version.exp !== undefined && { exp: version.exp }),
    created: version.created,
    updated: version.updated,
    recoveryLevel: 'Recoverable+Purgeable',
    recoverableDays,
    exportable: false,
  };
}
