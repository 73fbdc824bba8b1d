import type { ClientRequest, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';

/** Statuses whose answers have no body, and of which a Response may have none (https://fetch.spec.whatwg.org/#null-body-status). */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Sends a body, never faster than it is taken, and ends the request. A body that breaks off ends it too. Where the other
 * side hangs up first the rest of the body is left unread: to cancel it would cut the connection that the answer needs.
 */
export function send(body: ReadableStream<Uint8Array>, request: ClientRequest): void {
  if (!request.hasHeader('content-length')) request.setHeader('transfer-encoding', 'chunked');
  const source = Readable.fromWeb(body as NodeReadableStream<Uint8Array>);
  source.once('error', (cause) => {
    request.destroy(new TokenkeepError('request_malformed', { detail: 'the body broke off', cause }));
  });
  source.pipe(request);
}

/** An answer whose body passes piece by piece; if it breaks off, so does the Response's. */
export function answerOf(message: IncomingMessage, method: string): Response {
  const status = message.statusCode ?? 0;
  const headers = new Headers();
  for (let at = 0; at < message.rawHeaders.length; at += 2) {
    headers.append(message.rawHeaders[at] ?? '', message.rawHeaders[at + 1] ?? '');
  }
  const hasBody = method !== 'HEAD' && !bodiless.has(status);
  if (!hasBody) message.resume();
  return new Response(hasBody ? bodyOf(message) : null, { status, headers });
}

function bodyOf(message: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks = message[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => void message.destroy(),
    },
    { highWaterMark: 0 },
  );
}
