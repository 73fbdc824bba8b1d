import type { App } from '../app.ts';

/** Where to sign in: at the provider to go to without being asked, or the only one; else the page that offers them. */
export function loginPath({ settings }: App): string {
  const [only, ...others] = settings.providers;
  const name = settings.redirectToProvider ?? (others.length === 0 ? only?.name : undefined);
  return name === undefined ? `${settings.apiPrefix}/login` : `${settings.apiPrefix}/login/${name}`;
}
