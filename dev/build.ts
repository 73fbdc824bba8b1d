import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The project's folder. */
const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bundles the functions into one file, which Azure loads some times faster than a tree of modules. The host's own
 * module is left to be found at run time. `debug` would print client credentials if somebody set DEBUG, so it is silent.
 */
export async function bundle(): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: ['functions/index.ts'],
    outfile: 'dist/functions.js',
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    minify: true,
    keepNames: true,
    sourcemap: 'linked',
    legalComments: 'linked',
    external: ['@azure/functions-core'],
    alias: { debug: './dev/silent-debug.cjs' },
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle();
