import type { App } from '../app.ts';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import type { Provider } from '../providers/provider.ts';

/** The provider that a path below `{prefix}/login/` names, in whatever case. Throws `provider_unknown`. */
export function providerIn(request: Request, { settings, provider }: App): Provider {
  const below = new URL(request.url).pathname.slice(`${settings.apiPrefix}/login/`.length);
  const found = provider(below.split('/')[0] ?? '');
  if (!found) throw new TokenkeepError('provider_unknown');
  return found;
}

/** The parameters of a callback: the query, or the form of a POST (OAuth 2.0 Form Post Response Mode). */
export async function callbackParameters(request: Request): Promise<URLSearchParams> {
  if (request.method !== 'POST') return new URL(request.url).searchParams;
  return new URLSearchParams(await request.text());
}

/** A parameter that may come once at most (RFC 6749 section 3.1). Throws `request_malformed` where it comes twice. */
export function single(parameters: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = parameters.getAll(name);
  if (others.length > 0) throw new TokenkeepError('request_malformed', { detail: `parameter ${name} comes twice` });
  return value === '' ? undefined : value;
}
