/** Path and query of a request's address, character by character as they stand in it, beginning with `/`. */
export function targetOf(address: string): string {
  const [, target = ''] = /^[a-z]+:\/\/[^/?#]*([^#]*)/i.exec(address) ?? [];
  return target.startsWith('/') ? target : `/${target}`;
}

/**
 * The path of a target as the most lenient of servers might read it: escapes resolved as often as there are any, `\` as
 * a slash, several slashes as one, without the parameters of segments, in lower case. For comparing, never for sending.
 * Undefined where that has a dot segment, by which it could mean another path than it seems to.
 */
export function lenientPath(target: string): string | undefined {
  let path = target.replace(/\?.*$/s, '');
  for (let before = ''; path !== before; ) {
    before = path;
    path = path.replace(/%([0-7][\da-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  }
  const segments = path
    .toLowerCase()
    .split(/[/\\]+/)
    .map((segment) => segment.replace(/;.*$/s, ''));
  return segments.some((segment) => segment === '.' || segment === '..') ? undefined : segments.join('/');
}

/** Whether a path that `lenientPath` gave is the one of `prefix`, or below it. */
export function isBelow(prefix: string, path: string): boolean {
  return `${path}/`.startsWith(`${prefix.toLowerCase()}/`);
}
