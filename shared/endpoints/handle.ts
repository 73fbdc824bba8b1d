import type { App } from '../app.ts';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { allowOrigin, type Grant } from '../http/cors.ts';
import { crossSiteRefusal, type Guard } from '../http/cross-site.ts';
import { originOf } from '../http/public-origin.ts';
import { noContent, problem } from '../http/respond.ts';
import { carriedToken } from '../sessions/carrier.ts';
import { loginPathFrom } from './login-path.ts';
import { isHttps } from './session/session-cookie.ts';
import { isTrustedOrigin } from './trusted-origin.ts';

/** A handler of one route, over the web-standard types: the same for Azure, the local host and a test. */
export interface Handler {
  (request: Request, app: App): Promise<Response>;
  /** What other sites may not do here with the user's session cookie; without it, `writes`. */
  readonly guard?: Guard;
}

/** Largest address, headers and body that are looked at, in bytes. */
const largestUrl = 8 * 1024;
const largestHeaders = 16 * 1024;
export const largestBody = 64 * 1024;

/** Runs the handler of one of Tokenkeep's own routes. */
export async function handle(handler: Handler, request: Request, configured: App): Promise<Response> {
  return answered(request, configured, async (app) => {
    checkSize(request);
    return request.method === 'OPTIONS' ? noContent() : guarded(handler, request, app);
  });
}

/**
 * Answers a request, whoever makes the answer; whatever goes wrong becomes an answer, and a log line where somebody
 * should look. `grant` says what pages of allowed origins may do; without it, what they need of Tokenkeep's own routes.
 */
export async function answered(
  request: Request,
  configured: App,
  answer: (app: App) => Promise<Response>,
  grant?: (response: Headers) => Grant,
): Promise<Response> {
  let app = configured;
  let response: Response;
  try {
    app = seenAt(originOf(request, app.settings), app);
    response = await answer(app);
  } catch (error) {
    response = failed(error, request, app);
  }
  const { headers } = response;
  allowOrigin(headers, request, app.settings.browser.allowedOrigins, grant?.(headers));
  if (isHttps(app) && !headers.has('strict-transport-security')) {
    headers.set('strict-transport-security', 'max-age=31536000');
  }
  return response;
}

/**
 * The app as a browser sees it that came by a front door: where it is redirected to, what it may land on and how its
 * cookies are set follow that origin. Session tokens are those of the configured origin, whichever way they came.
 */
function seenAt(origin: string, app: App): App {
  if (origin === app.settings.publicOrigin) return app;
  return { ...app, settings: { ...app.settings, publicOrigin: origin } };
}

/**
 * Refuses what another site had the browser do with the session cookie: send it, or, on a route with a guard of its own,
 * lose or exchange it, which a browser also does for an answer to a request without it. A token in a header was put
 * there on purpose. Throws `cross_site_refused`.
 */
async function guarded(handler: Handler, request: Request, app: App): Promise<Response> {
  const reason = crossSiteRefusal(request, handler.guard ?? 'writes', (origin) => isTrustedOrigin(origin, app));
  if (reason !== undefined) {
    const carrier = carriedToken(request)?.carrier ?? (handler.guard && 'cookie');
    if (carrier === 'cookie') throw new TokenkeepError('cross_site_refused', { detail: reason });
  }
  return handler(await withBodyRead(request), app);
}

function failed(error: unknown, request: Request, app: App): Response {
  const known = error instanceof TokenkeepError ? error : new TokenkeepError('internal', { cause: error });
  const event = known.row.status < 500 ? 'request_refused' : 'request_failed';
  const route = loggedPath(new URL(request.url).pathname, app);
  if (known.code !== 'not_signed_in') app.log.event(event, { method: request.method, route }, known);
  return problem(known, request, known.row.status === 401 ? loginPathFrom(request, app) : undefined);
}

/** Log lines name nobody, and hold no secret of a path that is not ours: of such a one the first segment is enough. */
function loggedPath(path: string, { settings }: App): string {
  const isOurs = path.startsWith(`${settings.apiPrefix}/`);
  return path.replace(isOurs ? /(\/users\/)[^/]+/i : /^(\/[^/]*\/).+/s, '$1…').slice(0, 200);
}

/** The request with its body in memory, which may be 64 KiB, however it comes. Throws `request_too_large`. */
async function withBodyRead(request: Request): Promise<Request> {
  if (request.body === null) return request;
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Read to its end, because a client that still sends does not read the answer.
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size <= largestBody) chunks.push(chunk);
  }
  if (size > largestBody) throw new TokenkeepError('request_too_large', { detail: 'the body' });
  const { method, headers } = request;
  return new Request(request.url, { method, headers, body: Buffer.concat(chunks) });
}

function checkSize(request: Request): void {
  const tooLarge = (what: string) => new TokenkeepError('request_too_large', { detail: what });
  if (request.url.length > largestUrl) throw tooLarge('the address');
  let headers = 0;
  for (const [name, value] of request.headers) headers += name.length + value.length;
  if (headers > largestHeaders) throw tooLarge('the headers');
  if (Number(request.headers.get('content-length') ?? 0) > largestBody) throw tooLarge('the body');
}
