/** A cookie to set. Values must need no encoding: base64url and dots. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
  /** Seconds; 0 deletes the cookie; absent makes it end with the browser. */
  readonly maxAge?: number;
  readonly secure: boolean;
  readonly sameSite: 'Lax' | 'Strict' | 'None';
}

/** The cookies a request carries, by name; of two with one name the first counts (RFC 6265 section 5.4). */
export function requestCookies(request: Request): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, at).trim();
    if (at > 0 && !cookies.has(name)) cookies.set(name, pair.slice(at + 1).trim());
  }
  return cookies;
}

/** The value of a `Set-Cookie` header. Every cookie of ours is HttpOnly. */
export function serializeCookie(cookie: Cookie): string {
  const age = cookie.maxAge === undefined ? '' : `; Max-Age=${cookie.maxAge}`;
  const secure = cookie.secure ? '; Secure' : '';
  return `${cookie.name}=${cookie.value}; Path=${cookie.path}${age}; HttpOnly${secure}; SameSite=${cookie.sameSite}`;
}

/** Reads back what `serializeCookie` wrote, for platforms that take cookies apart from headers. */
export function parseSetCookie(header: string): Cookie {
  const [pair = '', ...attributes] = header.split('; ');
  const at = pair.indexOf('=');
  const value = (name: string) =>
    attributes.find((attribute) => attribute.startsWith(`${name}=`))?.slice(name.length + 1);
  const maxAge = value('Max-Age');
  return {
    name: pair.slice(0, at),
    value: pair.slice(at + 1),
    path: value('Path') ?? '/',
    ...(maxAge === undefined ? {} : { maxAge: Number(maxAge) }),
    secure: attributes.includes('Secure'),
    sameSite: (value('SameSite') ?? 'Lax') as Cookie['sameSite'],
  };
}
