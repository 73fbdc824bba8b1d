import type { App } from '../app.ts';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { redirect } from '../http/respond.ts';
import { newAttempt, rememberAttempt } from '../sign-in/attempt.ts';
import { redirectTarget } from '../sign-in/redirect-target.ts';
import { providerIn, single } from './route.ts';
import { isHttps } from './session-cookie.ts';

/** Parameters of our own; all others go to the provider. */
const own = new Set(['post_login_redirect_uri', 'post_login_redirect_url', 'session_mode']);
/** Parameters that are Tokenkeep's to set, or would change what the provider answers and how (RFC 9101 included). */
const reserved = new Set([
  'response_type',
  'response_mode',
  'client_id',
  'client_secret',
  'redirect_uri',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'request',
  'request_uri',
]);

/** `GET {prefix}/login/{provider}`: sends the browser to the provider. */
export async function login(request: Request, app: App): Promise<Response> {
  const { settings, platform, ring, log } = app;
  const provider = providerIn(request, app);
  const parameters = new URL(request.url).searchParams;
  const requested = single(parameters, 'post_login_redirect_uri') ?? single(parameters, 'post_login_redirect_url');
  const sessionMode = single(parameters, 'session_mode') ?? 'cookie';
  if (sessionMode !== 'cookie' && sessionMode !== 'token') {
    throw new TokenkeepError('request_malformed', { detail: 'session_mode is token or cookie' });
  }
  const target =
    requested === undefined
      ? undefined
      : redirectTarget(requested, settings.publicOrigin, settings.signIn.allowedExternalRedirectUrls);

  const lifetime = settings.signIn.attemptLifetime;
  const attempt = newAttempt(platform, { provider: provider.name, sessionMode, target, lifetime });
  const { state, cookies } = await rememberAttempt(attempt, request, attemptScope(app), ring, platform);
  const url = await provider.authorizationUrl({
    redirectUri: callbackUrl(app, provider.name),
    state,
    nonce: attempt.nonce,
    codeVerifier: attempt.codeVerifier,
    extra: passedThrough(parameters),
  });
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

function passedThrough(parameters: URLSearchParams): Record<string, string> {
  const extra: Record<string, string> = {};
  for (const name of parameters.keys()) {
    if (reserved.has(name))
      throw new TokenkeepError('request_malformed', { detail: `parameter ${name} cannot be set` });
    const value = own.has(name) ? undefined : single(parameters, name);
    if (value !== undefined) extra[name] = value;
  }
  return extra;
}
