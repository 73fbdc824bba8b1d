import type { App } from '../app.ts';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { allowOrigin } from '../http/cors.ts';
import { crossSiteRefusal, type Guard } from '../http/cross-site.ts';
import { originOf } from '../http/public-origin.ts';
import { noContent, problem } from '../http/respond.ts';
import { carriedToken } from '../sessions/carrier.ts';
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

/** Runs a handler; whatever goes wrong becomes an answer, and a log line where somebody should look. */
export async function handle(handler: Handler, request: Request, configured: App): Promise<Response> {
  let app = configured;
  let response: Response;
  try {
    checkSize(request);
    app = seenAt(originOf(request, app.settings), app);
    response = request.method === 'OPTIONS' ? noContent() : await guarded(handler, request, app);
  } catch (error) {
    response = failed(error, request, app);
  }
  allowOrigin(response.headers, request, app.settings.browser.allowedOrigins);
  if (isHttps(app)) {
    response.headers.set('strict-transport-security', 'max-age=31536000');
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
  return handler(request, app);
}

function failed(error: unknown, request: Request, app: App): Response {
  const known = error instanceof TokenkeepError ? error : new TokenkeepError('internal', { cause: error });
  const event = known.row.status < 500 ? 'request_refused' : 'request_failed';
  const route = new URL(request.url).pathname.slice(0, 200);
  if (known.code !== 'not_signed_in') app.log.event(event, { method: request.method, route }, known);
  return problem(known, request, known.row.status === 401 ? loginPath(app) : undefined);
}

/** Where to sign in: at the one provider, or on the page that offers them. */
function loginPath({ settings }: App): string {
  const [only, ...others] = settings.providers;
  return only && others.length === 0 ? `${settings.apiPrefix}/login/${only.name}` : `${settings.apiPrefix}/login`;
}

function checkSize(request: Request): void {
  const tooLarge = (what: string) => new TokenkeepError('request_too_large', { detail: what });
  if (request.url.length > largestUrl) throw tooLarge('the address');
  let headers = 0;
  for (const [name, value] of request.headers) headers += name.length + value.length;
  if (headers > largestHeaders) throw tooLarge('the headers');
  if (Number(request.headers.get('content-length') ?? 0) > largestBody) throw tooLarge('the body');
}
