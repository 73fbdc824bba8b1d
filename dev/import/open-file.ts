import * as z from 'zod';
import { providerName } from '../../shared/providers/provider-name.ts';
import { openEntry, type StoreKey } from './open-entry.ts';
import { type StoreEntry, storeEntry } from './store-entry.ts';

export type OpenedFile =
  | { readonly ok: true; readonly entries: ReadonlyMap<string, StoreEntry> }
  | { readonly ok: false; readonly reason: 'not-json' | 'not-a-token-file' | 'wrong-key' | 'changed' };

/** A user's file: an entry a provider, encrypted one by one, or in the clear where encryption was off. */
const storeFile = z.object({
  encrypted: z.boolean().default(false),
  tokens: z.record(z.string(), z.union([z.string(), z.record(z.string(), z.unknown())])),
});

/** Opens all entries of a store file; by provider name, in the file's order. One that does not open spoils the file. */
export function openFile(bytes: Uint8Array, key: StoreKey): OpenedFile {
  const json = parsed(
    Buffer.from(bytes)
      .toString()
      .replace(/^\uFEFF/, ''),
  );
  if (json === undefined) return { ok: false, reason: 'not-json' };
  const file = storeFile.safeParse(json);
  if (!file.success) return { ok: false, reason: 'not-a-token-file' };

  const entries = new Map<string, StoreEntry>();
  for (const [provider, value] of Object.entries(file.data.tokens)) {
    const opened = file.data.encrypted && typeof value === 'string' ? openEntry(value, key) : plain(value);
    if (!opened.ok) return opened;
    const entry = storeEntry.safeParse(opened.document);
    if (!entry.success) return { ok: false, reason: file.data.encrypted ? 'changed' : 'not-a-token-file' };
    entries.set(providerName(provider), entry.data);
  }
  return entries.size === 0 ? { ok: false, reason: 'not-a-token-file' } : { ok: true, entries };
}

function plain(value: string | object) {
  return { ok: true, document: typeof value === 'string' ? parsed(value) : value } as const;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
