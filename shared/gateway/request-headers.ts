import { withoutOwnCookies } from './cookies.ts';
import { endToEnd } from './end-to-end.ts';
import { variableName } from './variable-name.ts';

/** What becomes of a request's headers on the way to the upstream. */
export interface RequestRewriting {
  /** Host and port of the upstream. */
  readonly host: string;
  /** Where the browser sees the app. */
  readonly publicOrigin: string;
  readonly hasBody: boolean;
  /** Names, in lower case, of what must not get through from outside. */
  readonly drops: (name: string) => boolean;
  /** Put in, with names in lower case. */
  readonly added: Readonly<Record<string, string>>;
}

/**
 * What says where a request came from or went to, which is for the gateway to say; what frameworks take for the path in
 * place of the one that was looked at; what the Functions host adds for itself; `Expect`, which it has answered; and
 * `Proxy`, which CGI takes for a setting (https://httpoxy.org).
 */
const replaced =
  /^(host|proxy|forwarded|x-forwarded-(?!for$).*|x-original-url|x-rewrite-url|x-ms-invocation-id|expect)$/;

/** The headers that the upstream gets. `X-Forwarded-For` is passed on as the platform has set it. */
export function requestHeaders(inbound: Headers, rewriting: RequestRewriting): Headers {
  const { host, publicOrigin, hasBody, drops, added } = rewriting;
  const outgoing = new Headers();
  for (const [name, value] of endToEnd(inbound)) {
    if (drops(name) || replaced.test(variableName(name))) continue;
    // A body that the Functions library has dropped, of a GET, must not be waited for.
    if (name === 'content-length' && !hasBody) continue;
    const passed = name === 'cookie' ? withoutOwnCookies(value) : value;
    if (passed !== undefined) outgoing.set(name, passed);
  }
  for (const [name, value] of Object.entries(added)) outgoing.set(name, value);
  const { host: publicHost, protocol } = new URL(publicOrigin);
  outgoing.set('host', host);
  outgoing.set('x-forwarded-host', publicHost);
  outgoing.set('x-forwarded-proto', protocol.slice(0, -1));
  return outgoing;
}
