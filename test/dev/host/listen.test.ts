import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { listen } from '../../../dev/host/listen.ts';

const hasIpv6 = networkInterfaces().lo?.some(({ family }) => family === 'IPv6') ?? false;
const hello: RequestListener = (_request, response) => response.end('hello');

describe('listen', () => {
  test.runIf(hasIpv6)('localhost is both loopback addresses on one port', async () => {
    const server = await listen(0, 'localhost', hello);
    for (const address of ['127.0.0.1', '[::1]']) {
      expect(await (await fetch(`http://${address}:${server.port}/`)).text()).toBe('hello');
    }
    await server.close(0);
    await expect(fetch(`http://127.0.0.1:${server.port}/`)).rejects.toThrow();
    await expect(fetch(`http://[::1]:${server.port}/`)).rejects.toThrow();
  });

  test('127.0.0.1 is that address alone', async () => {
    const server = await listen(0, '127.0.0.1', hello);
    expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe('hello');
    await expect(fetch(`http://[::1]:${server.port}/`)).rejects.toThrow();
    await server.close(0);
  });

  test.each(['0.0.0.0', '::', 'example.org', 'toString'])('refuses to serve %s', async (hostname) => {
    await expect(listen(0, hostname, hello)).rejects.toThrow(
      `The function host serves localhost only, not "${hostname}".`,
    );
  });

  test.each(hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'])(
    'a port in use on %s is one clear sentence',
    async (address) => {
      const other = createServer().listen(0, address);
      await once(other, 'listening');
      const place = other.address();
      const port = typeof place === 'object' && place !== null ? place.port : 0;
      await expect(listen(port, 'localhost', hello)).rejects.toThrow(
        `Port ${port} is in use: stop the other program or set PORT.`,
      );
      // What was opened on the other address is closed again.
      if (address === '::1') await (await listen(port, '127.0.0.1', hello)).close(0);
      other.close();
    },
  );

  test('close waits for a request under way, and cuts it after the grace', async () => {
    const began = Promise.withResolvers<() => void>();
    const server = await listen(0, '127.0.0.1', (_request, response) => began.resolve(() => response.end('done')));
    const answer = fetch(`http://127.0.0.1:${server.port}/`).then((response) => response.text());
    const end = await began.promise;
    const closed = server.close(20_000);
    end();
    expect(await answer).toBe('done');
    await closed;

    const second = await listen(0, '127.0.0.1', () => {});
    const socket = connect(second.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'connect');
    const cut = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve));
    await second.close(0);
    await cut;
  });
});
