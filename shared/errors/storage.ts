import type { ErrorRow } from './row.ts';

/** What is wrong with what is stored, or keeps it from being had. */
export const storageErrors = {
  // Sealing
  seal_malformed: {
    status: 500,
    title: 'A sealed document is not in the format this version writes',
    remedy: 'Check what wrote the blob; delete it to make its user sign in again.',
  },
  seal_algorithm_refused: {
    status: 500,
    title: 'A sealed document names an algorithm that is not allowed',
    remedy: 'Check what wrote the blob; delete it to make its user sign in again.',
  },
  seal_epoch_unknown: {
    status: 500,
    title: 'A sealed document names a key-ring epoch that does not exist',
    remedy: 'Restore the missing blob under keyring/, or delete the document to make its user sign in again.',
  },
  seal_broken: {
    status: 500,
    title: 'A sealed document was changed or cut short',
    remedy: 'Check who can write to the container; delete the document to make its user sign in again.',
  },
  seal_signature_invalid: {
    status: 500,
    title: 'A sealed document is not signed by the key ring',
    remedy: 'Check who can read the key ring; delete the document to make its user sign in again.',
  },
  seal_misplaced: {
    status: 500,
    title: 'A sealed document lies under another name than it was sealed for',
    remedy: 'Check who can write to the container; delete the copy to make its user sign in again.',
  },

  // Key ring and Key Vault
  key_ring_damaged: {
    status: 500,
    title: 'A key-ring epoch failed its integrity check',
    remedy: 'Restore the blob under keyring/ from a backup; sessions of other epochs are not touched.',
  },
  vault_unreachable: {
    status: 503,
    title: 'Key Vault does not answer',
    remedy: 'Check TOKENKEEP_VAULT_URL, the network rules of the vault and its service health; it is tried again.',
  },
  vault_key_disabled: {
    status: 503,
    title: 'A Key Vault key is disabled',
    remedy: 'Enable the key version again in Key Vault; until then nothing stored can be opened.',
  },
  vault_key_deleted: {
    status: 503,
    title: 'A Key Vault key does not exist',
    remedy: 'Recover the deleted key in Key Vault, or correct TOKENKEEP_WRAP_KEY and TOKENKEEP_SIGN_KEY.',
  },
  vault_access_refused: {
    status: 503,
    title: 'Key Vault refuses this app',
    remedy: "Give the app's identity the role Key Vault Crypto User on the vault.",
  },

  // Container
  container_unreachable: {
    status: 503,
    title: 'The token container does not answer',
    remedy: 'Check the storage account, its network rules and its service health; it is tried again.',
  },
  container_missing: {
    status: 503,
    title: 'The token container does not exist',
    remedy: 'Create the container that the SAS URL or blobContainerUri names.',
  },
  container_access_expired: {
    status: 503,
    title: 'The SAS of the token container has expired or is not valid',
    remedy: 'Make a new container SAS with read, write, list and delete, and replace the app setting.',
  },
  container_access_refused: {
    status: 503,
    title: 'The SAS or identity may not do this in the token container',
    remedy: 'Give it read, write and list on the container, and delete if you can.',
  },
} as const satisfies Record<string, ErrorRow>;
