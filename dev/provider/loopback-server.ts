import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface LoopbackServer {
  port: number;
  close(): Promise<void>;
}

const farewellMilliseconds = 1000;

/**
 * Serves plain http on 127.0.0.1 alone. Port 0 means any free one. Rejects when the port is taken.
 *
 * `close` cuts open connections politely: it hangs up first and waits, for a second at most, until the other ends have
 * noticed. A client in this very process would otherwise send its next request down a pooled connection that is dead.
 */
export async function listenOnLoopback(port: number, answer: RequestListener): Promise<LoopbackServer> {
  const server = createServer(answer);
  const sockets = new Map<Socket, Promise<unknown>>();
  server.on('connection', (socket) => {
    const closed = new Promise((resolve) => socket.once('close', resolve));
    sockets.set(socket, closed);
    closed.then(() => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port');

  const close = async () => {
    const enough = new AbortController();
    for (const socket of sockets.keys()) socket.end();
    const noticed = Promise.all(sockets.values());
    await Promise.race([noticed, pause(farewellMilliseconds, undefined, { signal: enough.signal })]);
    enough.abort();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return { port: address.port, close };
}
