import type { App } from '../../app.ts';
import type { Cookie } from '../../http/cookies.ts';
import { sessionCookie } from '../../sessions/carrier.ts';
import type { SessionToken } from '../../telemetry/secret.ts';

/**
 * The session cookie as this app sets it; without a token, its deletion. Browsers take `SameSite=None` with `Secure`
 * only, so over plain http, on this very machine, it is Lax.
 */
export function cookieOf(app: App, token: SessionToken | undefined): Cookie {
  const { session, browser } = app.settings;
  const secure = isHttps(app);
  const sameSite = browser.sameSite === 'None' && !secure ? 'Lax' : browser.sameSite;
  return sessionCookie({ secure, sameSite }, token, session.lifetime + session.refreshExtension);
}

/** False only where the app is served to this very machine by plain http. */
export function isHttps({ settings }: App): boolean {
  return settings.publicOrigin.startsWith('https:');
}
