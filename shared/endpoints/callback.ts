import type { App } from '../app.ts';
import { isTokenkeepError, TokenkeepError } from '../errors/tokenkeep-error.ts';
import type { Cookie } from '../http/cookies.ts';
import { problem, redirect } from '../http/respond.ts';
import type { Provider } from '../providers/provider.ts';
import { authenticate } from '../sessions/authenticate.ts';
import { carriedToken, sessionCookie } from '../sessions/carrier.ts';
import { type Attempt, recallAttempt } from '../sign-in/attempt.ts';
import { newSession } from '../sign-in/new-session.ts';
import { attemptScope, callbackUrl } from './login.ts';
import { callbackParameters, providerIn, single } from './route.ts';
import { tokenReply } from './token-reply.ts';

/** `GET` or `POST {prefix}/login/{provider}/callback`: where the provider sends the browser back to. */
export async function callback(request: Request, app: App): Promise<Response> {
  const provider = providerIn(request, app);
  const parameters = await callbackParameters(request);
  const state = single(parameters, 'state');
  if (state === undefined) throw new TokenkeepError('sign_in_state_invalid', { detail: 'there is no state' });
  const scope = attemptScope(app, provider.name);
  const { attempt, cookie } = await recallAttempt(state, provider.name, request, scope, app.ring, app.platform);
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

async function finish(
  attempt: Attempt,
  cookie: Cookie,
  provider: Provider,
  parameters: URLSearchParams,
  request: Request,
  app: App,
): Promise<Response> {
  const { settings, platform, ring, store, sessionTokens, log } = app;
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
  await replaceOldSession(request, app);
  log.event('sign_in_finished', { provider: provider.name, session: session.id });

  const token = await sessionTokens.issue(session, key);
  if (attempt.sessionMode === 'token') {
    return redirect(withFragment(landing(attempt, app), 'token', JSON.stringify(tokenReply(session, token))), [cookie]);
  }
  const { lifetime, refreshExtension } = settings.session;
  return redirect(landing(attempt, app), [
    cookie,
    sessionCookie(settings.publicOrigin.startsWith('https:'), token, lifetime + refreshExtension),
  ]);
}

/** A browser has one session: the one it had before ends. Its tokens are not revoked, since that may end the new grant too. */
async function replaceOldSession(request: Request, { sessionTokens, store, platform, log }: App): Promise<void> {
  if (carriedToken(request)?.carrier !== 'cookie') return;
  try {
    const { session } = await authenticate(request, sessionTokens, store, platform.clock);
    await store.end(session);
    log.event('signed_out', { session: session.id, reason: 'replaced' });
  } catch (error) {
    if (!isTokenkeepError(error)) throw error;
  }
}

function landing({ target }: Attempt, { settings }: App): string {
  return target ?? `${settings.publicOrigin}${settings.apiPrefix}/login/done`;
}

function withFragment(url: string, name: 'token' | 'error', value: string): string {
  return `${url.split('#')[0]}#${name}=${encodeURIComponent(value)}`;
}
