import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Api {
  readonly origin: string;
  close(): Promise<void>;
}

/**
 * An API that pages of `page` may call with an access token, whose user the identity provider tells it at `userinfo`
 * (OpenID Connect Core section 5.3). It knows nothing of Tokenkeep.
 */
export async function startApi(page: string, userinfo: string): Promise<Api> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(502).end());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('access-control-allow-origin', page);
    if (request.method === 'OPTIONS') {
      response.setHeader('access-control-allow-headers', 'authorization');
      return void response.writeHead(204).end();
    }
    const authorization = request.headers.authorization ?? '';
    const asked = await fetch(userinfo, { headers: { authorization }, signal: AbortSignal.timeout(10_000) });
    if (!asked.ok) return void response.writeHead(401).end();
    const { sub, name } = (await asked.json()) as { sub: string; name: string };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ sub, name }));
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
