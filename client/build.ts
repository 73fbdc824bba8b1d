import { execFile } from 'node:child_process';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const client = fileURLToPath(new URL('.', import.meta.url));

/** Makes what the package holds beside its README, in `outdir`: one minified module, its declarations, the licence. */
export async function buildClient(outdir: string): Promise<void> {
  await rm(outdir, { recursive: true, force: true });
  await build({
    entryPoints: [join(client, 'index.ts')],
    outdir,
    bundle: true,
    minify: true,
    sourcemap: 'linked',
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  });
  const tsc = fileURLToPath(new URL('../node_modules/.bin/tsc', import.meta.url));
  await promisify(execFile)(tsc, ['--project', client, '--outDir', outdir]);
  await copyFile(new URL('../LICENSE', import.meta.url), join(outdir, 'LICENSE'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildClient(join(client, 'dist'));
