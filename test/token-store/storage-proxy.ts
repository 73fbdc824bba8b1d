import { createServer, type IncomingMessage, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that the storage service was sent. */
export interface SeenRequest {
  readonly method: string;
  /** The name of the storage account, which at its secondary endpoint ends in `-secondary`. */
  readonly account: string;
  /** Path and query without the signature's parameters: `/container/blob?comp=lease`. */
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  /** Of the answer; undefined while there is none. */
  status?: number;
  /** Bytes of the answer's body. */
  bytes: number;
}

/** What a proxy does to a request in place of handing it on unchanged. */
export type Fault =
  | { readonly status: number; readonly code: string }
  /** The connection ends: before the service has seen the request, or after it has answered. */
  | 'unsent'
  | 'unanswered'
  /** No answer comes, and the connection stays open. */
  | 'silence';

export interface StorageProxy {
  /** The address of the same blob or container by way of the proxy. */
  through(url: string): string;
  readonly requests: SeenRequest[];
  /** Asked for every request. */
  fault: (request: SeenRequest) => Fault | undefined;
  /** Names a page of a listing has at most, instead of what was asked for. */
  pageSize?: number;
  close(): Promise<void>;
}

/** Stands between a storage client and the service, and counts. */
export async function startStorageProxy(): Promise<StorageProxy> {
  let service = '';
  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '', service);
    if (proxy.pageSize !== undefined && url.searchParams.has('maxresults')) {
      url.searchParams.set('maxresults', String(proxy.pageSize));
    }
    const seen: SeenRequest = {
      method: incoming.method ?? '',
      account: url.pathname.split('/')[1] ?? '',
      target: plain(url),
      headers: incoming.headers,
      bytes: 0,
    };
    proxy.requests.push(seen);
    const fault = proxy.fault(seen);
    if (fault === 'unsent') return void incoming.socket.destroy();
    if (fault === 'silence') return void incoming.resume();
    if (typeof fault === 'object') {
      seen.status = fault.status;
      incoming.resume();
      outgoing.writeHead(fault.status, { 'x-ms-error-code': fault.code, 'content-type': 'application/xml' });
      return void outgoing.end(`<?xml version="1.0"?><Error><Code>${fault.code}</Code><Message>-</Message></Error>`);
    }
    const onward = send(url, { method: incoming.method, headers: incoming.headers }, (answer) => {
      seen.status = answer.statusCode ?? 0;
      answer.on('data', (chunk: Buffer) => {
        seen.bytes += chunk.length;
      });
      if (fault === 'unanswered') return void answer.resume().on('end', () => incoming.socket.destroy());
      outgoing.writeHead(seen.status, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => incoming.socket.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;

  const proxy: StorageProxy = {
    through(url) {
      const direct = new URL(url);
      service = direct.origin;
      direct.port = String(port);
      return direct.href;
    },
    requests: [],
    fault: () => undefined,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
  return proxy;
}

/** The account, the signature and what goes with it are left out. */
function plain(url: URL): string {
  const path = url.pathname.replace(/^\/[^/]+/, '');
  const told = ['comp', 'restype', 'prefix', 'marker'].filter((name) => url.searchParams.has(name));
  const query = told.map((name) => `${name}=${url.searchParams.get(name)}`).join('&');
  return query === '' ? path : `${path}?${query}`;
}
