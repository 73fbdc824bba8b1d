import { createHmac, randomBytes } from 'node:crypto';
import { type Answer, type Impersonator, type Received, startImpersonator } from './impersonator.ts';

export const consumer = { key: 'xvz1evFS4wEEPTGEFPHBog', secret: 'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw' };
export const callback = 'http://localhost:7071/.auth/login/twitter/callback';

/** Members of https://developer.x.com/en/docs/twitter-api/v1/data-dictionary/object-model/user, the longer ones left out. */
export const xUser = {
  id: 6253282,
  id_str: '6253282',
  name: 'X API',
  screen_name: 'XAPI',
  location: 'San Francisco, CA',
  description: 'The Real API.',
  url: 'https://t.example/api' as string | null,
  verified: false,
  followers_count: 6133636,
  lang: null,
  time_zone: null,
  profile_image_url_https: 'https://images.example/XAPI.png',
  email: 'xapi@example.com',
};

interface Token {
  readonly key: string;
  readonly secret: string;
  readonly consumerKey: string;
}

export interface TwitterOAuth1Impersonator extends Impersonator {
  readonly endpoints: Readonly<Record<'requestToken' | 'authorization' | 'accessToken' | 'verifyCredentials', string>>;
  /** Whether the user agrees when asked. */
  agrees: boolean;
  /** Gives out an access token as a native SDK gets it, to this consumer or another. */
  issue(consumerKey?: string): Token;
  /** Ends every token that is out. */
  endAll(): void;
}

/** X with OAuth 1.0a, as https://docs.x.com/fundamentals/authentication/api-reference describes it. */
export async function startTwitterOAuth1(): Promise<TwitterOAuth1Impersonator> {
  const requestTokens = new Map<string, Token & { callback: string; verifier: string }>();
  const accessTokens = new Map<string, Token>();
  const nonces = new Set<string>();
  const draw = () => randomBytes(20).toString('base64url');

  /** Error codes: https://docs.x.com/x-api/fundamentals/response-codes-and-errors */
  const refuse = (status: number, code: number): Answer => ({
    status,
    body: { errors: [{ code, message: 'words' }] },
  });

  /** Checks a signed request as RFC 5849 section 3.2 says; `token` gives the secret of an oauth_token. */
  function signed(
    request: Received,
    token: (key: string) => Token | undefined,
    reply: (parameters: Readonly<Record<string, string>>) => Answer,
  ): Answer {
    const parameters = headerParameters(request);
    const { oauth_signature, oauth_nonce = '', oauth_timestamp, oauth_token } = parameters;
    if (oauth_signature === undefined) return refuse(400, 215);
    if (parameters['oauth_consumer_key'] !== consumer.key) return refuse(401, 32);
    if (Math.abs(Number(oauth_timestamp) - Date.now() / 1000) > 300) return refuse(401, 135);
    if (!/^\w+$/.test(oauth_nonce) || nonces.has(oauth_nonce)) return refuse(401, 32);
    nonces.add(oauth_nonce);
    const known = oauth_token === undefined ? undefined : token(oauth_token);
    if (oauth_token !== undefined && known?.consumerKey !== consumer.key) return refuse(401, 89);
    if (oauth_signature !== signature(request, parameters, known?.secret ?? '')) return refuse(401, 32);
    return reply(parameters);
  }

  const form = (answer: Record<string, string>): Answer => ({ body: String(new URLSearchParams(answer)) });

  function requestToken({ oauth_callback }: Readonly<Record<string, string>>): Answer {
    if (oauth_callback === undefined) return refuse(400, 215);
    if (oauth_callback !== callback) {
      const body =
        '<?xml version="1.0" encoding="UTF-8"?><errors><error code="415">Callback URL not approved</error></errors>';
      return { status: 403, body };
    }
    const token = { key: draw(), secret: draw(), consumerKey: consumer.key };
    requestTokens.set(token.key, { ...token, callback: oauth_callback, verifier: '' });
    return form({ oauth_token: token.key, oauth_token_secret: token.secret, oauth_callback_confirmed: 'true' });
  }

  function authenticate({ url }: Received): Answer {
    const token = requestTokens.get(url.searchParams.get('oauth_token') ?? '');
    if (!token) return { status: 403, body: 'The request token for this page is invalid.' };
    token.verifier = draw();
    const answer = state.agrees ? { oauth_token: token.key, oauth_verifier: token.verifier } : { denied: token.key };
    return { status: 302, headers: { location: `${token.callback}?${new URLSearchParams(answer)}` } };
  }

  function accessToken({ oauth_token = '', oauth_verifier }: Readonly<Record<string, string>>): Answer {
    const token = requestTokens.get(oauth_token);
    requestTokens.delete(oauth_token);
    if (!token?.verifier || token.verifier !== oauth_verifier) return { status: 401, body: 'Invalid request token.' };
    const { key, secret } = state.issue();
    const { id_str: user_id, screen_name } = xUser;
    return form({ oauth_token: key, oauth_token_secret: secret, user_id, screen_name });
  }

  function verifyCredentials({ url }: Received): Answer {
    const { email, ...user } = xUser;
    return { body: url.searchParams.get('include_email') === 'true' ? { ...user, email } : user };
  }

  const impersonator = await startImpersonator(() => ({
    'POST /oauth/request_token': (request) => signed(request, () => undefined, requestToken),
    'GET /oauth/authenticate': authenticate,
    'POST /oauth/access_token': (request) => signed(request, (key) => requestTokens.get(key), accessToken),
    'GET /1.1/account/verify_credentials.json': (request) =>
      signed(
        request,
        (key) => accessTokens.get(key),
        ({ oauth_token }) => (oauth_token === undefined ? refuse(400, 215) : verifyCredentials(request)),
      ),
  }));
  const { origin } = impersonator;

  const state: TwitterOAuth1Impersonator = {
    ...impersonator,
    endpoints: {
      requestToken: `${origin}/oauth/request_token`,
      authorization: `${origin}/oauth/authenticate`,
      accessToken: `${origin}/oauth/access_token`,
      verifyCredentials: `${origin}/1.1/account/verify_credentials.json`,
    },
    agrees: true,
    issue(consumerKey = consumer.key) {
      const token = { key: `${xUser.id}-${draw()}`, secret: draw(), consumerKey };
      accessTokens.set(token.key, token);
      return token;
    },
    endAll() {
      requestTokens.clear();
      accessTokens.clear();
    },
  };
  return state;
}

/** RFC 5849 section 3.5.1. */
function headerParameters({ headers }: Received): Readonly<Record<string, string>> {
  const pairs = (headers.authorization ?? '').matchAll(/(?<=[ ,])([\w%]+)="([^"]*)"/g);
  return Object.fromEntries([...pairs].map(([, name = '', value = '']) => [name, decodeURIComponent(value)]));
}

/** HMAC-SHA1 over the signature base string (RFC 5849 sections 3.4.1 and 3.4.2), written without the library of the app. */
export function signature(
  { method, url, form }: Pick<Received, 'method' | 'url' | 'form'>,
  { oauth_signature: _own, ...header }: Readonly<Record<string, string>>,
  tokenSecret: string,
  consumerSecret = consumer.secret,
): string {
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  const pairs = [...Object.entries(header), ...url.searchParams, ...form];
  const sorted = pairs.map((pair) => pair.map(encode).join('=')).sort();
  const base = [method, `${url.origin}${url.pathname}`, sorted.join('&')].map(encode).join('&');
  return createHmac('sha1', `${encode(consumerSecret)}&${encode(tokenSecret)}`)
    .update(base)
    .digest('base64');
}
