import { createHash, randomBytes } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { GoogleSettings } from '../../../shared/providers/google/google.ts';
import { type Answer, type Impersonator, type Received, startImpersonator } from './impersonator.ts';
import { newSigningKey, type SigningKey } from './signing-key.ts';

/** A project: a web client, which has the secret, and the Android client of an app. */
export const google = {
  clientId: '407408718192.apps.googleusercontent.com',
  clientSecret: 'GOCSPX-a.client-secret_of-Google',
  androidClientId: '407408718192-android.apps.googleusercontent.com',
  callback: 'http://localhost:7071/.auth/login/google/callback',
};

/** Somebody with an account of a Workspace; `hd` is missing from accounts of nobody's domain. */
export const elisa = {
  sub: '10769150350006150715113082367',
  email: 'elisa@contoso.example',
  hd: 'contoso.example' as string | undefined,
  name: 'Elisa Beckett',
  given_name: 'Elisa',
  family_name: 'Beckett',
  picture: 'https://images.example/elisa',
};

export type GoogleUser = typeof elisa;

interface Code {
  readonly user: GoogleUser;
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
  readonly nonce?: string | undefined;
  readonly challenge?: string | undefined;
  readonly refreshes: boolean;
}

interface Grant {
  readonly user: GoogleUser;
  readonly scopes: readonly string[];
}

export interface GoogleImpersonator extends Impersonator {
  readonly endpoints: GoogleSettings['endpoints'];
  /** Who signs in next. */
  user: GoogleUser;
  /** How ID tokens name their issuer. */
  issuer: string;
  /** Whether a refresh gives an ID token, as it does for the scope openid. */
  refreshGivesIdToken: boolean;
  /** An ID token as Google signs it, with these claims in place of the usual ones. */
  idToken(claims?: JWTPayload, key?: SigningKey): Promise<string>;
  /** The code that an app or a page gets for its server. */
  serverCode(options?: Partial<Pick<Code, 'redirectUris' | 'scopes' | 'refreshes'>>): string;
  /** The user withdraws their consent, or it has lapsed: every code and token that is out has ended. */
  endAll(): void;
  isAlive(token: string): boolean;
}

