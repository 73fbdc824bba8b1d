import { randomUUID } from 'node:crypto';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { connectionFields } from '../../shared/gateway/end-to-end.ts';
import { authorityOf, BodyTooLarge, limitedBody, type Target, toHttpData } from './http-request.ts';
import type { Trigger } from './invoke.ts';
import type { RouteParameters } from './route-template.ts';
import type { NullableStrings } from './rpc.ts';
import { invocationIdHeader, type StreamServer } from './stream-server.ts';

/** A request that a function takes, to be forwarded to the app's own server. */
export interface StreamedRequest {
  request: IncomingMessage;
  response: ServerResponse;
  target: Target;
  parameters: RouteParameters;
  /** Bytes. */
  bodyLimit: number;
  /** Runs the function once. Reports its failure itself, and rejects. */
  invoke(trigger: Omit<Trigger, 'input'>): Promise<unknown>;
  /** Takes a line about the function. */
  warn(line: string): void;
}

/** Milliseconds without a byte in either direction, as the host's own forwarder has it (`DefaultHttpProxyService`). */
const activityTimeout = 240_000;

/**
 * Answers a request as Azure does for an app with HTTP streaming: the request itself goes to the library's server, the
 * invocation goes to the programming model beside it, without a body, and what the library answers goes to the client.
 * Nothing is buffered here, and a side that does not read holds up the side that writes. A client that goes away ends
 * the forwarded request.
 *
 * The limit of a request's body holds here too:
 * https://learn.microsoft.com/azure/azure-functions/node-http-stream#enable-streams
 * Source: https://github.com/Azure/azure-functions-host (`DefaultHttpProxyService`, `GrpcWorkerChannel`)
 *
 * @throws BodyTooLarge; an Error when the library's server does not answer.
 */
export async function forward(server: StreamServer, streamed: StreamedRequest): Promise<void> {
  const { request, response, target, bodyLimit } = streamed;
  if (Number(request.headers['content-length'] ?? 0) > bodyLimit) throw new BodyTooLarge();
  const invocationId = randomUUID();
  const upstream = httpRequest(server.uri, {
    agent: server.agent,
    method: request.method ?? 'GET',
    path: target.path + (target.query === '' ? '' : `?${target.query}`),
    headers: forwardedHeaders(request, server.uri, invocationId),
  });
  const forget = server.expect(invocationId, (pending) => run(streamed, invocationId, pending));
  upstream.setTimeout(activityTimeout, () => upstream.destroy(new Error('The app was silent for too long.')));
  response.once('close', () => {
    if (!response.writableFinished) upstream.destroy();
  });
  // A function may begin before the first byte of a body.
  upstream.flushHeaders();
  const { promise: answered, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  upstream.once('response', resolve).on('error', reject);
  const body = async function* () {
    try {
      yield* limitedBody(request, bodyLimit);
    } catch (error) {
      reject(error);
      throw error;
    }
  };
  // What a client sends after the app has ceased to take it must not hold up its connection.
  pipeline(body, upstream).catch(() => request.resume());
  try {
    const answer = await answered;
    const headers = endToEnd(answer.rawHeaders, answer.headers.connection);
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
    await pipeline(answer, response);
  } finally {
    forget();
    if (!upstream.writableFinished) upstream.destroy();
  }
}

/**
 * Runs the function. The library answers only for one that returns a response: the caller of one that throws would wait
 * for ever, and in Azure does (azure-functions-nodejs-library#324); here it is answered 500.
 */
async function run(streamed: StreamedRequest, invocationId: string, pending: ServerResponse): Promise<void> {
  const { request, target, parameters } = streamed;
  const { nullableHeaders = {}, nullableQuery = {} } = toHttpData(request, target, parameters, undefined);
  const metadata: Trigger['metadata'] = {};
  for (const [name, string] of Object.entries(parameters)) metadata[name] = { string };
  metadata.Headers = { json: toJson(nullableHeaders) };
  metadata.Query = { json: toJson(nullableQuery) };
  const traceParent = nullableHeaders.traceparent?.value ?? undefined;
  const traceState = nullableHeaders.tracestate?.value ?? undefined;
  try {
    await streamed.invoke({ invocationId, metadata, traceParent, traceState });
  } catch {
    // Reported already.
  }
  if (pending.writableEnded || pending.destroyed) return;
  streamed.warn('it ended without a whole response; in Azure its caller would wait until a time-out.');
  if (pending.headersSent) return void pending.destroy();
  for (const name of pending.getHeaderNames()) pending.removeHeader(name);
  pending.writeHead(500, { 'content-length': '0' }).end();
}

function toJson(values: NullableStrings): string {
  return JSON.stringify(Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value])));
}

/** Names and values in turn, without those that are for one connection alone, and without `dropped`. */
function endToEnd(raw: readonly string[], connection: string | undefined, dropped: readonly string[] = []): string[] {
  const unwanted = new Set([...connectionFields(connection), ...dropped]);
  return raw.filter((_, index) => !unwanted.has(raw[index - (index % 2)]?.toLowerCase() ?? ''));
}

/** Instead of what a client sent under the same names; `Expect` was answered here. */
function forwardedHeaders(request: IncomingMessage, uri: URL, invocationId: string): string[] {
  const { connection, 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  const own = {
    host: uri.host,
    [invocationIdHeader]: invocationId,
    'x-forwarded-host': authorityOf(request),
    'x-forwarded-proto': 'http',
    ...(encoding === undefined ? { 'content-length': length } : { 'transfer-encoding': 'chunked' }),
  };
  const dropped = [...Object.keys(own), 'content-length', 'expect'];
  return [...endToEnd(request.rawHeaders, connection, dropped), ...Object.entries(own).flat()];
}
