import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { answerOf, send } from './streams.ts';

/** The app that the gateway stands in front of. */
export interface Upstream {
  /** Scheme, host and port. */
  readonly origin: string;
  /** What is put before every path: empty, or `/` and more without a slash at the end. */
  readonly basePath: string;
}

/** A request to the upstream. */
export interface Outgoing {
  readonly method: string;
  /** Path and query, beginning with `/`; sent as they are. */
  readonly target: string;
  readonly headers: Headers;
  /** In bytes as they are to be sent. */
  readonly body: ReadableStream<Uint8Array> | null;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/**
 * Sends a request to the upstream and gives its answer as soon as the headers are there; the bytes of both bodies pass
 * as they come, as fast as the slower side takes them. Throws `upstream_unavailable`, `upstream_timeout`, and
 * `request_malformed` where the request itself broke off.
 */
export type Forward = (outgoing: Outgoing) => Promise<Response>;

/** In milliseconds. */
export interface TimeLimits {
  /** Until there is a connection, encrypted where it is to be. */
  readonly connect: number;
  /** Without a byte in either direction, the wait for the headers included. */
  readonly idle: number;
  /** From the beginning to the last byte. */
  readonly whole: number;
}

/**
 * Azure ends a request that is silent for 230 s (https://learn.microsoft.com/azure/azure-functions/functions-scale#timeout),
 * and a process whose function runs longer than `functionTimeout` of host.json, with everything that it is doing.
 */
export const timeLimits: TimeLimits = { connect: 10_000, idle: 220_000, whole: 285_000 };

/**
 * Forwards over node:http and node:https rather than fetch, which decompresses bodies, limits headers and has opinions
 * on both. Connections are kept and used again. There is no limit on the size of a body, the one exception to the rule
 * that every outbound call has one: nothing of a body is kept.
 */
export function createForward({ origin, basePath }: Upstream, limits: TimeLimits = timeLimits): Forward {
  const url = new URL(origin);
  const isHttps = url.protocol === 'https:';
  const agent = isHttps ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const open = isHttps ? httpsRequest : httpRequest;

  return function forward(outgoing): Promise<Response> {
    const { method, target, body, signal } = outgoing;
    return new Promise((resolve, reject) => {
      // The connection goes to the origin whatever the target says: no address is ever made of the two.
      const path = basePath + target;
      const request = open(url, { agent, method, path, headers: Object.fromEntries(outgoing.headers), signal });
      const late = (what: string) => request.destroy(new TokenkeepError('upstream_timeout', { detail: what }));
      const whole = setTimeout(() => late('its answer takes too long'), limits.whole);
      request.setTimeout(limits.idle, () => late('it was silent for too long'));
      request.once('socket', (socket: Socket) => {
        if (!socket.connecting) return;
        const connect = setTimeout(() => late('there was no connection in time'), limits.connect);
        socket.once(isHttps ? 'secureConnect' : 'connect', () => clearTimeout(connect));
        socket.once('close', () => clearTimeout(connect));
      });
      let isAnswered = false;
      request.once('response', (message: IncomingMessage) => {
        isAnswered = true;
        try {
          resolve(answerOf(message, method));
        } catch (cause) {
          message.destroy();
          reject(new TokenkeepError('upstream_unavailable', { detail: 'its answer cannot be passed on', cause }));
        }
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (isAnswered) return;
        // The upstream may close a connection just when it is used again: https://nodejs.org/api/http.html#requestreusedsocket
        const isStale = request.reusedSocket && error.code === 'ECONNRESET' && body === null && isRepeatable(method);
        if (isStale) resolve(forward(outgoing));
        else reject(failure(error, signal));
      });
      request.once('close', () => {
        clearTimeout(whole);
        // Without an answer and without an error, as where the upstream changes the protocol.
        reject(failure(new Error('closed'), signal));
      });
      if (body === null) request.end();
      else send(body, request);
    });
  };
}

/** RFC 9110 section 9.2.1. */
function isRepeatable(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

function failure(cause: Error, { aborted }: AbortSignal): TokenkeepError {
  if (cause instanceof TokenkeepError) return cause;
  if (aborted) return new TokenkeepError('request_malformed', { detail: 'the client went away', cause });
  return new TokenkeepError('upstream_unavailable', { cause });
}
