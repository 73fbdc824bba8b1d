import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** The ending of a file that was being written when the process died; such a file may be deleted at any start. */
export const unfinished = '.unfinished';

/**
 * Writes a file so that a reader, or a process started after a SIGKILL, finds the old text or the new one and never a
 * part of either: the text goes to a file beside it, which is then renamed over it. Synchronous on purpose: when this
 * returns, the answer that depends on the record may be sent, and two writes of one file keep their order.
 *
 * The file is readable by its owner only.
 */
export function writeFileAtomic(path: string, text: string): void {
  const beside = `${path}.${randomUUID()}${unfinished}`;
  try {
    writeFileSync(beside, text, { mode: 0o600 });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
