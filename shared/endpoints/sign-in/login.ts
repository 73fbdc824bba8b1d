import type { App } from '../../app.ts';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { redirect } from '../../http/respond.ts';
import { askedBy, newAttempt, rememberAttempt, stateOf } from '../../sign-in/attempt.ts';
import { type EndingParameters, endingParameters, requestedEnding } from '../../sign-in/ending.ts';
import { redirectTarget } from '../../sign-in/redirect-target.ts';
import { providerIn, single } from '../route.ts';
import { isHttps } from '../session/session-cookie.ts';
import { isTrustedOrigin } from '../trusted-origin.ts';
import { grantedBefore, sessionToConnectIn } from './connecting.ts';

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
  const { own, connects, extra } = parametersOf(request);
  const session = connects === undefined ? undefined : await sessionToConnectIn(connects, request, app);
  const ending = requestedEnding(own, {
    addressOf: (requested) =>
      redirectTarget(requested, settings.publicOrigin, settings.signIn.allowedExternalRedirectUrls),
    trusts: (origin) => isTrustedOrigin(origin, app),
  });

  if (session && ending.kind !== 'cookie') {
    throw new TokenkeepError('request_malformed', { detail: 'connect ends at a landing address, without a token' });
  }

  const lifetime = settings.signIn.attemptLifetime;
  const connectsIn = session ? { connectsIn: session.id } : {};
  const attempt = newAttempt(platform, { provider: provider.name, ending, lifetime, ...connectsIn });
  const { url, requestToken } = await provider.authorizationUrl({
    redirectUri: callbackUrl(app, provider.name),
    state: stateOf(attempt),
    nonce: attempt.nonce,
    codeVerifier: attempt.codeVerifier,
    extra,
    ...(session ? { addsTo: grantedBefore(session, provider.name) } : {}),
  });
  const kept = {
    ...attempt,
    asked: askedBy(url),
    ...(requestToken ? { requestToken: { token: requestToken.token, secret: requestToken.secret.reveal() } } : {}),
  };
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

/** What the address says of how the sign-in is to end and what it is for, and what it says to the provider. */
function parametersOf(request: Request): {
  own: EndingParameters;
  connects?: string | undefined;
  extra: Record<string, string>;
} {
  const parameters = new URL(request.url).searchParams;
  const own: Record<string, string> = {};
  const extra: Record<string, string> = {};
  for (const name of new Set(parameters.keys())) {
    if (reserved.has(name.toLowerCase()))
      throw new TokenkeepError('request_malformed', { detail: `parameter ${name} cannot be set` });
    const value = single(parameters, name);
    if (value !== undefined) (isOwn(name) ? own : extra)[name] = value;
  }
  const { connect: connects, ...others } = extra;
  return { own, connects, extra: others };
}

function isOwn(name: string): boolean {
  return (endingParameters as readonly string[]).includes(name);
}
