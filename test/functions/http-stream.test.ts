import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { HttpRequest, HttpResponse } from '@azure/functions';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LoopbackServer, listenOnLoopback } from '../../dev/loopback-server.ts';
import { noteAnswers, streamed } from '../../functions/http-stream.ts';

type Handler = (request: Request) => Promise<Response>;

const id = '11111111-2222-3333-4444-555555555555';
let server: LoopbackServer;
let handler: Handler;
/** Of the latest request. */
let answer: ServerResponse;
let sent: Promise<void>;
beforeAll(async () => {
  noteAnswers();
  const library = createServer((_, response) => {
    answer = response;
    sent = sendAsLibrary(response);
    sent.catch(() => {});
  });
  server = await listenOnLoopback(library, 0);
});
beforeEach(() => {
  handler = async () => new Response('ok');
});
afterAll(() => server.close());

/** What `@azure/functions` does with a response: https://github.com/Azure/azure-functions-nodejs-library, `src/http/httpProxy.ts` */
async function sendAsLibrary(proxied: ServerResponse): Promise<void> {
  const asked = new HttpRequest({ method: 'GET', url: 'http://localhost/' });
  const { headers, status, body } = new HttpResponse(await streamed(asked, id, (one) => handler(one)));
  for (const [name, value] of headers) proxied.setHeader(name, value);
  proxied.statusCode = status;
  for await (const chunk of body?.values() ?? []) proxied.write(chunk);
  proxied.end();
}

const open = () =>
  request(`http://127.0.0.1:${server.port}/`, { agent: false, headers: { 'x-ms-invocation-id': id } }).end();

async function answered(): Promise<IncomingMessage> {
  const [message] = (await once(open(), 'response')) as [IncomingMessage];
  return message;
}

/** A body without end, and how often more of it was asked for. */
function endless() {
  const seen = { pieces: 0, isCancelled: false };
  const body = new ReadableStream(
    {
      async pull(controller) {
        await turn();
        seen.pieces += 1;
        controller.enqueue(new Uint8Array(64 * 1024));
      },
      cancel() {
        seen.isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, seen };
}

describe('an answer by HTTP streaming', () => {
  it('has its status, its headers, and each cookie as it is', async () => {
    const lines = ['a=%7E+/==; Partitioned', 'b="x y"'];
    handler = async () => {
      const headers = new Headers([...lines.map((line): [string, string] => ['set-cookie', line]), ['x-own', 'own']]);
      return new Response('ok', { status: 201, headers });
    };
    const message = await answered();
    expect(message.statusCode).toBe(201);
    expect(message.headers).toMatchObject({ 'set-cookie': lines, 'x-own': 'own' });
    expect(await text(message)).toBe('ok');
  });

  it('is asked for no more than the client takes', async () => {
    const { body, seen } = endless();
    handler = async () => new Response(body);
    const message = await answered();
    while (!answer.writableNeedDrain) await turn();
    // The kernel takes some more before nothing moves.
    for (let before = -1; before !== seen.pieces; ) {
      before = seen.pieces;
      for (let turns = 0; turns < 200; turns += 1) await turn();
      expect(seen.pieces * 64 * 1024).toBeLessThan(64 * 1024 * 1024);
    }
    message.destroy();
    await sent;
  });

  it('that breaks off is cut, for the library would leave the client waiting', async () => {
    let fail: () => void = () => {};
    handler = async () => {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new Uint8Array(1));
          fail = () => controller.error(new Error('broken'));
        },
      });
      return new Response(body);
    };
    const message = await answered();
    fail();
    await expect(text(message)).rejects.toThrow();
    await expect(sent).rejects.toThrow('broken');
  });
});

describe('a client that goes away', () => {
  it('aborts the signal of its request', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const begun = new Promise<AbortSignal>((begin) => {
      handler = async ({ signal }) => {
        begin(signal);
        await promise;
        return new Response('ok');
      };
    });
    const asking = open().on('error', () => {});
    const signal = await begun;
    expect(signal.aborted).toBe(false);
    asking.destroy();
    await once(signal, 'abort');
    resolve();
    await sent;
  });

  it('ends the body, without an error that nobody made', async () => {
    const { body, seen } = endless();
    handler = async () => new Response(body);
    const message = await answered();
    message.destroy();
    await sent;
    expect(seen.isCancelled).toBe(true);
  });

  it('is none once it has the whole answer', async () => {
    let signal: AbortSignal | undefined;
    handler = async (one) => {
      ({ signal } = one);
      return new Response('ok');
    };
    const message = await answered();
    expect(await text(message)).toBe('ok');
    if (!answer.destroyed) await once(answer, 'close');
    expect(signal?.aborted).toBe(false);
  });
});
