import { once } from 'node:events';
import { Agent, createServer, type IncomingHttpHeaders, type IncomingMessage, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { listenOnLoopback } from '../dev/loopback-server.ts';
import type { Fault } from './plan.ts';

/** A request that has gone by, and what became of it. Times in milliseconds since 1970. */
export interface Passage {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly body: Buffer;
  readonly at: number;
  /** When the service's answer was here; absent where none came. */
  readonly answeredAt?: number;
  /** Of the service's own answer. */
  readonly status?: number;
  /** Whether that answer went out to the client as a whole. */
  readonly delivered: boolean;
}

export interface FaultProxy {
  readonly port: number;
  /** In force now. */
  fault: Fault | undefined;
  close(): Promise<void>;
}

export interface ProxyOptions {
  /** Where the service answers, for example `http://127.0.0.1:10000`. */
  readonly service: string;
  /** From 0 to 1: decides whom the fault meets. */
  readonly fraction: () => number;
  /** Told of every request that was handed on. */
  readonly observe?: (passage: Passage) => void;
  /** Changes answers before they go out; given the proxy's own port. */
  readonly rewrite?: (body: string, port: number) => string;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Stands between one host and one service, hands requests on whole, and lets faults meet them. */
export async function startFaultProxy(options: ProxyOptions): Promise<FaultProxy> {
  const { service, fraction, observe, rewrite } = options;
  // A kept connection may be closed by the service just as a request goes out: a fault that nobody has planned.
  const agent = new Agent({ keepAlive: false });
  const proxy = { port: 0, fault: undefined as Fault | undefined };

  const server = createServer(async (incoming, outgoing) => {
    const { socket } = incoming;
    const cut = () => socket.destroy();
    const fault = proxy.fault && fraction() < proxy.fault.share ? proxy.fault : undefined;
    const body = await buffer(incoming).catch(cut);
    if (!Buffer.isBuffer(body)) return;
    if (fault?.kind === 'unsent') return cut();
    if (fault?.kind === 'refused') {
      const { retryAfter } = fault;
      return outgoing.writeHead(503, retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }).end();
    }
    if (fault?.kind === 'delayed') await pause(fraction() * (fault.milliseconds ?? 0));
    if (socket.destroyed) return;

    const passage = { method: incoming.method ?? '', target: incoming.url ?? '', body, at: Date.now() };
    const answer = await forwarded(incoming, body).catch(() => undefined);
    const answered = answer ? { answeredAt: Date.now(), status: answer.status } : {};
    const seen = (delivered: boolean) => observe?.({ ...passage, ...answered, delivered });
    if (!answer || fault?.kind === 'unanswered' || socket.destroyed) {
      cut();
      return seen(false);
    }
    outgoing.once('close', () => seen(outgoing.writableFinished));
    const sent = rewrite ? Buffer.from(rewrite(answer.body.toString(), proxy.port)) : answer.body;
    // An answer without a body may state the length of the one that it would have had.
    const length = sent.length > 0 ? String(sent.length) : answer.headers['content-length'];
    const stated = length === undefined ? {} : { 'content-length': length };
    return outgoing.writeHead(answer.status, { ...endToEnd(answer.headers), ...stated }).end(sent);
  });

  async function forwarded({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
    const length = body.length > 0 || method === 'PUT' || method === 'POST' ? { 'content-length': body.length } : {};
    const onward = send(`${service}${url}`, { method, agent, headers: { ...endToEnd(headers), ...length } });
    onward.end(body);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) };
  }

  const { port, close } = await listenOnLoopback(server, 0);
  return Object.assign(proxy, {
    port,
    async close() {
      await close();
      agent.destroy();
    },
  });
}

/** Without what belongs to one connection (RFC 9110 section 7.6.1), and the length, which is stated anew. */
function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection, 'keep-alive': _, 'transfer-encoding': __, 'content-length': ___, ...others } = headers;
  return others;
}
