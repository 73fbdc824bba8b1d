import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** A page of an app that has the client, as `tokenkeep`, and does nothing by itself. */
export async function appPage(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: "import * as tokenkeep from './index.ts'; Object.assign(globalThis, { tokenkeep });",
      resolveDir: fileURLToPath(new URL('../../client', import.meta.url)),
    },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  });
  const program = outputFiles.map(({ text }) => text).join('');
  return `<!doctype html><title>An app</title><link rel="icon" href="data:,"><script type="module">${program}</script>`;
}
