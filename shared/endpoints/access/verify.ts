import type { App } from '../../app.ts';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { json, problem, redirect } from '../../http/respond.ts';
import { loginPath } from '../login-path.ts';
import { slid } from '../session/sliding.ts';
import { admit } from './admit.ts';
import { askedOf } from './asked.ts';
import { identityHeaders, isIdentityHeader, nobodyHeaders } from './identity-headers.ts';
import { kindsFor } from './proxy-key.ts';

/**
 * `GET {prefix}/verify`, and any method of `{prefix}/verify/{target}`: for a proxy that asks about each request before
 * it lets it through. 200 with the headers that App Service gives to servers, empty ones for nobody; 401, 403 or 404
 * for who may not go on, or 302 to the sign-in.
 *
 * nginx takes 401 and 403 alone for a no (https://nginx.org/en/docs/http/ngx_http_auth_request_module.html). With
 * `?proxy=nginx` there is no other, and a 401 that should be a redirect has its `Location`.
 */
export async function verify(request: Request, app: App): Promise<Response> {
  const kinds = kindsFor(request, app.settings);
  for (const name of request.headers.keys()) {
    if (isIdentityHeader(name)) throw new TokenkeepError('identity_headers_spoofed', { detail: name.slice(0, 64) });
  }
  const { pathname, searchParams } = new URL(request.url);
  const isForNginx = pathname.endsWith('/verify') && searchParams.get('proxy') === 'nginx';
  const admission = await admit(request, askedOf(request, app), app);
  switch (admission.kind) {
    case 'anonymous':
      return withHeaders(json({}), nobodyHeaders);
    case 'signed-in': {
      const { authenticated, session } = admission;
      const response = json({ user: { userId: session.sid } });
      return slid(withHeaders(response, identityHeaders(session, app, kinds)), authenticated, app);
    }
    case 'refused': {
      const { error, signIn } = admission;
      if (isForNginx && error.code === 'not_found') throw new TokenkeepError('anonymous_refused');
      if (signIn === undefined) throw error;
      if (!isForNginx) return redirect(signIn);
      return withHeaders(problem(error, request, loginPath(app)), { location: signIn });
    }
  }
}

/** `admit` looks at where the request comes from that is asked about. */
verify.guard = 'none' as const;

function withHeaders(response: Response, headers: Readonly<Record<string, string>>): Response {
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
}