/** Google, as the pages cited beside each route describe it. */
export async function startGoogle(): Promise<GoogleImpersonator> {
  const key = await newSigningKey('google-1');
  const codes = new Map<string, Code>();
  const accessTokens = new Map<string, Grant>();
  const refreshTokens = new Map<string, Grant>();
  const consented = new Set<string>();
  const draw = (prefix: string) => `${prefix}${randomBytes(18).toString('base64url')}`;

  /** https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload */
  function idToken(claims: JWTPayload = {}, signing = key, user = state.user): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const usual = { iss: state.issuer, azp: google.clientId, aud: google.clientId, email_verified: true };
    return signing.sign({ ...usual, ...withoutAbsent(user), iat: now, exp: now + 3600, ...claims });
  }

  /**
   * https://developers.google.com/identity/openid-connect/openid-connect#authenticationuriparameters; a refresh token is
   * given with a consent, which is asked for once unless `prompt` asks again:
   * https://developers.google.com/identity/protocols/oauth2/web-server#offline
   */
  function authorize({ url: { searchParams } }: Received): Answer {
    const asked = (name: string) => searchParams.get(name) ?? undefined;
    if (asked('client_id') !== google.clientId) return { status: 401, body: 'Error 401: invalid_client' };
    if (asked('redirect_uri') !== google.callback) return { status: 400, body: 'Error 400: redirect_uri_mismatch' };
    if (asked('response_type') !== 'code') return { status: 400, body: 'Error 400: invalid_request' };
    const consents = !consented.has(state.user.sub) || asked('prompt') === 'consent';
    consented.add(state.user.sub);
    const code = draw('4/');
    codes.set(code, {
      user: state.user,
      redirectUris: [google.callback],
      scopes: (asked('scope') ?? '').split(' '),
      nonce: asked('nonce'),
      challenge: asked('code_challenge_method') === 'S256' ? asked('code_challenge') : undefined,
      refreshes: consents && asked('access_type') === 'offline',
    });
    const back = new URL(google.callback);
    back.search = new URLSearchParams({ state: asked('state') ?? '', code, scope: asked('scope') ?? '' }).toString();
    return { status: 302, headers: { location: back.href } };
  }

  /** https://developers.google.com/identity/protocols/oauth2/web-server#exchange-authorization-code */
  function token({ form }: Received): Promise<Answer> | Answer {
    if (form.get('client_id') !== google.clientId || form.get('client_secret') !== google.clientSecret) {
      return refusal('invalid_client', 'The provided client secret is invalid.', 401);
    }
    if (form.get('grant_type') === 'refresh_token') return redeemRefreshToken(form.get('refresh_token') ?? '');
    if (form.get('grant_type') === 'authorization_code') return redeemCode(form);
    return refusal('unsupported_grant_type', 'Invalid grant_type');
  }

  async function redeemCode(form: URLSearchParams): Promise<Answer> {
    const code = codes.get(form.get('code') ?? '');
    if (!code) return refusal('invalid_grant', 'Malformed auth code.');
    if (!code.redirectUris.includes(form.get('redirect_uri') ?? 'none')) {
      return refusal('redirect_uri_mismatch', 'Bad Request');
    }
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (code.challenge !== undefined && code.challenge !== challenge) {
      return refusal('invalid_grant', 'Invalid code verifier.');
    }
    codes.delete(form.get('code') ?? '');
    const grant = { user: code.user, scopes: code.scopes };
    const refreshToken = code.refreshes ? { refresh_token: draw('1//') } : {};
    if (refreshToken.refresh_token) refreshTokens.set(refreshToken.refresh_token, grant);
    const claims = code.nonce === undefined ? {} : { nonce: code.nonce };
    return { body: { ...(await issued(grant, code.scopes.includes('openid'), claims)), ...refreshToken } };
  }

  /** https://developers.google.com/identity/protocols/oauth2/web-server#offline: the answer has no refresh token. */
  async function redeemRefreshToken(refreshToken: string): Promise<Answer> {
    const grant = refreshTokens.get(refreshToken);
    if (!grant) return refusal('invalid_grant', 'Token has been expired or revoked.');
    return { body: await issued(grant, state.refreshGivesIdToken && grant.scopes.includes('openid')) };
  }

  async function issued(grant: Grant, withIdToken: boolean, claims: JWTPayload = {}): Promise<object> {
    const accessToken = draw('ya29.');
    accessTokens.set(accessToken, grant);
    const scope = grant.scopes.join(' ');
    const tokens = { access_token: accessToken, expires_in: 3599, scope, token_type: 'Bearer' };
    return withIdToken ? { ...tokens, id_token: await idToken(claims, key, grant.user) } : tokens;
  }

  /**
   * https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke: `token` alone. With it goes all that
   * the user has granted the app, as people report it; the page does not say.
   */
  function revoke({ url, form }: Received): Answer {
    if (url.search !== '' || [...form.keys()].join() !== 'token') return refusal('invalid_request', 'Bad Request');
    const revoked = form.get('token') ?? '';
    const grant = refreshTokens.get(revoked) ?? accessTokens.get(revoked);
    if (!grant) return refusal('invalid_token', 'Token expired or revoked');
    for (const tokens of [refreshTokens, accessTokens]) {
      for (const [text, one] of tokens) if (one.user.sub === grant.user.sub) tokens.delete(text);
    }
    return { body: {} };
  }

  /** https://developers.google.com/identity/openid-connect/openid-connect#obtainuserinfo */
  function userinfo({ headers }: Received): Answer {
    const grant = accessTokens.get(headers.authorization?.replace(/^Bearer /, '') ?? '');
    if (!grant?.scopes.includes('openid')) return refusal('invalid_request', 'Invalid Credentials', 401);
    return { body: { ...withoutAbsent(grant.user), email_verified: true } };
  }

  const impersonator = await startImpersonator(() => ({
    'GET /o/oauth2/v2/auth': authorize,
    'POST /token': token,
    'POST /revoke': revoke,
    'GET /v1/userinfo': userinfo,
    'GET /oauth2/v3/certs': () => ({ body: key.jwks }),
  }));
  const { origin } = impersonator;

  const state: GoogleImpersonator = {
    ...impersonator,
    endpoints: {
      authorization: `${origin}/o/oauth2/v2/auth`,
      token: `${origin}/token`,
      revocation: `${origin}/revoke`,
      userinfo: `${origin}/v1/userinfo`,
      keys: `${origin}/oauth2/v3/certs`,
    },
    user: elisa,
    issuer: 'https://accounts.google.com',
    refreshGivesIdToken: true,
    idToken,
    serverCode({ redirectUris = [''], scopes = ['openid', 'email', 'profile'], refreshes = true } = {}) {
      const code = draw('4/');
      codes.set(code, { user: state.user, redirectUris, scopes, refreshes });
      return code;
    },
    endAll() {
      for (const all of [codes, accessTokens, refreshTokens]) all.clear();
      consented.clear();
    },
    isAlive: (text) => accessTokens.has(text) || refreshTokens.has(text),
  };
  return state;
}

/** https://developers.google.com/identity/protocols/oauth2/web-server#exchange-errors-invalid-grant */
function refusal(error: string, error_description: string, status = 400): Answer {
  return { status, body: { error, error_description } };
}

function withoutAbsent(user: GoogleUser): JWTPayload {
  return Object.fromEntries(Object.entries(user).filter(([, value]) => value !== undefined));
}
