import type { App } from '../../app.ts';
import { variableName } from '../../gateway/variable-name.ts';
import { entryView } from '../../sessions/entry-view.ts';
import { principalHeaders, tokenHeaders } from '../../sessions/principal-headers.ts';
import type { ExposedToken } from '../../settings/settings.ts';
import type { Entry, Session } from '../../token-store/session.ts';
import { principalSource } from './principal-source.ts';

/**
 * What servers take, in characters: one header with its name in front of nginx and Apache (8 KiB and 8,190 bytes), and
 * all of them together in front of Node.js and IIS (16 KiB, of which the browser's own headers need some).
 */
const longestHeader = 8_000;
const longestTogether = 12 * 1024;

/** What says that nobody is signed in: a proxy that copies it overwrites what a client has made up. */
export const nobodyHeaders: Readonly<Record<string, string>> = {
  'x-ms-client-principal': '',
  'x-ms-client-principal-id': '',
  'x-ms-client-principal-name': '',
  'x-ms-client-principal-idp': '',
};

/** Whether a header is one of these, or may be taken for one. */
export function isIdentityHeader(name: string): boolean {
  return /^x-ms-(client-principal(-|$)|token-)/.test(variableName(name));
}

/**
 * The headers in which a server learns who its user is, and gets the user's tokens of these kinds. A token that no
 * header can hold is left out, and so is what servers would refuse the request for: tokens of accounts that the user
 * has connected first. The log then names the headers.
 */
export function identityHeaders(
  session: Session,
  app: App,
  kinds: readonly ExposedToken[],
): Readonly<Record<string, string>> {
  const { provider: main, entries } = session;
  const names = [main, ...Object.keys(entries).filter((name) => name !== main)];
  const tokens = names.flatMap((name) => {
    const entry = entries[name];
    return entry ? Object.entries(tokensOf(name, entry, app, kinds)) : [];
  });
  const signedIn = entries[main];
  const principal = signedIn ? principalHeaders(signedIn, principalSource(main, signedIn, app)) : {};
  const headers: Record<string, string> = { ...nobodyHeaders, ...principal };
  const leftOut: string[] = [];
  let length = Object.entries(headers).reduce((sum, header) => sum + lineLength(header), 0);
  for (const [name, value] of tokens) {
    const line = lineLength([name, value]);
    if (!/^[!-~]+$/.test(value) || line > longestHeader || length + line > longestTogether) {
      leftOut.push(name);
      continue;
    }
    headers[name] = value;
    length += line;
  }
  if (leftOut.length > 0)
    app.log.event('identity_headers_left_out', { session: session.id, headers: leftOut.join(' ') });
  return headers;
}

function tokensOf(name: string, entry: Entry, { settings }: App, kinds: readonly ExposedToken[]) {
  const view = entryView(name, entry, {
    userId: entry.subject,
    claimTypes: { types: {} },
    legacyClaims: settings.claims.legacy,
    exposed: kinds,
    token: kinds.includes('access_token') ? entry : undefined,
  });
  return tokenHeaders(view);
}

/** As HTTP/1.1 writes it: the name, a colon, a space, the value and the end of the line. */
function lineLength([name, value]: [string, string]): number {
  return name.length + value.length + 4;
}
