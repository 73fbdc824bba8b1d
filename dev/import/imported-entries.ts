import type { App } from '../../shared/app.ts';
import type { EpochSeconds } from '../../shared/platform.ts';
import type { Entry } from '../../shared/token-store/session.ts';
import { importedEntry } from './imported-entry.ts';
import type { StoreEntry } from './store-entry.ts';

/** What of a file can be imported. */
export interface ImportedEntries {
  /** By provider name. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Providers whose entries cannot be. */
  readonly without: readonly string[];
  /** What the user is known by: `user_id`, and the provider's ids. */
  readonly names: readonly string[];
  /** Whether auth.json has any of the file's providers. */
  readonly isConfigured: boolean;
}

/** Reads the entries of an opened file by the providers of this app. `writtenAt` is when the file was written last. */
export function importedEntries(
  stored: ReadonlyMap<string, StoreEntry>,
  { provider, platform }: Pick<App, 'provider' | 'platform'>,
  now: EpochSeconds,
  writtenAt: EpochSeconds,
): ImportedEntries {
  const entries = new Map<string, Entry>();
  const names: string[] = [];
  const without: string[] = [];
  for (const [name, from] of stored) {
    const by = provider(name);
    const entry = by && importedEntry(from, by, { now, writtenAt }, platform.random);
    if (entry) {
      entries.set(by.name, entry);
      names.push(entry.subject, by.principalId(entry.claims, entry.subject), from.user_id ?? entry.subject);
    } else without.push(name);
  }
  return { entries, names, without, isConfigured: [...stored.keys()].some(provider) };
}
