import { type Cookie, requestCookies } from '../http/cookies.ts';
import { Secret, type SessionToken } from '../telemetry/secret.ts';

/** How a session token travels. */
export type Carrier = 'cookie' | 'x-zumo-auth' | 'bearer';

export interface CarriedToken {
  readonly carrier: Carrier;
  readonly token: SessionToken;
}

/** The name App Service gives it, which existing clients and proxies know. */
const cookieName = 'AppServiceAuthSession';

/** The session token of a request. A header was set on purpose, so it goes before the cookie that browsers add. */
export function carriedToken(request: Request): CarriedToken | undefined {
  const zumo = request.headers.get('x-zumo-auth');
  if (zumo) return { carrier: 'x-zumo-auth', token: new Secret('session_token', zumo) };
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  if (bearer !== undefined) return { carrier: 'bearer', token: new Secret('session_token', bearer) };
  const cookie = requestCookies(request).get(cookieName);
  return cookie ? { carrier: 'cookie', token: new Secret('session_token', cookie) } : undefined;
}

/** How the session cookie goes to and comes from browsers. */
export type CookieScope = Pick<Cookie, 'secure' | 'sameSite'>;

/**
 * The session cookie. It lasts as long as the session may still be refreshed, so that a browser that was closed can
 * come back; without a token it deletes the cookie, with the attributes it was set with.
 */
export function sessionCookie(scope: CookieScope, token: SessionToken | undefined, maxAge: number): Cookie {
  const value = token?.reveal() ?? '';
  return { name: cookieName, value, path: '/', maxAge: token ? maxAge : 0, ...scope };
}
