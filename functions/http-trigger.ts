import {
  type Cookie as FunctionCookie,
  app as functions,
  type HttpMethod,
  type HttpRequest,
  type HttpResponseInit,
} from '@azure/functions';
import type { Handler } from '../shared/endpoints/handle.ts';
import { type Cookie, parseSetCookie } from '../shared/http/cookies.ts';
import { behind, prefix, type Running } from './app.ts';

/** Routes that answer the preflights of browsers already: of several functions on one route, the first does. */
const preflighted = new Set<string>();

/**
 * Registers a route below the prefix, or one from the root where it begins with a slash; for `OPTIONS` as well. Sign-in
 * is what this app provides, so the host asks for no key.
 */
export function httpTrigger(
  name: string,
  route: string,
  methods: HttpMethod[],
  handlerOf: (running: Running) => Handler,
): void {
  const isFirst = !preflighted.has(route);
  preflighted.add(route);
  functions.http(name, {
    route: route.startsWith('/') ? route.slice(1) : `${prefix}/${route}`,
    methods: isFirst ? [...methods, 'OPTIONS'] : methods,
    authLevel: 'anonymous',
    handler: async (request) => {
      const running = await behind();
      return functionResponse(await running.handle(handlerOf(running), webRequest(request), running.app));
    },
  });
}

/** The body is left unread, since with HTTP streaming nobody has looked how large it is. */
function webRequest({ url, method, headers, body }: HttpRequest): Request {
  return new Request(url, { method, headers, body, duplex: 'half' } as RequestInit);
}

/** The library keeps one value of each header, so cookies go where it takes them apart. */
function functionResponse({ status, headers, body }: Response): HttpResponseInit {
  return {
    status,
    headers: Object.fromEntries([...headers].filter(([name]) => name !== 'set-cookie')),
    cookies: headers.getSetCookie().map(parseSetCookie).map(functionCookie),
    ...(body === null ? {} : { body }),
  };
}

function functionCookie({ name, value, path, maxAge, secure, sameSite }: Cookie): FunctionCookie {
  return { name, value, path, httpOnly: true, secure, sameSite, ...(maxAge === undefined ? {} : { maxAge }) };
}
