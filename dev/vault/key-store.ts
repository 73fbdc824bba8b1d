import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writePrivateFile } from '../private-file.ts';
import { keyOperation, privateJwk } from './jwk.ts';

const seconds = z.int().nonnegative();

const storedVersion = z.strictObject({
  /** 32 hexadecimal digits. */
  version: z.string().regex(/^[0-9a-f]{32}$/),
  jwk: privateJwk,
  keyOps: z.array(keyOperation),
  enabled: z.boolean(),
  /** Not before and expiry, in seconds since 1970-01-01T00:00:00Z, as are all times here. */
  nbf: seconds.optional(),
  exp: seconds.optional(),
  created: seconds,
  updated: seconds,
  tags: z.record(z.string(), z.string()).optional(),
});
export type StoredVersion = z.infer<typeof storedVersion>;

const storedKey = z.strictObject({
  name: z.string().regex(/^[0-9a-zA-Z-]{1,127}$/),
  /** When it was deleted; a deleted key waits here to be recovered. */
  deletedOn: seconds.optional(),
  /** Oldest first; never empty. */
  versions: z.array(storedVersion).min(1),
});
export type StoredKey = z.infer<typeof storedKey>;

/**
 * The vault's keys with their private parts, held in memory and, given a directory, written there at each change: one
 * JSON file a key, all versions in it, mode 0600. Key Vault's names are the same key in upper and lower case
 * (https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates), so the lower case is the file
 * name.
 */
export class KeyStore {
  readonly #keys = new Map<string, StoredKey>();
  readonly #directory: string | undefined;

  /** @throws Error that names the file when one in the directory is not a key. */
  constructor(directory: string | undefined) {
    this.#directory = directory;
    if (directory === undefined || !existsSync(directory)) return;
    for (const file of readdirSync(directory)) {
      if (!file.endsWith('.json')) continue;
      const key = readKey(join(directory, file));
      this.#keys.set(key.name.toLowerCase(), key);
    }
  }

  /** The key of that name, live or deleted. It is the store's own object: change it, then `save` it. */
  find(name: string): StoredKey | undefined {
    return this.#keys.get(name.toLowerCase());
  }

  /** @throws the system's error when the file cannot be written. */
  save(key: StoredKey): void {
    const checked = storedKey.parse(key);
    this.#keys.set(key.name.toLowerCase(), key);
    if (this.#directory === undefined) return;
    writePrivateFile(join(this.#directory, `${key.name.toLowerCase()}.json`), JSON.stringify(checked, null, 2));
  }
}

/** The parse error is left out of the message, for it could quote a private key. */
function readKey(path: string): StoredKey {
  const text = readFileSync(path, 'utf8');
  try {
    return storedKey.parse(JSON.parse(text));
  } catch {
    throw new Error(`${path} does not hold a key of the local vault`);
  }
}
