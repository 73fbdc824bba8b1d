import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { isSecureOrLoopback } from './loopback.ts';

/** What says at which origin browsers see this app. */
export interface OriginSettings {
  /** Where no front door says otherwise. */
  readonly publicOrigin: string;
  readonly forwardProxy: ForwardProxy;
}

/** In which headers a front door passes on what the browser asked it for (`httpSettings.forwardProxy` of App Service). */
export interface ForwardProxy {
  /** Without it, no request counts as forwarded. */
  readonly hostHeader?: string;
  /** Without it, or its header, the scheme is https. */
  readonly protoHeader?: string;
}

/**
 * The origin at which the browser that sent this request sees the app. Each proxy on the way appends to the forwarded
 * headers, so the first of several values counts; without them the request did not come by the front door. Throws
 * `request_malformed` for what cannot be an address of the app: no host name, or plain http beyond this machine.
 */
export function originOf(request: Request, { publicOrigin, forwardProxy }: OriginSettings): string {
  const host = first(request, forwardProxy.hostHeader);
  if (host === undefined) return publicOrigin;
  const scheme = first(request, forwardProxy.protoHeader) ?? 'https';
  const url = hostSyntax.test(host) && /^https?$/i.test(scheme) ? URL.parse(`${scheme}://${host}`) : null;
  if (url === null || !isSecureOrLoopback(url)) {
    throw new TokenkeepError('request_malformed', { detail: 'the front door passes on no https address' });
  }
  return url.origin;
}

const hostSyntax = /^([a-z\d._-]+|\[[\da-f:]+\])(:\d{1,5})?$/i;

function first(request: Request, header: string | undefined): string | undefined {
  return header === undefined ? undefined : request.headers.get(header)?.split(',')[0]?.trim() || undefined;
}
