import type { App } from '../../app.ts';
import { isTokenkeepError } from '../../errors/tokenkeep-error.ts';
import { json, problem } from '../../http/respond.ts';
import { deviceOf } from '../../sign-in/device.ts';
import { jsonBody } from '../json-body.ts';
import { providerIn } from '../route.ts';
import { tokenReply } from '../session/token-reply.ts';
import { beginSession } from './begin-session.ts';
import { clientTokens } from './client-tokens.ts';

/**
 * `POST {prefix}/login/{provider}`: client-directed sign-in. A client that has signed in with the provider's own SDK
 * hands the tokens over, as JSON, and is given a session token for them; no cookie is set.
 */
export async function clientSignIn(request: Request, app: App): Promise<Response> {
  const provider = providerIn(request, app);
  const tokens = await jsonBody(request, clientTokens);
  try {
    const signedIn = await provider.signInWith(tokens);
    const signIn = { ...signedIn, device: deviceOf(request.headers.get('user-agent')) };
    const { session, token } = await beginSession(provider, signIn, app);
    return json(tokenReply(session, token));
  } catch (error) {
    if (!isTokenkeepError(error)) throw error;
    app.log.event('sign_in_failed', { provider: provider.name }, error);
    return problem(error, request, `${app.settings.apiPrefix}/login/${provider.name}`);
  }
}
// The cookie that a browser may send along says nothing here, and none is set.
clientSignIn.guard = 'none' as const;
