import { createHash, randomBytes } from 'node:crypto';
import { type Answer, type Impersonator, type Received, startImpersonator } from './impersonator.ts';

export const github = {
  clientId: 'Iv23liTestClient',
  clientSecret: 'a.client-secret_of-GitHub',
  callback: 'http://localhost:7071/.auth/login/github/callback',
};

/** Members of https://docs.github.com/en/rest/users/users#get-the-authenticated-user, the longer ones left out. */
export const octocat = {
  login: 'octocat',
  id: 583231,
  node_id: 'MDQ6VXNlcjU4MzIzMQ==',
  avatar_url: 'https://avatars.example/u/583231',
  html_url: 'https://github.example/octocat',
  type: 'User',
  site_admin: false,
  name: 'The Octocat' as string | null,
  company: null,
  email: null as string | null,
  public_repos: 8,
};

export type GitHubUser = typeof octocat;

/** One access token and what belongs to it. */
interface Grant {
  readonly clientId: string;
  readonly user: GitHubUser;
  readonly scopes: readonly string[];
  readonly expires: boolean;
  accessToken: string;
  refreshToken: string;
  alive: boolean;
}

export interface GitHubImpersonator extends Impersonator {
  readonly endpoints: { readonly web: string; readonly api: string };
  /** Whom the next sign-in is by, and the addresses that they have. */
  user: GitHubUser;
  emails: readonly { readonly email: string; readonly primary: boolean; readonly verified: boolean }[];
  /** GitHub Apps have permissions in place of scopes; their tokens expire unless the app has opted out. */
  kind: 'oauth-app' | 'github-app';
  /** Whether a GitHub App has the permission "Email addresses". */
  mayReadEmails: boolean;
  /** Gives out an access token without a sign-in, as the device flow of a native client does. */
  issue(options?: { readonly clientId?: string; readonly expires?: boolean }): Grant;
  /** Lets every code and token that is out expire. */
  expireAll(): void;
  /** Whether an access token opens the API. */
  isAlive(accessToken: string): boolean;
}

