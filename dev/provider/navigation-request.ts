import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** What a navigation sends: always whole, never streamed. */
export interface NavigationRequest {
  method: string;
  headers: Record<string, string>;
  body: string | null;
  redirect: 'manual';
  signal: AbortSignal;
}

const withoutBody = [204, 205, 304];

/**
 * A single request, as fetch would make it, but with every header as given: Node's fetch replaces `Sec-Fetch-Mode` by
 * `cors`, and servers tell a navigation from a script's call by that very header (W3C Fetch Metadata section 2.2).
 * Opens a connection of its own and follows no redirect. Rejects when the connection fails or the signal aborts.
 */
export async function sendNavigation(
  url: string,
  { method, headers, body, signal }: NavigationRequest,
): Promise<Response> {
  const send = new URL(url).protocol === 'https:' ? requestHttps : requestHttp;
  const request = send(url, { method, headers, signal, agent: false });
  request.end(body ?? undefined);
  const [message]: IncomingMessage[] = await once(request, 'response');
  if (!message) throw new Error('No response');
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const { statusCode: status = 0, rawHeaders } = message;
  const received = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    received.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
  }
  return new Response(withoutBody.includes(status) ? null : Buffer.concat(chunks), { status, headers: received });
}
