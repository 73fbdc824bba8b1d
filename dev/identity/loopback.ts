import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A listening server: where it answers, and how to stop it. */
interface Loopback {
  /** For example `http://127.0.0.1:41565`, without a slash at the end. */
  url: string;
  /** Stops listening and drops the connections that are still open. */
  close(): Promise<void>;
}

/**
 * Makes `server` listen on 127.0.0.1 and nowhere else, for what it serves must not leave the machine.
 *
 * @param port 0 takes any free port; `url` then tells which.
 * @throws the system's error when the port is taken.
 */
export async function listenOnLoopback(server: Server, port: number): Promise<Loopback> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}
