import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Puts `text` at `path`, readable by its owner alone (mode 0600, in a directory of mode 0700).
 *
 * The text goes to a file beside it that is then renamed, so a reader, or a start after a crash, finds the old text or
 * the new one and never a part. The names of unfinished files end in `.tmp`.
 *
 * @throws the system's error when the directory cannot be made or written; what stood at `path` is then unchanged.
 */
export function writePrivateFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${randomUUID()}.tmp`;
  try {
    writeFileSync(unfinished, text, { mode: 0o600, flush: true });
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}
