import { expect, vi } from 'vitest';
import { outboundTimeout } from '../../../shared/http/outbound.ts';
import type { Impersonator } from './impersonator.ts';

/**
 * What `call` rejects with, or gives, when this path never answers. The time limit of requests is reached as soon as
 * the request is there, so that no test waits for it.
 */
export async function outcomeOfSilence<T>(
  server: Impersonator,
  path: string,
  call: () => Promise<T>,
): Promise<T | Error> {
  const asked = () => server.received.filter(({ url }) => url.pathname === path).length;
  const limit = new AbortController();
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(limit.signal);
  server.fail(path, 'silence');
  try {
    const before = asked();
    const calling = call().catch((error: Error) => error);
    while (asked() === before) await new Promise(setImmediate);
    limit.abort(new DOMException('too slow', 'TimeoutError'));
    const outcome = await calling;
    expect(timeout).toHaveBeenCalledWith(outboundTimeout);
    return outcome;
  } finally {
    timeout.mockRestore();
  }
}
