import type { App } from '../../app.ts';
import { isTokenkeepError, TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { problem, redirect } from '../../http/respond.ts';
import type { Provider, SignedIn } from '../../providers/provider.ts';
import { connect } from '../../sessions/connections.ts';
import { type Attempt, checkInTime, recallAttempt } from '../../sign-in/attempt.ts';
import { openValue, sealValue } from '../../sign-in/sealed.ts';
import { Secret } from '../../telemetry/secret.ts';
import { callbackParameters, providerIn, single } from '../route.ts';
import { againFromHere, lacksStrictCookie } from '../strict-cookie.ts';
import { checkSession } from './connecting.ts';
import { land, landConnected, landFailed } from './landing.ts';
import { attemptScope, callbackUrl } from './login.ts';

/** What is read of an authorization response (RFC 6749 section 4.1.2, RFC 9207; RFC 5849 section 2.2). */
const responseParameters = ['state', 'code', 'iss', 'error', 'oauth_token', 'oauth_verifier', 'denied'];

/** `GET` or `POST {prefix}/login/{provider}/callback`: where the provider sends the browser back to. */
export async function callback(request: Request, app: App): Promise<Response> {
  const provider = providerIn(request, app);
  const sent = await callbackParameters(request);
  if (request.method === 'POST') return againAsGet(sent, callbackUrl(app, provider.name), app);
  const parameters = await responseOf(sent, app);
  const { state, oauth_token, denied } = parameters;
  const reference = { state, requestToken: oauth_token ?? denied };
  const { attempt, cookie } = await recallAttempt(reference, provider.name, request, attemptScope(app), app.ring);
  const arrival = { request, provider, cookie, ending: attempt.ending };
  const { connectsIn } = attempt;
  if (connectsIn !== undefined && lacksStrictCookie(request, app)) return againFromHere(request, app);
  try {
    if (connectsIn !== undefined) {
      await checkSession(connectsIn, request, app);
      await connect(connectsIn, provider, await signedIn(attempt, provider, parameters, app), app);
      return landConnected(arrival, app);
    }
    return await land(await signedIn(attempt, provider, parameters, app), arrival, app);
  } catch (error) {
    if (!isTokenkeepError(error)) throw error;
    app.log.event('sign_in_failed', { provider: provider.name }, error);
    return connectsIn === undefined ? landFailed(error, arrival, app) : problem(error, request, undefined, [cookie]);
  }
}
// The attempt's cookie says whose it is; providers that post their answer do so from their own site.
callback.guard = 'none' as const;

/**
 * A form post (OAuth 2.0 Form Post Response Mode) comes from the provider's site, and browsers send no SameSite=Lax
 * cookie along with that. They do with the GET of the same address that follows from here. What Apple says of the user
 * goes along sealed, because names belong into no address.
 */
async function againAsGet(parameters: URLSearchParams, address: string, { ring }: App): Promise<Response> {
  const read = new URLSearchParams([...parameters].filter(([name]) => responseParameters.includes(name)));
  const user = single(parameters, 'user');
  if (user !== undefined && user.length <= longestUser) read.set('user', await sealValue('user', { user }, ring));
  return redirect(`${address}?${read}`, [], 303);
}

/** Longer texts about the user are left out. In characters. */
const longestUser = 1000;

/** Every parameter that is read, once. */
async function responseOf(sent: URLSearchParams, { ring }: App): Promise<Readonly<Record<string, string>>> {
  const sealed = single(sent, 'user');
  const opened = sealed === undefined ? undefined : ((await openValue('user', sealed, ring)) as { user: string });
  const read = responseParameters.flatMap((name) => {
    const value = single(sent, name);
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(read), ...opened };
}

/** Who the provider says has signed in; throws where it is nobody. */
async function signedIn(
  attempt: Attempt,
  provider: Provider,
  parameters: Readonly<Record<string, string>>,
  app: App,
): Promise<SignedIn> {
  checkInTime(attempt, app.platform.clock);
  const refusal = parameters['error'] ?? (parameters['denied'] === undefined ? undefined : 'denied');
  if (refusal !== undefined) {
    throw new TokenkeepError('sign_in_refused', {
      detail: `the provider says ${refusal.replace(/[^\w.-]/g, '_').slice(0, 60)}`,
    });
  }
  const { nonce, codeVerifier, requestToken, asked } = attempt;
  const redeemed = await provider.redeem({
    parameters,
    redirectUri: callbackUrl(app, provider.name),
    nonce,
    codeVerifier,
    ...(requestToken === undefined
      ? {}
      : { requestToken: { ...requestToken, secret: new Secret('request_token_secret', requestToken.secret) } }),
  });
  // Where the answer does not say, it is what was asked for (RFC 6749 section 5.1).
  return { ...redeemed, tokens: { ...asked, ...redeemed.tokens } };
}
