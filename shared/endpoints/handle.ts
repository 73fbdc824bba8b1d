import type { App } from '../app.ts';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { problem } from '../http/respond.ts';
import { isHttps } from './session-cookie.ts';

/** A handler of one route, over the web-standard types: the same for Azure, the local host and a test. */
export type Handler = (request: Request, app: App) => Promise<Response>;

/** Largest address, headers and body that are looked at, in bytes. */
const largestUrl = 8 * 1024;
const largestHeaders = 16 * 1024;
export const largestBody = 64 * 1024;

/** Runs a handler; whatever goes wrong becomes an answer, and a log line where somebody should look. */
export async function handle(handler: Handler, request: Request, app: App): Promise<Response> {
  let response: Response;
  try {
    checkSize(request);
    response = await handler(request, app);
  } catch (error) {
    response = failed(error, request, app);
  }
  if (isHttps(app)) {
    response.headers.set('strict-transport-security', 'max-age=31536000');
  }
  return response;
}

function failed(error: unknown, request: Request, app: App): Response {
  const known = error instanceof TokenkeepError ? error : new TokenkeepError('internal', { cause: error });
  const event = known.row.status < 500 ? 'request_refused' : 'request_failed';
  const route = new URL(request.url).pathname.slice(0, 200);
  if (known.code !== 'not_signed_in') app.log.event(event, { method: request.method, route }, known);
  return problem(known, request, known.row.status === 401 ? loginPath(app) : undefined);
}

/** Where to sign in, if there is one obvious place. */
function loginPath({ settings }: App): string | undefined {
  const [only, ...others] = settings.providers;
  return only && others.length === 0 ? `${settings.apiPrefix}/login/${only.name}` : undefined;
}

function checkSize(request: Request): void {
  const tooLarge = (what: string) => new TokenkeepError('request_too_large', { detail: what });
  if (request.url.length > largestUrl) throw tooLarge('the address');
  let headers = 0;
  for (const [name, value] of request.headers) headers += name.length + value.length;
  if (headers > largestHeaders) throw tooLarge('the headers');
  if (Number(request.headers.get('content-length') ?? 0) > largestBody) throw tooLarge('the body');
}
