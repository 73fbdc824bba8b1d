import { setsOwnCookie } from './cookies.ts';
import { endToEnd } from './end-to-end.ts';
import type { Upstream } from './forward.ts';

/**
 * The headers of the upstream's answer as the browser gets them: a `Location` of the upstream is one of `publicOrigin`,
 * and nobody but Tokenkeep sets its cookies. Lines of `Set-Cookie` stay as many as they are, and as they are.
 */
export function responseHeaders(answered: Headers, upstream: Upstream, publicOrigin: string): Headers {
  const headers = new Headers();
  for (const [name, value] of endToEnd(answered)) {
    if (name === 'set-cookie' && setsOwnCookie(value)) continue;
    headers.append(name, name === 'location' ? publicLocation(value, upstream, publicOrigin) : value);
  }
  return headers;
}

/** An address of the upstream below its base path, whole or from its root, is one of the public origin; others stay. */
function publicLocation(location: string, { origin, basePath }: Upstream, publicOrigin: string): string {
  const base = [origin + basePath, basePath].find((one) => one !== '' && location.startsWith(one));
  const rest = location.slice(base?.length);
  if (base === undefined || !/^([/?#]|$)/.test(rest)) return location;
  return publicOrigin + (rest.startsWith('/') ? rest : `/${rest}`);
}
