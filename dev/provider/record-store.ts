import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AdapterPayload } from 'oidc-provider';
import { unfinished, writePrivateFile } from '../private-file.ts';

/** One stored thing: a session, a grant, a token. `model` and `id` name it, `expiresAt` is in seconds since 1970. */
export interface ProviderRecord {
  model: string;
  id: string;
  expiresAt?: number;
  payload: AdapterPayload;
}

/** How many writes may pass before expired records are looked for again. */
const writesBetweenPrunings = 500;

/**
 * All that the provider must remember: held in memory, and with a directory also on disk, one file a record, written
 * before the call returns. So a provider killed at any moment and started again on the same directory knows every
 * session and token it had answered with. File names are hashes: an id is a bearer secret, and may hold any character.
 */
export class RecordStore {
  readonly #records = new Map<string, Map<string, ProviderRecord>>();
  readonly #directory: string | undefined;
  #writes = 0;

  /**
   * Loads what the directory holds. Expired records, files that a killed process left unfinished and files that are
   * not a record are deleted; none of them stops the start. Without a directory nothing outlives the process.
   */
  constructor(directory?: string) {
    this.#directory = directory;
    if (!directory) return;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(directory)) {
      const path = join(directory, name);
      const record = name.endsWith(unfinished) ? undefined : readRecord(path);
      if (record && !isExpired(record)) this.#model(record.model).set(record.id, record);
      else rmSync(path, { force: true });
    }
  }

  /** A copy of the record's payload, or nothing when there is none or it has expired. */
  get(model: string, id: string): AdapterPayload | undefined {
    const record = this.#records.get(model)?.get(id);
    return record && !isExpired(record) ? structuredClone(record.payload) : undefined;
  }

  /** A copy of the first live payload of this model that fits. */
  find(model: string, fits: (payload: AdapterPayload) => boolean): AdapterPayload | undefined {
    for (const record of this.#records.get(model)?.values() ?? []) {
      if (!isExpired(record) && fits(record.payload)) return structuredClone(record.payload);
    }
    return undefined;
  }

  /** Stores a payload, replacing what was there. `expiresIn` is in seconds; without it the record stays. */
  put(model: string, id: string, payload: AdapterPayload, expiresIn?: number): void {
    const expiry = expiresIn === undefined ? {} : { expiresAt: nowInSeconds() + expiresIn };
    this.#write({ model, id, ...expiry, payload: structuredClone(payload) });
    this.#writes += 1;
    if (this.#writes % writesBetweenPrunings === 0) this.deleteWhere(isExpired);
  }

  /** Changes some members of a payload and keeps its expiry. Does nothing when there is no such record. */
  patch(model: string, id: string, change: Partial<AdapterPayload>): void {
    const record = this.#records.get(model)?.get(id);
    if (record) this.#write({ ...record, payload: { ...record.payload, ...structuredClone(change) } });
  }

  delete(model: string, id: string): void {
    this.#records.get(model)?.delete(id);
    if (this.#directory) rmSync(join(this.#directory, fileName(model, id)), { force: true });
  }

  /** Deletes every record that fits and returns how many there were. */
  deleteWhere(fits: (record: ProviderRecord) => boolean): number {
    const doomed = [...this.#records.values()].flatMap((records) => [...records.values()].filter(fits));
    for (const { model, id } of doomed) this.delete(model, id);
    return doomed.length;
  }

  #write(record: ProviderRecord): void {
    this.#model(record.model).set(record.id, record);
    if (!this.#directory) return;
    writePrivateFile(join(this.#directory, fileName(record.model, record.id)), JSON.stringify(record));
  }

  #model(name: string): Map<string, ProviderRecord> {
    const known = this.#records.get(name);
    if (known) return known;
    const created = new Map<string, ProviderRecord>();
    this.#records.set(name, created);
    return created;
  }
}

function fileName(model: string, id: string): string {
  return createHash('sha256').update(`${model}:${id}`).digest('hex');
}

function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function isExpired(record: ProviderRecord): boolean {
  return record.expiresAt !== undefined && record.expiresAt <= nowInSeconds();
}

function readRecord(path: string): ProviderRecord | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is ProviderRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { model, id, payload, expiresAt } = value as Partial<Record<keyof ProviderRecord, unknown>>;
  const expiryFits = expiresAt === undefined || typeof expiresAt === 'number';
  return (
    typeof model === 'string' && typeof id === 'string' && typeof payload === 'object' && payload !== null && expiryFits
  );
}
