import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import type { KeyRing } from '../token-store/key-ring.ts';
import { isEpochNumber } from '../token-store/names.ts';

/**
 * Seals what a browser or a client keeps for us for some minutes: a compact JWE (`dir`, A256GCM) under a key of the
 * newest epoch. `purpose` keeps one kind from being taken for another.
 */
export async function sealValue(purpose: string, value: object, ring: KeyRing): Promise<string> {
  const epoch = await ring.newest();
  return new CompactEncrypt(Buffer.from(JSON.stringify(value)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: epoch.number, typ: purpose })
    .encrypt(epoch.attempts);
}

/** What was sealed for this purpose; undefined where it was not sealed by us. Throws where the ring cannot be read. */
export async function openValue(purpose: string, sealed: string, ring: KeyRing): Promise<unknown> {
  try {
    const { kid = '', typ } = decodeProtectedHeader(sealed);
    if (!isEpochNumber(kid) || typ !== purpose) return undefined;
    const { plaintext } = await compactDecrypt(sealed, (await ring.epoch(kid)).attempts, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return JSON.parse(Buffer.from(plaintext).toString());
  } catch (error) {
    if (error instanceof TokenkeepError && error.code !== 'seal_epoch_unknown') throw error;
    return undefined;
  }
}
