import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

/**
 * Reads a JSON file; undefined when there is none.
 *
 * @throws Error in one sentence for what is no JSON, with the place but without the text, which may be secret; and the
 *   system's error for a file that cannot be read.
 */
export async function readJsonFile(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const place = /line \d+ column \d+/.exec(String(error))?.[0];
    throw new Error(`${basename(path)} is no JSON${place === undefined ? '' : ` (${place})`}.`);
  }
}
