import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startNginx } from '../../dev/nginx.ts';
import { freePort } from '../../dev/ports.ts';
import { programPath } from '../../dev/program-path.ts';
import { exampleStack, type RunningExample } from '../example.ts';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Paths of the site that need no sign-in. */
const open = ['/', '/index.html'];

/** nginx with the configuration of the guide, a site of files behind it, and Tokenkeep beside that. */
export async function start(): Promise<RunningExample & { readonly origin: string }> {
  const program = programPath('nginx');
  if (program === undefined) throw new Error('This example needs nginx, which is not installed on this machine.');
  const front = await freePort();
  const [site, origin] = [front + 1, `http://127.0.0.1:${front}`];
  const stack = await exampleStack({
    publicOrigin: origin,
    authJson: (document) => ({ ...document, globalValidation: { excludedPaths: open } }),
  });
  try {
    const nginx = await startNginx(program, sites(front, new URL(stack.origin).port, site), front);
    return {
      instructions: [`The site: ${origin}/`, 'Ctrl-C ends it.'],
      origin,
      async close() {
        await nginx.close();
        await stack.close();
      },
    };
  } catch (error) {
    await stack.close();
    throw error;
  }
}

/** The guide's file with the addresses of this machine, and the site that it guards. */
function sites(front: number, tokenkeep: string, site: number): string {
  const guide = readFileSync(path('../../docs/guides/proxies/nginx.conf'), 'utf8')
    .replaceAll('127.0.0.1:8000', `127.0.0.1:${front}`)
    .replaceAll('127.0.0.1:7071', `127.0.0.1:${tokenkeep}`)
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${site}`)
    .replaceAll('contoso', 'demo')
    .replaceAll('CONTOSO', 'DEMO');
  return `${guide}
types { text/html html; }
server {
  listen 127.0.0.1:${site};
  root ${path('./site')};
  absolute_redirect off;
}`;
}
