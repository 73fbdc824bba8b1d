import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

/** The project's folder. */
const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/**
 * A bundle loads some times faster than a tree of modules, and faster still where what comes later lies in files of its
 * own. The host's own module is left to be found at run time. Names stay as they are, for stack traces. `debug` would print client credentials if somebody set
 * DEBUG, so it is silent.
 */
export const bundleOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  splitting: true,
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: 'linked',
  legalComments: 'linked',
  external: ['@azure/functions-core'],
  alias: { debug: './shared/telemetry/silent-debug.cjs' },
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * Builds `dist/functions.js` and the files beside it. A host that loads them meanwhile finds each file whole: names
 * change with contents, but for the entry's, which comes last.
 */
export async function bundle(): Promise<void> {
  const entry = { entryPoints: { functions: 'functions/index.ts' }, outdir: 'dist' };
  const { outputFiles } = await build({ ...bundleOptions, ...entry, write: false });
  mkdirSync(dist, { recursive: true });
  const last = (path: string) => Number(path === join(dist, 'functions.js'));
  for (const { path, contents } of outputFiles.toSorted((one, other) => last(one.path) - last(other.path))) {
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, contents);
    renameSync(temporary, path);
  }
}

// As a command (`npm run build`) nothing of an older build stays, since all of dist/ is deployed.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(dist, { recursive: true, force: true });
  await bundle();
}
