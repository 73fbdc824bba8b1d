import type { App } from '../app.ts';
import { isTokenkeepError, TokenkeepError } from '../errors/tokenkeep-error.ts';
import type { Cookie } from '../http/cookies.ts';
import { problem, redirect } from '../http/respond.ts';
import type { Provider } from '../providers/provider.ts';
import { authenticate } from '../sessions/authenticate.ts';
import { carriedToken } from '../sessions/carrier.ts';
import { type Attempt, checkInTime, recallAttempt } from '../sign-in/attempt.ts';
import { newSession } from '../sign-in/new-session.ts';
import { attemptScope, callbackUrl } from './login.ts';
import { callbackParameters, providerIn, single } from './route.ts';
import { cookieOf } from './session-cookie.ts';
import { tokenReply } from './token-reply.ts';

/** What is read of an authorization response (RFC 6749 section 4.1.2, RFC 9207). */
const responseParameters = ['state', 'code', 'iss', 'error'];

/** `GET` or `POST {prefix}/login/{provider}/callback`: where the provider sends the browser back to. */
export async function callback(request: Request, app: App): Promise<Response> {
  const provider = providerIn(request, app);
  const parameters = await callbackParameters(request);
  if (request.method === 'POST') return againAsGet(parameters, callbackUrl(app, provider.name));
  const state = single(parameters, 'state');
  if (state === undefined) throw new TokenkeepError('sign_in_state_invalid', { detail: 'there is no state' });
  const { attempt, cookie } = await recallAttempt(state, provider.name, request, attemptScope(app), app.ring);
  try {
    return await finish(attempt, cookie, provider, parameters, request, app);
  } catch (error) {
    if (!isTokenkeepError(error)) throw error;
    app.log.event('sign_in_failed', { provider: provider.name }, error);
    return attempt.sessionMode === 'token'
      ? redirect(withFragment(landing(attempt, app), 'error', error.message), [cookie])
      : problem(error, request, `${app.settings.apiPrefix}/login/${provider.name}`, [cookie]);
  }
}

/**
 * A form post (OAuth 2.0 Form Post Response Mode) comes from the provider's site, and browsers send no SameSite=Lax
 * cookie along with that. They do with the GET of the same address that follows from here.
 */
function againAsGet(parameters: URLSearchParams, address: string): Response {
  const read = [...parameters].filter(([name]) => responseParameters.includes(name));
  return redirect(`${address}?${new URLSearchParams(read)}`, [], 303);
}

async function finish(
  attempt: Attempt,
  cookie: Cookie,
  provider: Provider,
  parameters: URLSearchParams,
  request: Request,
  app: App,
): Promise<Response> {
  const { settings, platform, ring, store, sessionTokens, log } = app;
  checkInTime(attempt, platform.clock);
  const refusal = single(parameters, 'error');
  if (refusal !== undefined) {
    throw new TokenkeepError('sign_in_refused', {
      detail: `the provider says ${refusal.replace(/[^\w.-]/g, '_').slice(0, 60)}`,
    });
  }
  const code = single(parameters, 'code');
  if (code === undefined) throw new TokenkeepError('request_malformed', { detail: 'there is no code' });

  const signedIn = await provider.redeem({
    code,
    issuer: single(parameters, 'iss'),
    redirectUri: callbackUrl(app, provider.name),
    nonce: attempt.nonce,
    codeVerifier: attempt.codeVerifier,
  });
  const { session, key } = newSession(provider.name, signedIn, settings.session, await ring.newest(), platform);
  await store.create(session);
  log.event('sign_in_finished', { provider: provider.name, session: session.id });

  const token = await sessionTokens.issue(session, key);
  if (attempt.sessionMode === 'token') {
    return redirect(withFragment(landing(attempt, app), 'token', JSON.stringify(tokenReply(session, token))), [cookie]);
  }
  await replaceOldSession(request, app);
  return redirect(landing(attempt, app), [cookie, cookieOf(app, token)]);
}

/**
 * A browser has one session: the one whose cookie is replaced ends, even if it has expired and could only be refreshed.
 * Its tokens are not revoked, since that may end the new grant too.
 */
async function replaceOldSession(request: Request, app: App): Promise<void> {
  if (carriedToken(request)?.carrier !== 'cookie') return;
  const { settings, sessionTokens, store, platform, log } = app;
  try {
    const extension = settings.session.refreshExtension;
    const { session } = await authenticate(request, sessionTokens, store, platform.clock, extension);
    await store.end(session);
    log.event('signed_out', { session: session.id, reason: 'replaced' });
  } catch (error) {
    if (!isTokenkeepError(error)) throw error;
    if (error.row.status !== 401) log.event('request_failed', { reason: 'the old session may not have ended' }, error);
  }
}

function landing({ target }: Attempt, { settings }: App): string {
  return target ?? `${settings.publicOrigin}${settings.apiPrefix}/login/done`;
}

function withFragment(url: string, name: 'token' | 'error', value: string): string {
  return `${url.split('#')[0]}#${name}=${encodeURIComponent(value)}`;
}
