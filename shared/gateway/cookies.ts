/**
 * Tokenkeep's own cookies, which App Service names alike. They are nobody else's to read or to set; nor by a cookie without
 * a name, of which browsers send the value alone (RFC 6265bis section 5.8.3), or behind a comma, by which hosts join lines.
 */
const ownCookie = /(^|,)[\s=]*AppServiceAuth/i;

/** A `Cookie` header without ours, the others byte for byte; undefined where none is left. */
export function withoutOwnCookies(header: string): string | undefined {
  const others = header.split(';').filter((pair) => !ownCookie.test(pair));
  return others.join(';').trim() || undefined;
}

/** Whether this line of `Set-Cookie` would set one of ours. */
export function setsOwnCookie(line: string): boolean {
  return ownCookie.test(line);
}
