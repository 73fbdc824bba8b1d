import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenOnLoopback } from '../../../dev/loopback-server.ts';

/** A request as it came in. */
export interface Received {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  /** The body as it is, and as a form. */
  readonly body: string;
  readonly form: URLSearchParams;
}

/** An answer: an object goes out as JSON, a text as it is; 200 unless said otherwise. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
}

/** How an address shall misbehave instead: with an answer, by cutting the line, or by never answering. */
export type Fault = Answer | 'cut' | 'silence';

/** `GET /path` or `POST /path`, and what it answers. */
export type Routes = Readonly<Record<string, (request: Received) => Answer | Promise<Answer>>>;

/** A small server in place of a vendor's: it behaves as the vendor documents, for each route the test file cites. */
export interface Impersonator {
  /** Without a slash at the end. */
  readonly origin: string;
  /** Every request so far, oldest first. */
  readonly received: Received[];
  /** Meets the next requests to this path: `times` of them, or all until `clear()`. */
  fail(path: string, fault: Fault, times?: number): void;
  /** Ends all faults and forgets what was received. */
  clear(): void;
  close(): Promise<void>;
}

/** Starts a server on a free loopback port. Paths that no route names answer 404. */
export async function startImpersonator(routes: (origin: string) => Routes): Promise<Impersonator> {
  const received: Received[] = [];
  const faults = new Map<string, { readonly fault: Fault; left: number }>();
  let table: Routes = {};
  let origin = '';

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of message) body += chunk;
    const url = new URL(message.url ?? '/', origin);
    const request = {
      method: message.method ?? 'GET',
      url,
      headers: message.headers,
      body,
      form: new URLSearchParams(body),
    };
    received.push(request);
    const failing = faults.get(url.pathname);
    if (failing && failing.left > 0) {
      failing.left -= 1;
      if (failing.fault === 'silence') return;
      if (failing.fault === 'cut') return void message.socket.destroy();
      return send(response, failing.fault);
    }
    const route = table[`${request.method} ${url.pathname}`];
    send(response, route ? await route(request) : { status: 404, body: { error: 'not_found' } });
  }

  const server = createServer((message, response) => {
    answer(message, response).catch((error: unknown) => send(response, { status: 500, body: String(error) }));
  });
  const { port, close } = await listenOnLoopback(server, 0);
  origin = `http://127.0.0.1:${port}`;
  table = routes(origin);
  return {
    origin,
    received,
    close,
    fail: (path, fault, times = Number.POSITIVE_INFINITY) => faults.set(path, { fault, left: times }),
    clear() {
      faults.clear();
      received.length = 0;
    },
  };
}

function send(response: ServerResponse, { status = 200, headers = {}, body = '' }: Answer): void {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json', ...headers });
  response.end(isText ? body : JSON.stringify(body));
}
