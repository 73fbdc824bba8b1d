import type { AppSettings } from './app-settings.ts';
import type { BrowserSettings } from './settings.ts';

/**
 * Which other sites may call from a browser, and what that asks of the session cookie: without `SameSite=None` browsers
 * send it to this app from pages of its own site only, and with it by https only.
 */
export function browserSettings(app: AppSettings, publicOrigin: string): BrowserSettings {
  const allowedOrigins = app.TOKENKEEP_ALLOWED_ORIGINS ?? [];
  const own = new URL(publicOrigin);
  const isCrossSite = own.protocol === 'https:' && allowedOrigins.some((one) => new URL(one).hostname !== own.hostname);
  return { allowedOrigins, sameSite: app.TOKENKEEP_COOKIE_SAMESITE ?? (isCrossSite ? 'None' : 'Lax') };
}
