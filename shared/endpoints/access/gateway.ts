import type { App } from '../../app.ts';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import type { Forward, Upstream } from '../../gateway/forward.ts';
import { requestHeaders } from '../../gateway/request-headers.ts';
import { responseHeaders } from '../../gateway/response-headers.ts';
import { isBelow, lenientPath, targetOf } from '../../gateway/target.ts';
import { variableName } from '../../gateway/variable-name.ts';
import type { Grant } from '../../http/cors.ts';
import { noContent, redirect } from '../../http/respond.ts';
import type { Authenticated } from '../../sessions/authenticate.ts';
import { answered, type Handler, handle } from '../handle.ts';
import { logout } from '../session/logout.ts';
import { slid } from '../session/sliding.ts';
import { againFromHere, lacksStrictCookie } from '../strict-cookie.ts';
import { admit } from './admit.ts';
import { identityHeaders, isIdentityHeader } from './identity-headers.ts';

/**
 * The app behind the gateway: every path that is none of Tokenkeep's own is the upstream's, as `admit` lets it through,
 * with the headers that say who is asking. Sign-out at `login.routes.logoutEndpoint` is Tokenkeep's.
 */
export function createGateway(upstream: Upstream, forward: Forward): (request: Request, app: App) => Promise<Response> {
  const { host } = new URL(upstream.origin);

  return async (request, configured) => {
    const target = targetOf(request.url);
    const own = ownHandler(request, lenientPath(target), configured);
    if (own) return handle(own, request, configured);
    return answered(request, configured, pass, (response) => grantOf(request, response));

    async function pass(app: App): Promise<Response> {
      if (isAllowedPreflight(request, app)) return noContent();
      if (request.headers.get('upgrade')?.toLowerCase() === 'websocket')
        throw new TokenkeepError('upgrade_unsupported');

      const admission = await admit(request, { method: request.method, target }, app);
      if (admission.kind === 'refused') {
        if (admission.signIn !== undefined) {
          return lacksStrictCookie(request, app) ? againFromHere(request, app) : redirect(admission.signIn);
        }
        throw admission.error;
      }
      const isSignedIn = admission.kind === 'signed-in';
      const carrier = isSignedIn ? admission.authenticated.carrier : undefined;
      const headers = requestHeaders(request.headers, {
        host,
        publicOrigin: app.settings.publicOrigin,
        hasBody: request.body !== null,
        drops: (name) => isForTokenkeepAlone(name) || (name === 'x-zumo-auth' && carrier !== name),
        added: isSignedIn ? identityHeaders(admission.session, app, app.settings.headerTokens) : {},
      });
      const { method, body, signal } = request;
      const answer = await forward({ method, target, headers, body, signal });
      const passed = new Response(answer.body, {
        status: answer.status,
        headers: responseHeaders(answer.headers, upstream, app.settings.publicOrigin),
      });
      if (isAllowed(request, app)) withoutCors(passed.headers);
      return isSignedIn ? renewed(passed, admission.authenticated, app) : passed;
    }
  };
}

/** What answers a path that is not the upstream's; undefined where it is. */
function ownHandler({ method }: Request, path: string | undefined, { settings }: App): Handler | undefined {
  if (path === undefined) return unclearPath;
  if (isBelow(settings.apiPrefix, path)) return unknownRoute;
  const isLogout = path === settings.logoutEndpoint?.toLowerCase() && (method === 'GET' || method === 'POST');
  return isLogout ? logout : undefined;
}

/** For the paths below the prefix that no function takes: the app behind must never be mistaken for Tokenkeep. */
async function unknownRoute(): Promise<Response> {
  throw new TokenkeepError('route_unknown');
}

async function unclearPath(): Promise<Response> {
  throw new TokenkeepError('request_malformed', { detail: 'the path has dot segments in disguise' });
}

function isForTokenkeepAlone(name: string): boolean {
  return isIdentityHeader(name) || variableName(name) === 'x-tokenkeep-proxy-key';
}

/** A session that slides is renewed here too; an answer with a session token in it is nothing for a shared cache. */
async function renewed(response: Response, authenticated: Authenticated, app: App): Promise<Response> {
  const extras = [...(await slid(new Response(null), authenticated, app)).headers];
  for (const [name, value] of extras) response.headers.append(name, value);
  if (extras.length > 0) response.headers.set('cache-control', 'no-store');
  return response;
}

function isAllowed({ headers }: Request, { settings }: App): boolean {
  return settings.browser.allowedOrigins.includes(headers.get('origin') ?? '');
}

function isAllowedPreflight(request: Request, app: App): boolean {
  return (
    request.method === 'OPTIONS' && request.headers.has('access-control-request-method') && isAllowed(request, app)
  );
}

/** What an upstream says about CORS does not count where Tokenkeep answers for it. */
function withoutCors(headers: Headers): void {
  for (const name of [...headers.keys()]) if (name.startsWith('access-control-')) headers.delete(name);
}

/** It is not known here what the app behind takes and gives: so its pages may send and read everything. */
function grantOf({ headers }: Request, response: Headers): Grant {
  return {
    methods: 'GET, HEAD, POST, PUT, PATCH, DELETE',
    requestHeaders: headers.get('access-control-request-headers') ?? '',
    responseHeaders: [...new Set(response.keys())].filter((name) => name !== 'set-cookie').join(', '),
  };
}
