import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';

/** What the server of the Functions library will answer on, by invocation. */
const answers = new Map<string, ServerResponse>();

/**
 * With HTTP streaming the Functions host passes each request on to a server that the library has in this process. The
 * library tells a function neither that its client went away nor that it reads slowly, and writes a body as fast as it
 * comes, into memory. So its answers are noted here as Node.js tells of them:
 * https://nodejs.org/api/diagnostics_channel.html#http
 */
export function noteAnswers(): void {
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const id = request.headers['x-ms-invocation-id'];
    if (typeof id !== 'string') return;
    answers.set(id, response);
    response.once('close', () => answers.delete(id));
  });
}

/**
 * Runs a handler whose bodies pass piece by piece. The request's signal aborts when its client goes away before it has
 * the whole answer. The library keeps one value of each header, and encodes the values of cookies anew, so cookies are
 * put where it leaves them alone.
 */
export async function streamed(
  { url, method, headers: sent, body: upload }: HttpRequest,
  invocationId: string,
  handler: (request: Request) => Promise<Response>,
): Promise<HttpResponseInit> {
  const answer = answers.get(invocationId);
  const gone = new AbortController();
  if (answer === undefined) gone.abort();
  answer?.once('close', () => answer.writableFinished || gone.abort());
  const init = { method, headers: sent, body: upload, duplex: 'half', signal: gone.signal };
  const { status, headers, body } = await handler(new Request(url, init as RequestInit));

  const cookies = headers.getSetCookie();
  if (cookies.length > 0 && !answer?.destroyed) answer?.setHeader('set-cookie', cookies);
  return {
    status,
    headers: Object.fromEntries([...headers].filter(([name]) => name !== 'set-cookie')),
    ...(body && answer ? { body: paced(body, answer) } : {}),
  };
}

/**
 * The body at the pace at which the answer takes it. If it breaks off so does the answer, which would never end
 * otherwise; if the answer does, there is nobody left to tell.
 */
function paced(body: ReadableStream<Uint8Array>, answer: ServerResponse): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        await drained(answer);
        const piece = await reader.read().catch((error: unknown) => ({ error }));
        if (answer.destroyed) {
          controller.close();
          await reader.cancel().catch(() => {});
        } else if ('error' in piece) {
          answer.destroy();
          controller.error(piece.error);
        } else if (piece.done) {
          controller.close();
        } else {
          controller.enqueue(piece.value);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** Resolves when there is room for more, or nobody left to read it. */
async function drained(answer: ServerResponse): Promise<void> {
  if (!answer.writableNeedDrain || answer.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  answer.once('drain', resolve).once('close', resolve);
  await promise;
  answer.off('drain', resolve).off('close', resolve);
}
