import { TokenkeepError } from '../errors/tokenkeep-error.ts';

/** Characters of the address as JSON, as the attempt cookie holds it: with more the cookie would be too large. */
const longestTarget = 1000;

/**
 * The landing address that `requested` means, as an absolute URL: a path of the app, an address of its own origin, or
 * one that `allowed` lists. The browser's own parser decides what a text means, and only what it made of it is used,
 * so backslashes, control characters and `//host` cannot mean something else later.
 *
 * An allowed entry covers its address with any query and fragment; without a path, or with `/`, its whole origin; with
 * `/*` at the end, everything below. Custom schemes are compared as they are. An entry of a loopback address without a
 * port covers all ports, since that of a native app is drawn by its system (RFC 8252 section 7.3). Throws
 * `redirect_not_allowed`.
 */
export function redirectTarget(requested: string, publicOrigin: string, allowed: readonly string[]): string {
  const url = URL.canParse(requested, publicOrigin) ? new URL(requested, publicOrigin) : undefined;
  const isShort = url && JSON.stringify(url.href).length <= longestTarget;
  const isPlain = isShort && url.username === '' && url.password === '';
  // Not by `origin`, which a blob: address shares with the page that made it.
  const isOwn = isPlain && `${url.protocol}//${url.host}` === publicOrigin;
  if (!isPlain || !(isOwn || allowed.some((entry) => covers(entry, url)))) {
    throw new TokenkeepError('redirect_not_allowed');
  }
  return url.href;
}

function covers(entry: string, url: URL): boolean {
  const rule = new URL(entry);
  const isAnyPort = /^http:\/\/(127\.0\.0\.1|\[::1\])$/.test(rule.origin);
  if (rule.protocol !== url.protocol) return false;
  if (isAnyPort ? rule.hostname !== url.hostname : rule.host !== url.host) return false;
  const isWeb = rule.protocol === 'https:' || rule.protocol === 'http:';
  if (isWeb && rule.pathname === '/') return true;
  if (rule.pathname.endsWith('/*')) return url.pathname.startsWith(rule.pathname.slice(0, -1));
  return trimmed(rule.pathname) === trimmed(url.pathname);
}

function trimmed(path: string): string {
  return path.replace(/\/$/, '');
}
