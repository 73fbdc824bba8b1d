import type { App } from '../../app.ts';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { redirect } from '../../http/respond.ts';
import { newAttempt, rememberAttempt, stateOf } from '../../sign-in/attempt.ts';
import { type EndingParameters, endingParameters, requestedEnding } from '../../sign-in/ending.ts';
import { redirectTarget } from '../../sign-in/redirect-target.ts';
import { providerIn, single } from '../route.ts';
import { isHttps } from '../session/session-cookie.ts';
import { isTrustedOrigin } from '../trusted-origin.ts';

/**
 * Parameters that are Tokenkeep's to set, or would change what the provider answers and how (RFC 9101 included), in
 * whatever case: some providers make no difference.
 */
const reserved = new Set([
  'response_type',
  'response_mode',
  'client_id',
  'client_secret',
  'redirect_uri',
  'state',
  'nonce',
  'request',
  'request_uri',
]);

/** `GET {prefix}/login/{provider}`: sends the browser to the provider. */
export async function login(request: Request, app: App): Promise<Response> {
  const { settings, platform, ring, log } = app;
  const provider = providerIn(request, app);
  const { own, extra } = parametersOf(request);
  const ending = requestedEnding(own, {
    addressOf: (requested) =>
      redirectTarget(requested, settings.publicOrigin, settings.signIn.allowedExternalRedirectUrls),
    trusts: (origin) => isTrustedOrigin(origin, app),
  });

  const lifetime = settings.signIn.attemptLifetime;
  const attempt = newAttempt(platform, { provider: provider.name, ending, lifetime });
  const { url, requestToken } = await provider.authorizationUrl({
    redirectUri: callbackUrl(app, provider.name),
    state: stateOf(attempt),
    nonce: attempt.nonce,
    codeVerifier: attempt.codeVerifier,
    extra,
  });
  const kept = requestToken
    ? { ...attempt, requestToken: { token: requestToken.token, secret: requestToken.secret.reveal() } }
    : attempt;
  const cookies = await rememberAttempt(kept, request, attemptScope(app), ring, platform.clock);
  log.event('sign_in_started', { provider: provider.name });
  return redirect(url.href, cookies);
}

export function callbackUrl({ settings }: App, provider: string): string {
  return `${settings.publicOrigin}${settings.apiPrefix}/login/${provider}/callback`;
}

/**
 * The cookies of attempts go to logins and callbacks only. They are not kept apart by provider, since a client that
 * writes its name in another case would then send none of them, and their number could grow.
 */
export function attemptScope(app: App): { path: string; secure: boolean } {
  return { path: `${app.settings.apiPrefix}/login`, secure: isHttps(app) };
}

/** What the address says of how the sign-in is to end, and what it says to the provider. */
function parametersOf(request: Request): { own: EndingParameters; extra: Record<string, string> } {
  const parameters = new URL(request.url).searchParams;
  const own: Record<string, string> = {};
  const extra: Record<string, string> = {};
  for (const name of new Set(parameters.keys())) {
    if (reserved.has(name.toLowerCase()))
      throw new TokenkeepError('request_malformed', { detail: `parameter ${name} cannot be set` });
    const value = single(parameters, name);
    if (value !== undefined) (isOwn(name) ? own : extra)[name] = value;
  }
  return { own, extra };
}

function isOwn(name: string): boolean {
  return (endingParameters as readonly string[]).includes(name);
}
