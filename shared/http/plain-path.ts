/** Letters, digits and marks of any script, and what RFC 3986 lets a path segment hold, but `;` and, at its end, a dot. */
const plainSegment = /^[\p{L}\p{M}\p{Nd} ._~!$&'()*+,=:@-]*[\p{L}\p{M}\p{Nd}_~!$&'()*+,=:@-]$/u;

/**
 * The path of a request target, decoded, if every server on the way reads the same path from it; else undefined. What
 * proxies and servers read differently: dot segments, empty segments, `\`, `;`, control characters, ASCII characters
 * that are percent-encoded without need (`%2e`, `%2f`, `%00`, `%25`), escapes that are no UTF-8, and characters that
 * some map to a dot or a slash.
 */
export function plainPath(target: string): string | undefined {
  const [path = ''] = target.split('?', 1);
  if (!path.startsWith('/') || /[^!-~]|%(?!20|[89a-f][\da-f])/i.test(path)) return undefined;
  const decoded = decodedPath(path);
  const segments = decoded?.slice(1).split('/') ?? [''];
  const isPlain = segments.every((one, at) => plainSegment.test(one) || (one === '' && at === segments.length - 1));
  return isPlain ? decoded : undefined;
}

function decodedPath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
