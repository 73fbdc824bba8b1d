import { app as functions } from '@azure/functions';
import type { Upstream } from '../shared/gateway/forward.ts';
import { behind, upstream } from './app.ts';
import { noteAnswers, streamed } from './http-stream.ts';

if (upstream !== undefined) register(upstream);

function register(upstream: Upstream): void {
  functions.setup({ enableHttpStream: true });
  noteAnswers();
  let gateway: ReturnType<typeof load> | undefined;

  // The host takes the first route that matches, in the order of function names without regard to case. This one matches
  // every path: `_` sorts behind all letters, so no other function's name comes after it.
  functions.http('z_gateway', {
    route: '{*path}',
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    authLevel: 'anonymous',
    handler: async (request, { invocationId }) => {
      gateway ??= load(upstream);
      const [{ app }, answer] = await Promise.all([behind(), gateway]);
      return streamed(request, invocationId, (one) => answer(one, app));
    },
  });
}

/** Where there is no upstream, none of it is loaded. */
async function load(upstream: Upstream) {
  const [{ createGateway }, { createForward }] = await Promise.all([
    import('../shared/endpoints/access/gateway.ts'),
    import('../shared/gateway/forward.ts'),
  ]);
  return createGateway(upstream, createForward(upstream));
}
