import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mutant } from './mutants.ts';

const root = join(import.meta.dirname, '..', '..');
/** What the simulation consists of. */
const parts = ['shared', 'test/simulation', 'package.json'];

/** A copy of the app and its simulation in a directory of its own. */
export async function copyOfApp(): Promise<{ readonly directory: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'simulation-'));
  for (const part of parts) await cp(join(root, part), join(directory, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'), 'dir');
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** Changes a copy. Throws where a text is not there, or more than once: then nobody knows what it would change. */
export async function mutate(directory: string, { name, edits }: Mutant): Promise<void> {
  for (const { file, find, replace } of edits) {
    const path = join(directory, file);
    const around = (await readFile(path, 'utf8')).split(find);
    if (around.length !== 2) throw new Error(`${name}: ${file} has its text ${around.length - 1} times`);
    await writeFile(path, around.join(replace));
  }
}
