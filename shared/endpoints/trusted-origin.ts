import type { App } from '../app.ts';

/** Whether it is the app's own origin, one whose scripts may call it, or one that a sign-in may land on. */
export function isTrustedOrigin(origin: string, { settings }: App): boolean {
  const { publicOrigin, browser, signIn } = settings;
  if (origin === publicOrigin || browser.allowedOrigins.includes(origin)) return true;
  // `null` is the origin of custom schemes, and of every page that hides its own.
  return origin !== 'null' && signIn.allowedExternalRedirectUrls.some((url) => new URL(url).origin === origin);
}
