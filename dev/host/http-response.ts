import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpCookie, HttpData, TypedData } from './rpc.ts';

/** Headers that the server of the host sets itself. */
const ownHeaders: ReadonlySet<string> = new Set(['connection', 'transfer-encoding', 'keep-alive', 'content-length']);

/**
 * Sends what a function returned; nothing returned is 204 No Content.
 *
 * @param data the `http` value of the function's response.
 */
export function sendResponse(request: IncomingMessage, response: ServerResponse, data: HttpData | undefined): void {
  if (data === undefined) {
    response.writeHead(204).end();
    return;
  }
  const status = Number(data.statusCode ?? 200);
  const body = toBytes(data.body);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(data.headers ?? {})) {
    if (!ownHeaders.has(name)) headers[name] = value;
  }
  const cookies = (data.cookies ?? []).map(toSetCookie);
  if (cookies.length > 0) headers['set-cookie'] = [headers['set-cookie'] ?? [], cookies].flat();
  if (request.method === 'HEAD') {
    headers['content-length'] = data.headers?.['content-length'] ?? String(body.length);
    response.writeHead(status, headers).end();
  } else if (status === 204 || status === 205 || status === 304) {
    response.writeHead(status, headers).end();
  } else {
    headers['content-length'] = String(body.length);
    response.writeHead(status, headers);
    // Text of one byte a character leaves with the headers in one write, which costs a third of the two that a buffer needs.
    if (body.length <= smallBody)
      response.end(Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1'), 'latin1');
    else response.end(body);
  }
}

/** Bytes; larger bodies are not worth a copy. */
const smallBody = 64 * 1024;

function toBytes(data: TypedData | null | undefined): Uint8Array {
  return data?.bytes ?? Buffer.from(data?.string ?? data?.json ?? '');
}

const sameSite = { none: undefined, lax: 'lax', strict: 'strict', explicitNone: 'none' } as const;

/**
 * One Set-Cookie line in the form of ASP.NET Core: names of attributes in small letters, path `/` unless another is
 * given, the value percent-encoded.
 * Source: https://github.com/Azure/azure-functions-host (`RpcHttpCookieConverter`) and `SetCookieHeaderValue.ToString`
 */
export function toSetCookie(cookie: HttpCookie): string {
  const seconds = cookie.expires?.value?.seconds;
  const maxAge = cookie.maxAge?.value;
  const site = sameSite[cookie.sameSite ?? 'none'];
  const attributes = [
    `${cookie.name ?? ''}=${escapeDataString(cookie.value ?? '')}`,
    typeof seconds === 'number' && `expires=${new Date(seconds * 1000).toUTCString()}`,
    typeof maxAge === 'number' && `max-age=${Math.trunc(maxAge)}`,
    cookie.domain?.value && `domain=${cookie.domain.value}`,
    `path=${cookie.path?.value ?? '/'}`,
    cookie.secure?.value && 'secure',
    site !== undefined && `samesite=${site}`,
    cookie.httpOnly?.value && 'httponly',
  ];
  return attributes.filter(Boolean).join('; ');
}

/** .NET's `Uri.EscapeDataString`: encodeURIComponent, and the five marks that it spares. */
function escapeDataString(text: string): string {
  const hex = (mark: string) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, hex);
}
