import type { App } from '../app.ts';
import type { Cookie } from '../http/cookies.ts';
import { sessionCookie } from '../sessions/carrier.ts';
import type { SessionToken } from '../telemetry/secret.ts';

/** The session cookie as this app sets it; without a token, its deletion. */
export function cookieOf(app: App, token: SessionToken | undefined): Cookie {
  const { lifetime, refreshExtension } = app.settings.session;
  return sessionCookie(isHttps(app), token, lifetime + refreshExtension);
}

/** False only where the app is served to this very machine by plain http. */
export function isHttps({ settings }: App): boolean {
  return settings.publicOrigin.startsWith('https:');
}