/** GitHub, as the pages cited beside each route describe it. */
export async function startGitHub(): Promise<GitHubImpersonator> {
  const codes = new Map<string, { url: URL; user: GitHubUser; used: boolean }>();
  let grants: Grant[] = [];
  const draw = (prefix: string) => `${prefix}${randomBytes(18).toString('hex')}`;

  function newGrant(clientId: string, user: GitHubUser, scopes: readonly string[], expires: boolean): Grant {
    const prefix = state.kind === 'github-app' ? 'ghu_' : 'gho_';
    const tokens = { accessToken: draw(prefix), refreshToken: expires ? draw('ghr_') : '' };
    const grant = { clientId, user, scopes, expires, ...tokens, alive: true };
    grants.push(grant);
    return grant;
  }

  const find = (accessToken: string | undefined) =>
    grants.find((grant) => grant.alive && grant.accessToken === accessToken);

  /** https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#1-request-a-users-github-identity */
  function authorize({ url }: Received): Answer {
    const parameters = url.searchParams;
    if (parameters.get('client_id') !== github.clientId) return { status: 404, body: 'Not Found' };
    const back = new URL(github.callback);
    back.searchParams.set('state', parameters.get('state') ?? '');
    if (parameters.get('redirect_uri') !== github.callback) {
      back.searchParams.set('error', 'redirect_uri_mismatch');
      return { status: 302, headers: { location: back.href } };
    }
    const challenged = parameters.has('code_challenge');
    if (challenged && parameters.get('code_challenge_method') !== 'S256') return { status: 400, body: 'S256 only' };
    const code = randomBytes(10).toString('hex');
    codes.set(code, { url, user: state.user, used: false });
    back.searchParams.set('code', code);
    return { status: 302, headers: { location: back.href } };
  }

  /** https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors */
  function accessToken(request: Received): Answer {
    const form = request.form;
    const answer = (body: Record<string, string | number>): Answer =>
      request.headers.accept === 'application/json' ? { body } : { body: String(new URLSearchParams(asText(body))) };
    const refuse = (error: string) =>
      answer({ error, error_description: 'words', error_uri: 'https://docs.github.com' });
    if (form.get('client_id') !== github.clientId || form.get('client_secret') !== github.clientSecret) {
      return refuse('incorrect_client_credentials');
    }
    if (form.get('grant_type') === 'refresh_token') {
      const old = grants.find((grant) => grant.refreshToken !== '' && grant.refreshToken === form.get('refresh_token'));
      if (!old) return refuse('bad_refresh_token');
      grants = grants.filter((grant) => grant !== old);
      return answer(tokenAnswer(newGrant(old.clientId, old.user, old.scopes, true)));
    }
    const code = codes.get(form.get('code') ?? '');
    if (!code || code.used) return refuse('bad_verification_code');
    code.used = true;
    if (form.get('redirect_uri') !== code.url.searchParams.get('redirect_uri')) return refuse('redirect_uri_mismatch');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const asked = code.url.searchParams.get('code_challenge');
    if (asked !== null && asked !== challenge) return refuse('bad_verification_code');
    const scopes = (code.url.searchParams.get('scope') ?? '').split(' ');
    const expires = state.kind === 'github-app' || scopes.includes('offline_access');
    return answer(tokenAnswer(newGrant(github.clientId, code.user, scopes, expires)));
  }

  /** https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api */
  function asUser(request: Received, reply: (grant: Grant) => Answer): Answer {
    if (request.headers['user-agent'] !== 'Tokenkeep') return { status: 403, body: 'Request forbidden' };
    const grant = find(request.headers.authorization?.replace(/^Bearer /, ''));
    return grant ? reply(grant) : { status: 401, body: { message: 'Bad credentials', status: '401' } };
  }

  /** https://docs.github.com/en/rest/users/emails#list-email-addresses-for-the-authenticated-user */
  function emails({ scopes }: Grant): Answer {
    if (state.kind === 'github-app') {
      const forbidden = { status: 403, body: { message: 'Resource not accessible by integration' } };
      return state.mayReadEmails ? { body: state.emails } : forbidden;
    }
    return scopes.includes('user:email') ? { body: state.emails } : { status: 404, body: { message: 'Not Found' } };
  }

  /** https://docs.github.com/en/rest/apps/oauth-applications: a client that is refused is told 404 as well. */
  function aboutToken(request: Received, reply: (grant: Grant) => Answer): Answer {
    const basic = Buffer.from(`${github.clientId}:${github.clientSecret}`).toString('base64');
    const notFound = { status: 404, body: { message: 'Not Found', status: '404' } };
    if (request.headers.authorization !== `Basic ${basic}`) return notFound;
    const { access_token } = JSON.parse(request.body) as { access_token?: unknown };
    if (typeof access_token !== 'string' || !/^gh[ou]_/.test(access_token)) {
      return { status: 422, body: { message: 'Validation Failed' } };
    }
    const grant = find(access_token);
    return grant?.clientId === github.clientId ? reply(grant) : notFound;
  }

  const tokenPath = `/api/applications/${github.clientId}/token`;
  const impersonator = await startImpersonator(() => ({
    'GET /login/oauth/authorize': authorize,
    'POST /login/oauth/access_token': accessToken,
    'GET /api/user': (request) => asUser(request, ({ user }) => ({ body: user })),
    'GET /api/user/emails': (request) => asUser(request, emails),
    [`POST ${tokenPath}`]: (request) =>
      aboutToken(request, ({ user, expires, scopes }) => ({
        body: {
          id: 1,
          scopes,
          expires_at: expires ? new Date(Date.now() + 28_800_000).toISOString() : null,
          app: { client_id: github.clientId, name: 'Tokenkeep', url: 'https://app.example' },
          user: { login: user.login, id: user.id },
        },
      })),
    [`DELETE ${tokenPath}`]: (request) =>
      aboutToken(request, (grant) => {
        grant.alive = false;
        return { status: 204 };
      }),
  }));

  const state: GitHubImpersonator = {
    ...impersonator,
    endpoints: { web: impersonator.origin, api: `${impersonator.origin}/api` },
    user: octocat,
    emails: [
      { email: 'second@example.com', primary: false, verified: true },
      { email: 'octocat@example.com', primary: true, verified: true },
    ],
    kind: 'oauth-app',
    mayReadEmails: true,
    issue: ({ clientId = github.clientId, expires = false } = {}) =>
      newGrant(clientId, state.user, ['user:email'], expires),
    expireAll() {
      grants = [];
      codes.clear();
    },
    isAlive: (token) => find(token) !== undefined,
  };
  return state;
}

/** https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#2-users-are-redirected-back-to-your-site-by-github */
function tokenAnswer({ accessToken, refreshToken, scopes, expires }: Grant): Record<string, string | number> {
  const lifetimes = { expires_in: 28_800, refresh_token: refreshToken, refresh_token_expires_in: 15_897_600 };
  return { access_token: accessToken, scope: scopes.join(','), token_type: 'bearer', ...(expires ? lifetimes : {}) };
}

function asText(body: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)]));
}
