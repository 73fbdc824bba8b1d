import type { App } from '../../app.ts';
import { type Cookie, requestCookies } from '../../http/cookies.ts';
import { seconds } from '../../platform.ts';
import { openValue, sealValue } from '../../sign-in/sealed.ts';
import { isHttps } from './session-cookie.ts';

const cookieName = 'AppServiceAuthLogout';
/** Seconds that signing out at the provider may take. */
const longestSignOut = 600;

/**
 * A cookie that keeps where to land while the browser is away at the provider: providers come back to registered
 * addresses only, so the address that the app has named cannot be in the one that they are given.
 */
export async function rememberLanding(target: string, app: App): Promise<Cookie> {
  const expiresAt = seconds(app.platform.clock) + longestSignOut;
  return landingCookie(app, await sealValue('logout', { target, expiresAt }, app.ring));
}

/** Where to land, as checked when the sign-out began; undefined where that was not said, or too long ago. */
export async function rememberedLanding(request: Request, app: App): Promise<string | undefined> {
  const sealed = requestCookies(request).get(cookieName);
  if (sealed === undefined) return undefined;
  const kept = (await openValue('logout', sealed, app.ring)) as { target: string; expiresAt: number } | undefined;
  return kept && kept.expiresAt > seconds(app.platform.clock) ? kept.target : undefined;
}

/** Without a value, the deletion of the cookie. */
export function landingCookie(app: App, value: string): Cookie {
  const path = `${app.settings.apiPrefix}/logout`;
  return {
    name: cookieName,
    value,
    path,
    maxAge: value === '' ? 0 : longestSignOut,
    secure: isHttps(app),
    sameSite: 'Lax',
  };
}
