import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';
import { freePort } from '../../dev/ports.ts';
import { exampleStack, type RunningExample } from '../example.ts';
import { type Api, startApi } from './api.ts';

/** Three origins: the app that Vite serves, Tokenkeep, and the API. */
export async function start(): Promise<RunningExample & { readonly page: string }> {
  const port = await freePort();
  const page = `http://localhost:${port}`;
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const stack = await exampleStack({
      environment: { TOKENKEEP_ALLOWED_ORIGINS: page },
      authJson: (document) => ({
        ...document,
        login: { ...(document['login'] as object), allowedExternalRedirectUrls: [page] },
      }),
    });
    closers.push(() => stack.close());
    const api = await startApi(page, `${stack.services.provider.issuer}/userinfo`);
    closers.push(() => api.close());
    closers.push(await serve(port, stack.origin, api));
    return { instructions: [`The app: ${page}/`, 'Ctrl-C ends it.'], page, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Serves the app with Vite, as `vite dev` would; gives what ends it. */
async function serve(port: number, tokenkeep: string, api: Api): Promise<() => Promise<void>> {
  const vite = await createServer({
    configFile: false,
    root: fileURLToPath(new URL('./web/', import.meta.url)),
    logLevel: 'warn',
    server: {
      port,
      strictPort: true,
      host: 'localhost',
      fs: { allow: [fileURLToPath(new URL('../../', import.meta.url))] },
    },
    define: {
      'import.meta.env.VITE_TOKENKEEP': JSON.stringify(tokenkeep),
      'import.meta.env.VITE_API': JSON.stringify(api.origin),
    },
  });
  await vite.listen();
  return () => vite.close();
}
