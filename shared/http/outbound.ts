import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { isSecureOrLoopback } from './loopback.ts';

/** No answer takes longer than this, body included, in milliseconds. */
export const outboundTimeout = 5_000;
/** No answer is larger than this, in bytes. */
export const outboundLimit = 512 * 1024;

/**
 * Wraps `fetch` for calls to identity providers: https (or loopback) only, no redirects, a timeout and a size cap.
 * Failures are `provider_unavailable` or `provider_response_invalid`.
 */
export function boundedFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (!isSecureOrLoopback(url)) {
      throw new TokenkeepError('provider_misconfigured', { detail: `${url.origin} is not https` });
    }
    const timeout = AbortSignal.timeout(outboundTimeout);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    try {
      const response = await fetch(input, { ...init, redirect: 'manual', signal });
      if (response.status >= 300 && response.status < 400) {
        await response.body?.cancel();
        throw new TokenkeepError('provider_response_invalid', { detail: `${url.origin} answered with a redirect` });
      }
      return new Response(await cappedBody(response, url), response);
    } catch (cause) {
      if (cause instanceof TokenkeepError) throw cause;
      throw new TokenkeepError('provider_unavailable', { detail: `${url.origin} did not answer`, cause });
    }
  };
}

/** The body; null where it is empty, since a Response with status 204 or 205 may have none. */
async function cappedBody(response: Response, url: URL): Promise<ArrayBuffer | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > outboundLimit) {
      throw new TokenkeepError('provider_response_invalid', {
        detail: `${url.origin} sent more than ${outboundLimit} bytes`,
      });
    }
    chunks.push(chunk);
  }
  return size === 0 ? null : new Uint8Array(Buffer.concat(chunks)).buffer;
}
