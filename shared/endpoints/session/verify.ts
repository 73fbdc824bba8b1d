import type { App } from '../../app.ts';
import { json } from '../../http/respond.ts';
import { principalHeaders, tokenHeaders } from '../../sessions/principal-headers.ts';
import { upToDate, viewOf } from './me.ts';

/**
 * `GET {prefix}/verify`: for a proxy that asks about each request before it lets it through. 200 with the headers
 * that App Service gives to servers; 401 without a session. A token about to expire is refreshed first.
 */
export async function verify(request: Request, app: App): Promise<Response> {
  const authenticated = await app.authenticate(request);
  const session = await upToDate(authenticated.session, app);
  const response = json({ user: { userId: session.sid } });
  for (const [name, entry] of Object.entries(session.entries)) {
    const provider = app.provider(name);
    if (name === session.provider && provider) {
      const headers = principalHeaders(entry, {
        name,
        principalId: provider.principalId(entry.claims, entry.subject),
        displayName: provider.displayName(entry.claims, entry.subject),
        claimTypes: provider.claimTypes,
        legacyClaims: app.settings.claims.legacy,
      });
      for (const [header, value] of Object.entries(headers)) response.headers.set(header, value);
    }
    const tokens = tokenHeaders(viewOf(name, entry, entry, app));
    for (const [header, value] of Object.entries(tokens)) response.headers.set(header, value);
  }
  return response;
}
