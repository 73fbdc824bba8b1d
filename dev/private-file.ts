import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** The ending of a file that was being written when the process died; such a file may be deleted at any start. */
export const unfinished = '.unfinished';

/**
 * Puts `text` at `path`, readable by its owner alone (mode 0600, in a directory of mode 0700).
 *
 * The text goes to a file beside it that is then renamed, so a reader, or a start after a crash, finds the old text or
 * the new one and never a part. Synchronous on purpose: when it returns, an answer that depends on the file may be sent,
 * and two writes of one file keep their order.
 *
 * @throws the system's error when the directory cannot be made or written; what stood at `path` is then unchanged.
 */
export function writePrivateFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.${randomUUID()}${unfinished}`;
  try {
    writeFileSync(beside, text, { mode: 0o600 });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
