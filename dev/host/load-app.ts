import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { AppContext } from './app-context.ts';
import { AppStartContext, HookContext, runHooks } from './hooks.ts';
import { readJsonFile } from './json-file.ts';
import { openStreamServer, type StreamServer } from './stream-server.ts';

const manifestSchema = z.object({ main: z.string().min(1), type: z.string().optional() });

const loadedBefore = new Set<string>();

/**
 * Loads the app as the Node.js worker does: the file that package.json names as `main`, by `import` or `require`, then
 * the appStart hooks, then the capabilities. The core module must be installed for `app`.
 * Source: https://github.com/Azure/azure-functions-nodejs-worker, `src/startApp.ts` and `src/loadScriptFile.ts`
 *
 * @param root absolute path of the directory with package.json.
 * @returns the server that the app turned on with HTTP streaming; undefined without.
 * @throws Error in one sentence when there is nothing to load, and as it is whatever the app threw.
 */
export async function loadApp(root: string, app: AppContext): Promise<StreamServer | undefined> {
  const manifest = manifestSchema.safeParse(await readJsonFile(resolve(root, 'package.json')));
  if (!manifest.success) throw new Error(`There is no package.json with a "main" in ${root}.`);
  const { main, type } = manifest.data;
  const path = resolve(root, main);
  if (!existsSync(path)) throw new Error(`The app is not built: ${main} does not exist. Run "npm run build" first.`);
  await loadEntry(path, /\.mjs$/.test(path) || (type === 'module' && !/\.cjs$/.test(path)));
  await runHooks(app.hooks.appStart, new AppStartContext(app.appLevelHookData, app.appHookData, root));
  const stream = await openStreamServer(() => app.programmingModel?.getCapabilities?.({}));
  app.lock();
  return stream;
}

/** A second load in this process runs the file anew. */
async function loadEntry(path: string, isModule: boolean): Promise<void> {
  const again = loadedBefore.has(path);
  loadedBefore.add(path);
  if (isModule) {
    const url = pathToFileURL(path);
    if (again) url.searchParams.set('loaded', String(performance.now()));
    await import(/* @vite-ignore */ url.href);
  } else {
    const require = createRequire(path);
    delete require.cache[path];
    require(path);
  }
}

/** Runs the appTerminate hooks. */
export function endApp(app: AppContext): Promise<void> {
  return runHooks(app.hooks.appTerminate, new HookContext(app.appLevelHookData, app.appHookData));
}
