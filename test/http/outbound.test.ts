import { afterEach, describe, expect, it, vi } from 'vitest';
import { boundedFetch, outboundLimit, outboundTimeout } from '../../shared/http/outbound.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const url = 'https://issuer.example/x?secret=value';

/** What a call through the bounded fetch gives when the network answers so. */
function answered(answer: (init: RequestInit) => Response | Promise<Response>, init?: RequestInit): Promise<Response> {
  return boundedFetch(async (_input, sent = {}) => answer(sent))(url, init);
}

function body(...chunks: number[]): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      const size = chunks[next++];
      if (size === undefined) controller.close();
      else controller.enqueue(new Uint8Array(size));
    },
  });
}

describe('an answer within the bounds', () => {
  it('arrives with status, headers and body', async () => {
    const headers = { 'content-type': 'application/json', 'retry-after': '5' };
    const response = await answered(() => new Response('{"a":1}', { status: 418, headers }));
    expect(response.status).toBe(418);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await response.json()).toEqual({ a: 1 });
  });

  it.each([204, 205])('may be %i, without a body', async (status) => {
    expect((await answered(() => new Response(null, { status }))).status).toBe(status);
  });

  it('may be as large as the limit', async () => {
    const response = await answered(() => new Response(body(outboundLimit - 1, 1)));
    expect((await response.arrayBuffer()).byteLength).toBe(outboundLimit);
  });
});

describe('an answer is refused', () => {
  it('when it is one byte larger than the limit', async () => {
    const call = answered(() => new Response(body(outboundLimit, 1)));
    await expect(call).rejects.toMatchObject({ code: 'provider_response_invalid' });
  });

  it('when it has no end, and the rest of it is not read', async () => {
    const cancel = vi.fn();
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)), cancel });
    const call = answered(() => new Response(endless));
    await expect(call).rejects.toMatchObject({ code: 'provider_response_invalid' });
    expect(cancel).toHaveBeenCalledOnce();
  });

  it.each([301, 302, 303, 304, 307, 308])('with status %i', async (status) => {
    const redirects = vi.fn(() => new Response(null, { status, headers: { location: 'https://evil.example/' } }));
    await expect(answered(redirects)).rejects.toMatchObject({ code: 'provider_response_invalid' });
    expect(redirects).toHaveBeenCalledOnce();
  });

  it('when the network is asked to follow redirects by itself', async () => {
    let sent: RequestInit = {};
    const network = (init: RequestInit) => {
      sent = init;
      return new Response('ok');
    };
    await answered(network, { redirect: 'follow' });
    expect(sent.redirect).toBe('manual');
  });
});

describe('no answer', () => {
  /** Lets the test decide when the time is up. */
  function timeout(): { abort(): void; asked(): number | undefined } {
    const controller = new AbortController();
    const spy = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(controller.signal);
    return {
      abort: () => controller.abort(new DOMException('time is up', 'TimeoutError')),
      asked: () => spy.mock.calls[0]?.[0],
    };
  }

  const never = ({ signal }: RequestInit) =>
    new Promise<Response>((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });

  it('is waited for no longer than the time limit', async () => {
    const clock = timeout();
    const call = answered(never);
    clock.abort();
    await expect(call).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(clock.asked()).toBe(outboundTimeout);
    expect(outboundTimeout).toBeLessThanOrEqual(10_000);
  });

  it('is waited for no longer than the caller wants', async () => {
    const caller = new AbortController();
    const call = answered(never, { signal: caller.signal });
    caller.abort();
    await expect(call).rejects.toMatchObject({ code: 'provider_unavailable' });
  });

  it('in the middle of the body counts as none', async () => {
    const failing = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(3));
      },
      pull(controller) {
        controller.error(new TypeError('terminated'));
      },
    });
    await expect(answered(() => new Response(failing))).rejects.toMatchObject({ code: 'provider_unavailable' });
  });

  it('is told by the host alone, with the cause kept', async () => {
    const cause = new TypeError('getaddrinfo ENOTFOUND issuer.example');
    const call = answered(() => Promise.reject(cause));
    await expect(call).rejects.toMatchObject({ detail: 'https://issuer.example did not answer', cause });
  });
});

describe('an address that is neither https nor loopback', () => {
  it.each(['http://issuer.example/', 'http://169.254.169.254/', 'file:///etc/passwd'])(
    'is not asked: %s',
    async (to) => {
      const network = vi.fn(async () => new Response('ok'));
      await expect(boundedFetch(network)(to)).rejects.toMatchObject({ code: 'provider_misconfigured' });
      expect(network).not.toHaveBeenCalled();
    },
  );
});
