import { setTimeout as pause } from 'node:timers/promises';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { type Endpoint, endpointPaths } from './configuration.ts';
import type { ProviderCounters } from './counters.ts';

/** How an endpoint shall misbehave. */
export interface Fault {
  /**
   * The status of the false answer. `'genuine'` gives the true answer (late, with `delayMs`). Without a status the
   * connection is cut, and the client gets no answer at all.
   */
  status?: number | 'genuine';
  /** The body: text as it stands, anything else as JSON; or a function from the true answer, with `when: 'after'`. */
  body?: string | object | ((genuine: unknown) => string | object);
  headers?: Record<string, string>;
  /** How many requests it meets; all until `clear()` when absent. */
  times?: number;
  /** Milliseconds before the answer. `Infinity`: none ever comes, and the connection stays open. */
  delayMs?: number;
  /**
   * `'before'` (when absent): the request changes nothing at the provider. `'after'`: the provider does what was asked
   * and only its answer is false or lost; so goes a rotated refresh token that never reaches the client.
   */
  when?: 'before' | 'after';
}

/** The faults in force. Those of one endpoint queue up: the next begins when the one before has met its number. */
export class Faults {
  readonly #queues = new Map<string, { fault: Fault; left: number }[]>();

  add(endpoint: Endpoint, fault: Fault): void {
    const path = endpointPaths[endpoint];
    const queue = this.#queues.get(path) ?? [];
    this.#queues.set(path, [...queue, { fault, left: fault.times ?? Number.POSITIVE_INFINITY }]);
  }

  /** The fault that meets a request to this path; it counts as met. */
  take(path: string): Fault | undefined {
    const queue = this.#queues.get(path)?.filter(({ left }) => left > 0) ?? [];
    this.#queues.set(path, queue);
    const [first] = queue;
    if (first) first.left -= 1;
    return first?.fault;
  }

  clear(): void {
    this.#queues.clear();
  }
}

/** Counts the requests of each endpoint and lets faults meet them, in front of oidc-provider. */
export function faultyEndpoints(faults: Faults, counters: ProviderCounters, closing: AbortSignal) {
  const endpoints = new Map<string, Endpoint>(
    (Object.keys(endpointPaths) as Endpoint[]).map((endpoint) => [endpointPaths[endpoint], endpoint]),
  );
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    const endpoint = endpoints.get(ctx.path);
    if (endpoint) counters.requests[endpoint] += 1;
    const fault = faults.take(ctx.path);
    if (!fault) {
      await next();
      return;
    }
    if (fault.when === 'after') await next();
    if (fault.delayMs === Number.POSITIVE_INFINITY) {
      ctx.respond = false;
      return;
    }
    await pause(fault.delayMs ?? 0, undefined, { signal: closing }).catch(() => undefined);
    if (fault.status === 'genuine') {
      if (fault.when !== 'after') await next();
    } else answerFalsely(ctx, fault);
  };
}

function answerFalsely(ctx: KoaContextWithOIDC, fault: Fault): void {
  if (typeof fault.status !== 'number') {
    ctx.respond = false;
    ctx.req.socket.destroy();
    return;
  }
  const genuine = ctx.body;
  for (const name of Object.keys(ctx.response.headers)) ctx.remove(name);
  ctx.status = fault.status;
  ctx.body = (typeof fault.body === 'function' ? fault.body(genuine) : fault.body) ?? '';
  ctx.set(fault.headers ?? {});
}
