import { createHash, randomBytes } from 'node:crypto';
import { type Answer, type Impersonator, type Received, startImpersonator } from './impersonator.ts';

export const xApp = {
  clientId: 'M1M5R3BMVy13QmpScXkzTUt5OE46MTpjaQ',
  clientSecret: '-RoKx3x58JA8Sm9JIt2fmAjq3q5GX-bqZ3vjJx_SeGsdmGtXEbP',
  callback: 'http://localhost:7071/.auth/login/twitter/callback',
};

/** https://docs.x.com/x-api/fundamentals/data-dictionary */
const xUser = {
  id: '2244994945',
  name: 'X Developers',
  username: 'XDevelopers',
  url: 'https://t.example/dev',
  description: 'The voice of the X developer community',
  location: '127.0.0.1',
  verified: true,
  profile_image_url: 'https://images.example/dev.png',
  confirmed_email: 'dev@example.com',
};

interface Grant {
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface TwitterImpersonator extends Impersonator {
  readonly endpoints: Readonly<Record<'authorization' | 'token' | 'revocation' | 'user', string>>;
  /** Whether the app has a client secret. */
  isPublic: boolean;
  /** Gives tokens to a native client of this app or of another. */
  issue(clientId?: string): Grant;
  /** An OAuth 1.0a token and its secret, given to this app. */
  readonly legacyToken: { readonly key: string; readonly secret: string };
  expireAll(): void;
  isAlive(accessToken: string): boolean;
}

/** X with OAuth 2.0, as https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token describes it. */
export async function startTwitter(): Promise<TwitterImpersonator> {
  const codes = new Map<string, URL>();
  let grants: Grant[] = [];
  const draw = () => randomBytes(24).toString('base64url');

  /** The words are those that X answers, where its pages do not give them. */
  const refuse = (error: string, error_description: string, status = 400): Answer => ({
    status,
    body: { error, error_description },
  });

  function newGrant(clientId: string, scopes: readonly string[]): Grant {
    const refreshToken = scopes.includes('offline.access') ? draw() : '';
    const grant = { clientId, scopes, accessToken: draw(), refreshToken };
    grants.push(grant);
    return grant;
  }

  function tokenAnswer({ accessToken, refreshToken, scopes }: Grant): Answer {
    const answer = { token_type: 'bearer', expires_in: 7200, access_token: accessToken, scope: scopes.join(' ') };
    return { body: refreshToken === '' ? answer : { ...answer, refresh_token: refreshToken } };
  }

  /** https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code#parameters */
  function authorize({ url }: Received): Answer {
    const parameters = url.searchParams;
    const isKnown = parameters.get('client_id') === xApp.clientId && parameters.get('redirect_uri') === xApp.callback;
    const isChallenged = parameters.has('code_challenge') && parameters.get('code_challenge_method') === 'S256';
    if (!isKnown || !isChallenged) return { status: 400, body: 'Something went wrong' };
    const code = draw();
    codes.set(code, url);
    const answer = new URLSearchParams({ state: parameters.get('state') ?? '', code });
    return { status: 302, headers: { location: `${xApp.callback}?${answer}` } };
  }

  /** Confidential clients by Basic, id and secret as they are; public ones by `client_id` in the body. */
  function asClient(request: Received, reply: () => Answer): Answer {
    const basic = `Basic ${Buffer.from(`${xApp.clientId}:${xApp.clientSecret}`).toString('base64')}`;
    const { authorization } = request.headers;
    if (state.isPublic ? authorization !== undefined : authorization !== basic) {
      return refuse('unauthorized_client', 'Missing valid authorization header', 401);
    }
    if (request.form.get('client_id') !== xApp.clientId) {
      return refuse('invalid_request', 'Missing required parameter [client_id].');
    }
    return reply();
  }

  function token(request: Received): Answer {
    const { form } = request;
    switch (form.get('grant_type')) {
      case 'authorization_code':
        return redeemCode(form);
      case 'refresh_token': {
        const old = grants.find(
          (grant) => grant.refreshToken !== '' && grant.refreshToken === form.get('refresh_token'),
        );
        if (old?.clientId !== xApp.clientId)
          return refuse('invalid_request', 'Value passed for the token was invalid.');
        grants = grants.filter((grant) => grant !== old);
        return tokenAnswer(newGrant(old.clientId, old.scopes));
      }
      case 'urn:ietf:params:oauth:grant-type:token-exchange':
        return exchangeLegacyToken(form);
      default:
        return refuse('unsupported_grant_type', 'words');
    }
  }

  function redeemCode(form: URLSearchParams): Answer {
    const asked = codes.get(form.get('code') ?? '')?.searchParams;
    codes.delete(form.get('code') ?? '');
    if (!asked) return refuse('invalid_request', 'Value passed for the authorization code was invalid.');
    if (form.get('redirect_uri') !== asked.get('redirect_uri')) {
      const words = 'Value passed for the redirect uri did not match the uri of the authorization code.';
      return refuse('invalid_request', words);
    }
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (challenge !== asked.get('code_challenge')) {
      return refuse('invalid_request', 'Value passed for the code verifier did not match the code challenge.');
    }
    return tokenAnswer(newGrant(xApp.clientId, (asked.get('scope') ?? '').split(' ')));
  }

  /** https://docs.x.com/fundamentals/authentication/oauth-2-0/oauth-1-0a-token-exchange */
  function exchangeLegacyToken(form: URLSearchParams): Answer {
    const { key, secret } = state.legacyToken;
    if (
      form.get('subject_token_type') !== 'urn:x:params:oauth:token-type:oauth1_token' ||
      !form.get('oauth_token_secret')
    ) {
      return refuse('invalid_request', 'words');
    }
    const isAccepted = form.get('subject_token') === key && form.get('oauth_token_secret') === secret;
    if (!isAccepted) return refuse('invalid_grant', 'words');
    return tokenAnswer(newGrant(xApp.clientId, ['tweet.read', 'users.read', 'users.email', 'offline.access']));
  }

  /** https://docs.x.com/x-api/users/lookup/quickstart/authenticated-lookup: id, name and username come unasked. */
  function user({ headers, url }: Received): Answer {
    const grant = grants.find(({ accessToken }) => headers.authorization === `Bearer ${accessToken}`);
    if (!grant) return { status: 401, body: { title: 'Unauthorized', status: 401, detail: 'Unauthorized' } };
    const fields = (url.searchParams.get('user.fields') ?? '').split(',').filter((field) => field !== '');
    const needed = ['tweet.read', 'users.read', ...(fields.includes('confirmed_email') ? ['users.email'] : [])];
    if (!needed.every((scope) => grant.scopes.includes(scope))) {
      return { status: 403, body: { title: 'Forbidden', status: 403, detail: 'Forbidden' } };
    }
    const shown = Object.entries(xUser).filter(([name]) => ['id', 'name', 'username', ...fields].includes(name));
    return { body: { data: Object.fromEntries(shown) } };
  }

  const impersonator = await startImpersonator(() => ({
    'GET /i/oauth2/authorize': authorize,
    'POST /2/oauth2/token': (request) => asClient(request, () => token(request)),
    'POST /2/oauth2/revoke': (request) =>
      asClient(request, () => {
        const revoked = request.form.get('token');
        grants = grants.filter(({ refreshToken, accessToken }) => refreshToken !== revoked && accessToken !== revoked);
        return { body: { revoked: true } };
      }),
    'GET /2/users/me': user,
  }));
  const { origin } = impersonator;

  const state: TwitterImpersonator = {
    ...impersonator,
    endpoints: {
      authorization: `${origin}/i/oauth2/authorize`,
      token: `${origin}/2/oauth2/token`,
      revocation: `${origin}/2/oauth2/revoke`,
      user: `${origin}/2/users/me`,
    },
    isPublic: false,
    issue: (clientId = xApp.clientId) => newGrant(clientId, ['tweet.read', 'users.read', 'offline.access']),
    legacyToken: { key: '2244994945-legacy', secret: 'legacy-secret' },
    expireAll() {
      grants = [];
      codes.clear();
    },
    isAlive: (token) => grants.some(({ accessToken }) => accessToken === token),
  };
  return state;
}
