import type { App } from '../../app.ts';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { plainPath } from '../../http/plain-path.ts';
import type { Asked } from './admit.ts';

/**
 * What a proxy asks about. Traefik and Caddy say it in `X-Forwarded-Method` and `-Uri`, nginx by custom in
 * `X-Original-Method` and `-URI`, others in `X-Original-URL`, which may be absolute; Envoy puts the path behind that of
 * verify and takes over the method. A client may have sent the headers that its proxy does not set: where they
 * contradict each other, no one can tell what will be fetched. Throws `request_malformed`.
 *
 * The target is empty where nothing says it.
 */
export function askedOf({ url, method, headers }: Request, { settings }: App): Asked {
  const { pathname, search } = new URL(url);
  const own = `${settings.apiPrefix}/verify`;
  const below = pathname.slice(own.length);
  const isBelow = below.startsWith('/');
  const said = [headers.get('x-forwarded-uri'), headers.get('x-original-uri'), originalUrl(headers, own)];
  const behind = isBelow ? below + search : undefined;
  const named = agreed(said, 'address');
  if (named !== undefined && behind !== undefined && decoded(named) !== decoded(behind)) {
    throw unclear('more than one address');
  }
  // A client may have sent the header. So of two ways of writing the one counts that servers might read differently.
  const isClear = behind === undefined || plainPath(behind) !== undefined;
  const target = (isClear ? named : behind) ?? behind ?? '';
  if (target !== '' && !target.startsWith('/')) throw unclear('an address that is no path');
  const methods = [headers.get('x-forwarded-method'), headers.get('x-original-method'), isBelow ? method : undefined];
  return { method: agreed(methods, 'method') ?? 'GET', target };
}

/** In Azure the platform writes into this header what itself was asked for: verify, of which that says nothing. */
function originalUrl(headers: Headers, own: string): string | undefined {
  const path = headers.get('x-original-url')?.replace(/^https?:\/\/[^/?#]*/i, '');
  const isOwn = path?.slice(0, own.length).toLowerCase() === own.toLowerCase();
  return isOwn && /^([/?]|$)/.test(path?.slice(own.length) ?? '') ? undefined : path;
}

function agreed(said: readonly (string | null | undefined)[], what: string): string | undefined {
  const [first, ...others] = new Set(said.filter((one) => one !== null && one !== undefined && one !== ''));
  if (others.length > 0) throw unclear(`more than one ${what}`);
  return first ?? undefined;
}

/** Servers on the way may encode a path in their own way, which changes nothing of what it means. */
function decoded(target: string): string {
  try {
    return decodeURIComponent(target);
  } catch {
    return target;
  }
}

function unclear(what: string): TokenkeepError {
  return new TokenkeepError('request_malformed', { detail: `the proxy asks about ${what}` });
}
