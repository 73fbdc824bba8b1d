import { deletedKeyBundle, keyBundle, keyIdentifier, keyItem } from './bundles.ts';
import { useKey } from './cryptography.ts';
import type { KeyStore } from './key-store.ts';
import { liveKey, versionOf } from './lookup.ts';
import { createKey, deletedKey, deleteKey, importKey, recoverKey, rotateKey, updateKey } from './management.ts';
import type { Call } from './routes.ts';

/**
 * Carries out one call and returns the body of its reply. Reading a key works when it is disabled; using it does not.
 * Reference of all operations: https://learn.microsoft.com/rest/api/keyvault/keys/operation-groups
 *
 * @param request the body that came with the call, parsed; undefined when there was none.
 * @throws KeyVaultError for what Key Vault refuses.
 */
export async function carryOut(store: KeyStore, vaultUrl: string, call: Call, request: unknown): Promise<object> {
  const { operation, name, version } = call;
  const latest = (key: ReturnType<typeof liveKey>) => keyBundle(vaultUrl, key, versionOf(key));
  switch (operation) {
    case 'getKey': {
      const key = liveKey(store, name);
      return keyBundle(vaultUrl, key, versionOf(key, version));
    }
    case 'getKeyVersions': {
      const key = store.find(name);
      if (key === undefined || key.deletedOn !== undefined) return { value: [], nextLink: null };
      return { value: key.versions.map((one) => keyItem(vaultUrl, key, one)), nextLink: null };
    }
    case 'createKey':
      return latest(await createKey(store, name, request));
    case 'importKey':
      return latest(importKey(store, name, request));
    case 'rotateKey':
      return latest(await rotateKey(store, name));
    case 'updateKey': {
      const updated = updateKey(store, name, version, request);
      return keyBundle(vaultUrl, liveKey(store, name), updated);
    }
    case 'deleteKey':
      deleteKey(store, name);
      return deletedBundle(store, vaultUrl, name);
    case 'getDeletedKey':
      return deletedBundle(store, vaultUrl, name);
    case 'recoverDeletedKey':
      return latest(recoverKey(store, name));
    default: {
      const key = liveKey(store, name);
      const used = versionOf(key, version);
      const value = useKey(operation, used, request);
      if (typeof value === 'boolean') return { value };
      return { kid: keyIdentifier(vaultUrl, key.name, used.version), value: value.toString('base64url') };
    }
  }
}

function deletedBundle(store: KeyStore, vaultUrl: string, name: string): object {
  const { key, deletedOn } = deletedKey(store, name);
  return deletedKeyBundle(vaultUrl, key, versionOf(key), deletedOn);
}
