/** A cookie as a browser keeps it. `expiresAt` is in milliseconds since 1970; without it the cookie is a session's. */
interface Cookie {
  name: string;
  value: string;
  domain: string;
  hostOnly: boolean;
  path: string;
  secure: boolean;
  sameSite: 'strict' | 'lax' | 'none';
  expiresAt?: number;
}

/** The request that cookies are wanted for, as far as SameSite asks. */
export interface CookieUse {
  /** Whether another site led here. Sites are told apart by host name alone; a browser's list of suffixes is not used. */
  crossSite?: boolean;
  method?: string;
}

/**
 * A browser's cookies (RFC 6265, and Chromium where it differs): told apart by host name and path and never by port,
 * deleted by an expiry in the past, `Secure` ones kept and sent over http on this machine only, `SameSite` honoured
 * with `Lax` as the default. HttpOnly says nothing here, for there are no scripts.
 */
export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();

  /** Takes in the Set-Cookie headers of a response from this address; a cookie that a browser refuses is left out. */
  store(url: URL | string, setCookies: readonly string[]): void {
    for (const header of setCookies) {
      const cookie = parseSetCookie(new URL(url), header);
      if (!cookie) continue;
      const key = JSON.stringify([cookie.domain, cookie.path, cookie.name]);
      this.#cookies.delete(key);
      if (!isExpired(cookie)) this.#cookies.set(key, cookie);
    }
  }

  /** Names and values of the cookies that a request to this address carries, the longest path first. */
  cookies(url: URL | string, use: CookieUse = {}): Record<string, string> {
    const fitting = this.#fitting(new URL(url), use);
    return Object.fromEntries(fitting.reverse().map(({ name, value }) => [name, value]));
  }

  /** The Cookie header of a request to this address, or nothing when there is no cookie for it. */
  header(url: URL | string, use: CookieUse = {}): string | undefined {
    const fitting = this.#fitting(new URL(url), use);
    return fitting.length > 0 ? fitting.map(({ name, value }) => `${name}=${value}`).join('; ') : undefined;
  }

  #fitting(url: URL, use: CookieUse): Cookie[] {
    return [...this.#cookies.values()]
      .filter((cookie) => !isExpired(cookie) && isSentTo(cookie, url, use))
      .sort((one, other) => other.path.length - one.path.length);
  }
}

function isSentTo(cookie: Cookie, url: URL, { crossSite = false, method = 'GET' }: CookieUse): boolean {
  const host = url.hostname;
  const hostFits = host === cookie.domain || (!cookie.hostOnly && host.endsWith(`.${cookie.domain}`));
  const pathFits =
    url.pathname === cookie.path ||
    (url.pathname.startsWith(cookie.path) && (cookie.path.endsWith('/') || url.pathname[cookie.path.length] === '/'));
  const siteFits = !crossSite || cookie.sameSite === 'none' || (cookie.sameSite === 'lax' && method === 'GET');
  return hostFits && pathFits && siteFits && (!cookie.secure || isTrustworthy(url));
}

function parseSetCookie(url: URL, header: string): Cookie | undefined {
  const [pair = '', ...rest] = header.split(';');
  const [name, value] = splitPair(pair);
  const attributes = new Map(rest.map(splitPair).map(([key, text]) => [key.toLowerCase(), text]));
  const domain = (attributes.get('domain') ?? '').replace(/^\./, '').toLowerCase();
  const path = attributes.get('path');
  const cookie: Cookie = {
    name,
    value,
    domain: domain || url.hostname,
    hostOnly: domain === '',
    path: path?.startsWith('/') ? path : directoryOf(url.pathname),
    secure: attributes.has('secure'),
    sameSite: sameSiteOf(attributes.get('samesite')),
    ...expiryOf(attributes),
  };
  const { hostOnly, secure } = cookie;
  if (!hostOnly && url.hostname !== domain && !url.hostname.endsWith(`.${domain}`)) return undefined;
  if (secure && !isTrustworthy(url)) return undefined;
  if (cookie.sameSite === 'none' && !secure) return undefined;
  if (name.startsWith('__Secure-') && !secure) return undefined;
  if (name.startsWith('__Host-') && !(secure && hostOnly && path === '/')) return undefined;
  return cookie;
}

function splitPair(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text.trim(), ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** The default path: that of the response up to its last slash (RFC 6265 section 5.1.4). */
function directoryOf(pathname: string): string {
  return pathname.slice(0, Math.max(pathname.lastIndexOf('/'), 1));
}

function sameSiteOf(text = ''): Cookie['sameSite'] {
  const value = text.toLowerCase();
  return value === 'strict' || value === 'none' ? value : 'lax';
}

/** Max-Age wins over Expires (RFC 6265 section 5.3). */
function expiryOf(attributes: Map<string, string>): { expiresAt?: number } {
  const maxAge = attributes.get('max-age');
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return { expiresAt: Date.now() + Number(maxAge) * 1000 };
  const expires = Date.parse(attributes.get('expires') ?? '');
  return Number.isNaN(expires) ? {} : { expiresAt: expires };
}

function isExpired({ expiresAt }: Cookie): boolean {
  return expiresAt !== undefined && expiresAt <= Date.now();
}

/** Chromium treats http on this machine as secure. */
function isTrustworthy(url: URL): boolean {
  const { protocol, hostname } = url;
  return (
    protocol === 'https:' || hostname === 'localhost' || hostname.endsWith('.localhost') || /^127\./.test(hostname)
  );
}
