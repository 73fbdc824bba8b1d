import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { readBody } from './http-request.ts';

const bodyLimit = 1024 * 1024;
const bodySchema = z.object({ input: z.unknown().optional() });

/** Runs the function of that name, case ignored; undefined when there is none that can be run so. */
export type RunByName = (name: string, input: unknown) => Promise<void> | undefined;

/**
 * Answers the host's own paths: `POST /admin/functions/{name}` with `{"input": ...}` runs a timer or queue function and
 * is answered 202 before it has ended; `GET /admin/host/ping` is 200; the rest is 404.
 * Source: https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http
 *
 * The body must be `application/json`, so that no page of another site can send it unasked.
 */
export async function answerAdmin(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  run: RunByName,
): Promise<void> {
  const status = /^\/admin\/host\/ping\/?$/i.test(path) ? 200 : await runFunction(request, path, run);
  response.writeHead(status, { 'content-length': '0' }).end();
}

async function runFunction(request: IncomingMessage, path: string, run: RunByName): Promise<number> {
  const name = /^\/admin\/functions\/([\w-]+)\/?$/i.exec(path)?.[1];
  if (name === undefined || request.method !== 'POST') return 404;
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) return 415;
  const body = bodySchema.safeParse(parse(await readBody(request, bodyLimit)));
  if (!body.success) return 400;
  const running = run(name, body.data.input);
  if (running === undefined) return 404;
  running.catch(() => {});
  return 202;
}

function parse(body: Buffer | undefined): unknown {
  try {
    return JSON.parse(body?.toString() ?? '');
  } catch {
    return undefined;
  }
}
