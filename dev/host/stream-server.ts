import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Agent, Server, type ServerResponse } from 'node:http';
import { portOf } from './listen.ts';

/** The HTTP server that `@azure/functions` opens in this process for an app that turns on HTTP streaming. */
export interface StreamServer {
  /** Where it answers: the capability `HttpUri`. */
  readonly uri: URL;
  /** Keeps connections to it. */
  readonly agent: Agent;
  /**
   * Has `start` run once the request that bears this invocation id has arrived, with the response that the library is
   * to give.
   *
   * @returns no longer waits for it.
   */
  expect(invocationId: string, start: (response: ServerResponse) => Promise<void>): () => void;
  /** Resolves when all that was started has ended. */
  settled(): Promise<unknown>;
  close(): Promise<void>;
}

type Capabilities = Record<string, string> | undefined;

/** A request with this header is the one that belongs to the invocation of that id. */
export const invocationIdHeader = 'x-ms-invocation-id';

/**
 * Asks the app for its capabilities; undefined when they have no `HttpUri`, which is to say no HTTP streaming.
 *
 * The library hands out the address of its server and nothing to end it with, so the server is caught as it begins to
 * listen. It listens on all interfaces; connections from other machines are cut here, and requests that this host did
 * not send get no answer.
 * Source: https://nodejs.org/api/diagnostics_channel.html#net
 */
export async function openStreamServer(
  getCapabilities: () => Capabilities | Promise<Capabilities>,
): Promise<StreamServer | undefined> {
  const [capabilities, servers] = await listening(getCapabilities);
  if (capabilities?.HttpUri === undefined) return undefined;
  const uri = new URL(capabilities.HttpUri);
  const server = servers.find((each) => portOf(each) === Number(uri.port));
  if (server === undefined) throw new Error(`No server of this process answers at the app's HttpUri ${uri}.`);

  const expected = new Map<string, (response: ServerResponse) => Promise<void>>();
  const running = new Set<Promise<void>>();
  server.on('connection', (socket) => {
    if (!/^(::1|(::ffff:)?127\..*)$/.test(socket.remoteAddress ?? '')) socket.destroy();
  });
  server.on('request', (request, response) => {
    const start = expected.get(String(request.headers[invocationIdHeader]));
    if (start === undefined) return response.destroy();
    const run = start(response).finally(() => running.delete(run));
    running.add(run);
  });

  const agent = new Agent({ keepAlive: true });
  return {
    uri,
    agent,
    expect(invocationId, start) {
      expected.set(invocationId, start);
      return () => expected.delete(invocationId);
    },
    settled: () => Promise.all(running),
    close() {
      agent.destroy();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

/** What `step` gives, and the HTTP servers that began to listen meanwhile. */
async function listening<T>(step: () => T | Promise<T>): Promise<[T, Server[]]> {
  const channel = 'tracing:net.server.listen:asyncStart';
  const servers: Server[] = [];
  const onListen = (message: unknown) => {
    const { server } = message as { server: unknown };
    if (server instanceof Server) servers.push(server);
  };
  subscribe(channel, onListen);
  try {
    return [await step(), servers];
  } finally {
    unsubscribe(channel, onListen);
  }
}
