import type { IncomingMessage } from 'node:http';
import type { RouteParameters } from './route-template.ts';
import type { HttpData, NullableStrings } from './rpc.ts';

/** The target of a request line, cut at the question mark; `query` is without it. */
export interface Target {
  path: string;
  query: string;
}

export function targetOf(request: IncomingMessage): Target {
  let target = request.url ?? '/';
  if (!target.startsWith('/')) {
    const absolute = URL.parse(target);
    target = absolute === null ? `/${target}` : absolute.pathname + absolute.search;
  }
  const mark = target.indexOf('?');
  return mark === -1 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** What the client calls this host. */
export const authorityOf = (request: IncomingMessage) =>
  request.headers.host ?? `localhost:${request.socket.localPort}`;

/**
 * A request as the host hands it to the worker: dictionaries of nullable strings, header names in lower case, repeated
 * headers and query parameters joined with a comma, names of query parameters compared without case.
 * Source: https://github.com/Azure/azure-functions-host (`GrpcMessageConversionExtensions.ToRpcHttp`)
 */
export function toHttpData(
  request: IncomingMessage,
  target: Target,
  parameters: RouteParameters,
  body: Uint8Array | undefined,
): HttpData {
  const query = target.query === '' ? '' : `?${target.query}`;
  const data: HttpData = {
    method: request.method ?? 'GET',
    url: `http://${authorityOf(request)}${target.path}${query}`,
    nullableHeaders: headersOf(request.rawHeaders),
    nullableParams: dictionary(Object.entries(parameters)),
    nullableQuery: queryOf(target.query),
  };
  if (body !== undefined) data.body = { bytes: body };
  return data;
}

/** Without a prototype, for a client chooses the names. */
const emptyDictionary = (): NullableStrings => Object.create(null);

function dictionary(entries: readonly [string, string][]): NullableStrings {
  const all = emptyDictionary();
  for (const [name, value] of entries) all[name] = { value };
  return all;
}

function headersOf(raw: readonly string[]): NullableStrings {
  const all = emptyDictionary();
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]?.toLowerCase() ?? '';
    const before = all[name];
    const value = raw[index + 1] ?? '';
    all[name] = { value: before === undefined ? value : `${before.value},${value}` };
  }
  return all;
}

function queryOf(query: string): NullableStrings {
  const all = emptyDictionary();
  if (query === '') return all;
  const names = new Map<string, string>();
  for (const [given, value] of new URLSearchParams(query)) {
    const name = names.get(given.toLowerCase()) ?? given;
    names.set(given.toLowerCase(), name);
    const before = all[name];
    all[name] = { value: before === undefined ? value : `${before.value},${value}` };
  }
  return all;
}

/**
 * Reads the whole body; undefined when there is none.
 *
 * @param limit bytes.
 * @throws BodyTooLarge beyond `limit`, and the system's error when the client goes away.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const { 'content-length': announced, 'transfer-encoding': encoding } = request.headers;
  if (encoding === undefined && (announced === undefined || announced === '0')) return undefined;
  if (Number(announced ?? 0) > limit) throw new BodyTooLarge();
  const chunks: Buffer[] = [];
  for await (const chunk of limitedBody(request, limit)) chunks.push(chunk);
  return chunks.length === 0 ? undefined : Buffer.concat(chunks);
}

/** The body as it comes in; the request is left open when the reader stops. `limit` and errors as for `readBody`. */
export async function* limitedBody(request: IncomingMessage, limit: number): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) throw new BodyTooLarge();
    yield chunk;
  }
}

export class BodyTooLarge extends Error {}
