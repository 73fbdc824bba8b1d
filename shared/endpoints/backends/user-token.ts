import type { App } from '../../app.ts';
import { type GivenToken, tokenOfAbsentUser } from '../../backends/absent-user.ts';
import { isTokenkeepError } from '../../errors/tokenkeep-error.ts';
import { json, problem } from '../../http/respond.ts';
import type { Target } from '../../providers/provider.ts';
import { dotNetTime } from '../../sessions/entry-view.ts';
import type { BackendSettings } from '../../settings/settings.ts';
import { single } from '../route.ts';
import { namesIn, purposeOf } from './absent-user-request.ts';

/**
 * `GET {prefix}/users/{user}/tokens/{provider}[?scope=|?resource=]`: an access token of a user who is not there, for a
 * program of `backends` in auth.json. It shows who it is by a token of its own and says what it wants the user's for.
 * Neither the session cookie nor a session token in a header is looked at.
 */
export async function userToken(request: Request, app: App): Promise<Response> {
  let backend: BackendSettings | undefined;
  try {
    backend = await app.backendOf(request);
    return await answer(request, backend, app);
  } catch (error) {
    if (!isTokenkeepError(error) || error.row.status >= 500) throw error;
    app.log.event('backend_token_refused', { backend: backend?.name }, error);
    return problem(error, request);
  }
}

async function answer(request: Request, backend: BackendSettings, app: App): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const { user, provider } = namesIn(pathname.slice(`${app.settings.apiPrefix}/users/`.length));
  const purpose = purposeOf(request);
  const given = await tokenOfAbsentUser({ backend, user, provider, asked: askedIn(searchParams), purpose }, app);
  app.log.event('backend_token_given', { backend: backend.name, provider, purpose, session: given.session.id });
  return json(tokenAnswer(provider, given, app));
}

function askedIn(parameters: URLSearchParams): Target {
  const [resource, scope] = [single(parameters, 'resource'), single(parameters, 'scope')];
  return { ...(resource === undefined ? {} : { resource }), ...(scope === undefined ? {} : { scope }) };
}

/** As a token endpoint answers (RFC 6749 section 5.1), with the names and times of `me`. */
function tokenAnswer(name: string, { token, scopes, entry }: GivenToken, { provider }: App): object {
  return {
    access_token: token.accessToken.reveal(),
    token_type: 'Bearer',
    ...(token.expiresAt === undefined ? {} : { expires_on: dotNetTime(token.expiresAt) }),
    ...(scopes === undefined ? {} : { scope: scopes.join(' ') }),
    provider_name: name,
    user_id: provider(name)?.displayName(entry.claims, entry.subject) ?? entry.subject,
  };
}
