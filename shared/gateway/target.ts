/** Path and query of a request's address, character by character as they stand in it, beginning with `/`. */
export function targetOf(address: string): string {
  const [, target = ''] = /^[a-z]+:\/\/[^/?#]*([^#]*)/i.exec(address) ?? [];
  return target.startsWith('/') ? target : `/${target}`;
}

/** Each costs as much as the path is long. */
const mostRounds = 8;

/**
 * The path of a target as the most lenient of servers might read it: escapes resolved as often as there are any, `\` as
 * a slash, several slashes as one, without the parameters of segments, in lower case, and what looks like a dot or a slash
 * as one (Unicode normalization form KC, and two slashes that it leaves alone). For comparing, never for sending.
 * Undefined where that has a dot segment, by which it could mean another path than it seems to; where escapes hold
 * escapes more often than anybody resolves them; and with escapes that no UTF-8 has (`%c0%ae`) or no standard (`%u002e`).
 */
export function lenientPath(target: string): string | undefined {
  let path = target.replace(/\?.*$/s, '');
  for (let before = '', rounds = 0; path !== before; rounds++) {
    if (rounds > mostRounds) return undefined;
    before = path;
    path = path.replace(/%([0-7][\da-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  }
  if (/%c[01]%[89ab][\da-f]|%u[\da-f]{4}/i.test(path)) return undefined;
  const segments = path
    .replace(/(%[89a-f][\da-f])+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString())
    .normalize('NFKC')
    .replace(/[\u2044\u2215]/g, '/')
    .toLowerCase()
    .split(/[/\\]+/)
    .map((segment) => segment.replace(/;.*$/s, ''));
  const hasDots = segments.some((segment) => segment === '.' || segment === '..');
  return hasDots ? undefined : segments.join('/').replace(/\/+/g, '/');
}

/** Whether a path that `lenientPath` gave is the one of `prefix`, or below it. */
export function isBelow(prefix: string, path: string): boolean {
  return `${path}/`.startsWith(`${prefix.toLowerCase()}/`);
}
