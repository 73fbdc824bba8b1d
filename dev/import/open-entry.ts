import { createDecipheriv } from 'node:crypto';

/** The key that Easy Auth encrypts its token store with. */
export type StoreKey = Uint8Array & { readonly brand: 'StoreKey' };

/**
 * Reads WEBSITE_AUTH_ENCRYPTION_KEY: 64 hex digits, else base64, as the Functions host reads it. Undefined where that
 * does not make 256 bits.
 */
export function storeKey(text: string): StoreKey | undefined {
  const isHex = /^[\da-f]{64}$/i.test(text);
  const bytes = Buffer.from(text, isHex ? 'hex' : 'base64');
  return bytes.length === keyBytes ? (bytes as unknown as StoreKey) : undefined;
}

const keyBytes = 32;
const blockBytes = 16;

/** `wrong-key`: nothing of it makes sense. `changed`: it was encrypted under this key, and is not whole any more. */
export type Opened =
  | { readonly ok: true; readonly document: unknown }
  | { readonly ok: false; readonly reason: 'wrong-key' | 'changed' };

/**
 * Opens one value of a store file: base64 of the IV and the AES-256-CBC ciphertext (PKCS #7) of an entry's JSON.
 *
 * The format has no authentication tag. A changed block garbles itself and a bit of the next, while another key garbles
 * all: so they are told apart by how much of the text can be read. A change that leaves good JSON goes unseen.
 */
export function openEntry(value: string, key: StoreKey): Opened {
  const bytes = Buffer.from(value, 'base64');
  const isWhole = bytes.toString('base64') === value && bytes.length % blockBytes === 0;
  if (!isWhole || bytes.length < 2 * blockBytes) return { ok: false, reason: 'changed' };
  const decipher = createDecipheriv('aes-256-cbc', key, bytes.subarray(0, blockBytes)).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(bytes.subarray(blockBytes)), decipher.final()]);
  try {
    return { ok: true, document: JSON.parse(utf8.decode(unpadded(padded))) };
  } catch {
    return { ok: false, reason: readableShare(padded) > 0.6 ? 'changed' : 'wrong-key' };
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** PKCS #7: RFC 5652 section 6.3. */
function unpadded(bytes: Buffer): Buffer {
  const count = bytes.at(-1) ?? 0;
  const padding = bytes.subarray(-count);
  const isPadding = count >= 1 && count <= blockBytes && padding.every((byte) => byte === count);
  if (!isPadding) throw new Error('no padding');
  return bytes.subarray(0, -count);
}

/** The share of printable ASCII: of tokens and claims nearly all, of random bytes 95 in 256. */
function readableShare(bytes: Buffer): number {
  return bytes.filter((byte) => byte >= 0x20 && byte < 0x7f).length / bytes.length;
}
