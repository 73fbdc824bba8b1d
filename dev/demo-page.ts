import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = new URL('./demo-page/', import.meta.url);

/** The page loads its own three files and talks to its own origin; markup may not be made from text at all. */
const headers = {
  'cache-control': 'no-store',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/**
 * Makes the demo page of the local stack: a handler that answers GET and HEAD of `/` and of the page's own files, and
 * gives false for any other request, which it leaves alone.
 *
 * @throws what esbuild throws where the page's program or style cannot be bundled.
 */
export async function demoPage(): Promise<(request: IncomingMessage, response: ServerResponse) => boolean> {
  const [page, icon, program, style] = await Promise.all([
    readFile(new URL('index.html', folder)),
    readFile(new URL('favicon.svg', folder)),
    bundled('main.ts'),
    bundled('style.css'),
  ]);
  const assets = new Map<string, Asset>([
    ['/', { type: 'text/html; charset=utf-8', body: page }],
    ['/demo.css', { type: 'text/css; charset=utf-8', body: style }],
    ['/demo.js', { type: 'text/javascript; charset=utf-8', body: program }],
    ['/favicon.svg', { type: 'image/svg+xml', body: icon }],
  ]);

  return (request, response) => {
    const asset = assets.get(request.url?.split('?')[0] ?? '');
    if (!asset || (request.method !== 'GET' && request.method !== 'HEAD')) return false;
    response.writeHead(200, { ...headers, 'content-type': asset.type, 'content-length': asset.body.byteLength });
    // To HEAD, node:http sends the headers alone.
    response.end(asset.body);
    return true;
  };
}

interface Asset {
  readonly type: string;
  readonly body: Uint8Array;
}

/** A file of the page's folder with everything that it imports, in memory. */
async function bundled(name: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(name, folder))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    logLevel: 'warning',
  });
  const [output] = outputFiles;
  if (!output) throw new Error(`esbuild gave nothing for ${name}.`);
  return output.contents;
}
