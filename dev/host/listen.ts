import { createServer, type RequestListener, type Server } from 'node:http';

export interface Listening {
  /** The real port. */
  port: number;
  /** Takes no more connections, waits for those that are served, up to `graceMilliseconds`, and cuts the rest. */
  close(graceMilliseconds: number): Promise<void>;
}

const addresses = new Map([
  // A browser may resolve the name to either (RFC 6761 section 6.3).
  ['localhost', ['127.0.0.1', '::1']],
  ['127.0.0.1', ['127.0.0.1']],
  ['::1', ['::1']],
]);

/** The machine has no IPv6, or not on this interface. */
const unavailable: ReadonlySet<unknown> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL']);

/**
 * Serves HTTP on the loopback interface: `localhost` is 127.0.0.1 and, where there is IPv6, ::1 on the same port.
 *
 * @param port 0 takes a free one.
 * @throws Error in one sentence for a host name that is not loopback, and for a port that is in use.
 */
export async function listen(port: number, hostname: string, listener: RequestListener): Promise<Listening> {
  const [first, second] = addresses.get(hostname) ?? [];
  if (first === undefined) throw new Error(`The function host serves localhost only, not "${hostname}".`);
  for (let attempt = 1; ; attempt += 1) {
    const servers = [await listenOn(port, first, listener)];
    const real = portOf(servers[0]) ?? port;
    try {
      if (second !== undefined) servers.push(await listenOn(real, second, listener));
    } catch (error) {
      if (!unavailable.has(codeOf(error))) {
        await Promise.all(servers.map((server) => close(server, 0)));
        // A port that the system chose for 127.0.0.1 may be taken on ::1.
        if (port === 0 && attempt < 10) continue;
        throw error;
      }
    }
    return {
      port: real,
      close: async (graceMilliseconds) => {
        await Promise.all(servers.map((server) => close(server, graceMilliseconds)));
      },
    };
  }
}

function listenOn(port: number, address: string, listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const sentence = `Port ${port} is in use: stop the other program or set PORT.`;
      reject(codeOf(error) === 'EADDRINUSE' ? new Error(sentence, { cause: error }) : error);
    });
    server.listen(port, address, () => resolve(server));
  });
}

function close(server: Server, graceMilliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    // Kept-alive connections that were busy at the call become idle one by one.
    const sweep = setInterval(() => server.closeIdleConnections(), 20);
    const cut = setTimeout(() => server.closeAllConnections(), graceMilliseconds);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(cut);
      resolve();
    });
  });
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);

/** Undefined while it does not listen. */
export function portOf(server: Server | undefined): number | undefined {
  const address = server?.address();
  return typeof address === 'object' && address !== null ? address.port : undefined;
}
