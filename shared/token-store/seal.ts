import { CompactEncrypt, CompactSign, compactDecrypt, compactVerify, decodeProtectedHeader, errors } from 'jose';
import type { ErrorCode } from '../errors/table.ts';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { isCompact } from './compact.ts';
import type { Epoch } from './epoch.ts';
import type { KeyRing } from './key-ring.ts';
import { type EpochNumber, isEpochNumber } from './names.ts';

/**
 * Seals a document for one place: a JWS (ES256) of the document by the newest epoch's blob-signing key, inside a JWE
 * (A256KW, A256GCM) to its sealing key (RFC 7515, 7516; nested as in RFC 7519 section 11.2: sign, then encrypt).
 * `place` is the blob's name; it is signed with the document.
 */
export async function seal(epoch: Epoch, place: string, document: string): Promise<string> {
  const signed = await new CompactSign(Buffer.from(document))
    .setProtectedHeader({ alg: 'ES256', kid: epoch.number, typ: documentType, place })
    .sign(epoch.blobSigning.privateKey);
  return new CompactEncrypt(Buffer.from(signed))
    .setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM', kid: epoch.number, cty: 'JWS' })
    .encrypt(epoch.sealing);
}

/**
 * Opens what `seal` sealed for this place, and checks all of it.
 *
 * Throws `seal_malformed`, `seal_algorithm_refused`, `seal_epoch_unknown`, `seal_broken` (changed or cut short),
 * `seal_signature_invalid`, or `seal_misplaced` (sealed for another blob).
 */
export async function open(ring: KeyRing, place: string, sealed: string): Promise<Opened> {
  const { kid } = header(sealed);
  if (kid === undefined || !isEpochNumber(kid)) throw new TokenkeepError('seal_malformed', { detail: 'no epoch' });
  const epoch = await ring.epoch(kid);
  const inner = await checked('seal_broken', () =>
    compactDecrypt(sealed, epoch.sealing, {
      keyManagementAlgorithms: ['A256KW'],
      contentEncryptionAlgorithms: ['A256GCM'],
    }),
  );
  const signed = await checked('seal_signature_invalid', () =>
    compactVerify(inner.plaintext, epoch.blobSigning.publicKey, { algorithms: ['ES256'] }),
  );
  if (signed.protectedHeader.kid !== kid || signed.protectedHeader.typ !== documentType) {
    throw new TokenkeepError('seal_malformed', { detail: 'inner header' });
  }
  if (signed.protectedHeader['place'] !== place) throw new TokenkeepError('seal_misplaced');
  return { document: Buffer.from(signed.payload).toString(), epoch: kid };
}

/** Seals under the newest epoch of a key ring, and opens what any of its epochs has sealed. */
export interface Sealer {
  seal(place: string, document: string): Promise<string>;
  /** Throws as `open` above. */
  open(place: string, sealed: string): Promise<Opened>;
  /** Throws where what this epoch has sealed is not to be shown any more, as once its vault key is disabled. */
  admits(epoch: EpochNumber): Promise<void>;
}

/** A document, and the epoch that had sealed it. */
export interface Opened {
  readonly document: string;
  readonly epoch: EpochNumber;
}

export function createSealer(ring: KeyRing): Sealer {
  return {
    seal: async (place, document) => seal(await ring.newest(), place, document),
    open: (place, sealed) => open(ring, place, sealed),
    admits: async (epoch) => void (await ring.epoch(epoch)),
  };
}

const documentType = 'tokenkeep+1';

/** The outer header of what is a compact JWE to the last bit. */
function header(sealed: string): { kid?: string } {
  if (!isCompact(sealed, 5)) throw new TokenkeepError('seal_broken');
  try {
    return decodeProtectedHeader(sealed);
  } catch (cause) {
    throw new TokenkeepError('seal_malformed', { cause });
  }
}

/** Runs one step of opening; `failure` is what its cryptographic failure means. */
async function checked<T>(failure: ErrorCode, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    if (cause instanceof errors.JOSEAlgNotAllowed) throw new TokenkeepError('seal_algorithm_refused', { cause });
    throw new TokenkeepError(failure, { cause });
  }
}
