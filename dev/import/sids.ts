import * as z from 'zod';
import { readJsonFile } from '../host/json-file.ts';

/** The owner's word on whose sid is whose, for stores whose file names are no sids. */
export interface Sids {
  /** The sids of a user who is known by any of these names. */
  of(names: readonly string[]): readonly string[];
  /** How many sids have found no user so far. */
  readonly unused: number;
}

const document = z.record(z.string().regex(/^sid:[\da-f]{32}$/i), z.string());

/** Sids by the name of their user: upper and lower case make no difference. */
export function sidsFrom(userOf: Readonly<Record<string, string>>): Sids {
  const entries = Object.entries(userOf).map(([sid, user]) => [sid.toLowerCase(), user.toLowerCase()] as const);
  const unused = new Set(entries.map(([sid]) => sid));
  return {
    of(names) {
      const known = new Set(names.map((name) => name.toLowerCase()));
      const sids = entries.filter(([, user]) => known.has(user)).map(([sid]) => sid);
      for (const sid of sids) unused.delete(sid);
      return sids;
    },
    get unused() {
      return unused.size;
    },
  };
}

/**
 * Reads a JSON object of sids, each with what its user is known by: the file's name, `user_id`, or the provider's id.
 * Throws an Error in one sentence.
 */
export async function readSids(path: string): Promise<Sids> {
  const parsed = document.safeParse(await readJsonFile(path));
  if (!parsed.success)
    throw new Error('The file of --sids must be a JSON object: {"sid:<32 hex digits>": "<user>", …}.');
  return sidsFrom(parsed.data);
}
