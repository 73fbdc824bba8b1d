import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** A server that listens on 127.0.0.1. */
export interface LoopbackServer {
  readonly port: number;
  close(): Promise<void>;
}

const farewellMilliseconds = 1000;

/**
 * Makes `server` listen on 127.0.0.1 and nowhere else, for what it serves must not leave the machine. Port 0 means any
 * free one. Rejects with the system's error when the port is taken.
 *
 * `close` cuts open connections politely: it hangs up first and waits, for a second at most, until the other ends have
 * noticed. A client in this very process would otherwise send its next request down a pooled connection that is dead.
 */
export async function listenOnLoopback(server: Server, port: number): Promise<LoopbackServer> {
  const sockets = new Map<Socket, Promise<unknown>>();
  server.on('connection', (socket) => {
    const closed = new Promise((resolve) => socket.once('close', resolve));
    sockets.set(socket, closed);
    closed.then(() => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');

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
  return { port: (server.address() as AddressInfo).port, close };
}
