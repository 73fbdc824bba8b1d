import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Note {
  readonly author: string;
  readonly text: string;
}

/** An API of somebody else's, which knows users by their access tokens alone. */
export interface NotesApi {
  readonly url: string;
  readonly notes: readonly Note[];
  close(): Promise<void>;
}

const largestBody = 10_000;

/** `userinfo` is where the identity provider says whose a token is (OpenID Connect Core section 5.3). */
export async function startNotesApi(userinfo: string): Promise<NotesApi> {
  const notes: Note[] = [];
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(500).end());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const authorization = request.headers.authorization ?? '';
    const asked = await fetch(userinfo, { headers: { authorization }, signal: AbortSignal.timeout(10_000) });
    if (!asked.ok) return void response.writeHead(401).end();
    const { sub } = (await asked.json()) as { sub: string };
    const { text } = JSON.parse(await bodyOf(request)) as { text: string };
    notes.push({ author: sub, text });
    response.writeHead(201).end();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notes`,
    notes,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > largestBody) throw new Error('The body is too large.');
  }
  return text;
}
