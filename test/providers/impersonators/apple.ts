import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { type JWTPayload, jwtVerify } from 'jose';
import { html } from '../../../dev/provider/html-page.ts';
import type { AppleSettings } from '../../../shared/providers/apple/apple.ts';
import { appleEndpoints } from '../../../shared/providers/apple/endpoints.ts';
import { type Answer, type Impersonator, type Received, startImpersonator } from './impersonator.ts';
import { newSigningKey } from './signing-key.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

/** A developer account: a Services ID for the web and the bundle id of an app, with one key for both. */
export const apple = {
  teamId: 'TEAM123456',
  keyId: 'KEY1234567',
  /** The text of the `.p8` file. */
  key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  servicesId: 'com.example.app.web',
  bundleId: 'com.example.app',
  callback: 'http://localhost:7071/.auth/login/apple/callback',
};

const clientIds = [apple.servicesId, apple.bundleId];

/** Whoever signs in next, and what they let the app see. */
export const ada = {
  sub: '001234.5b3a3bdf9c0b4f049c1471cae1cd1d8d.0001',
  email: 'xq7@privaterelay.appleid.com' as string | undefined,
  name: { firstName: 'Ada', lastName: 'Lovelace' } as { firstName?: string; lastName?: string },
  cancels: false,
};

export type AppleUser = typeof ada;

/** One authorization code, and what it was issued with. */
interface Code {
  readonly clientId: string;
  readonly user: AppleUser;
  readonly redirectUri: string | undefined;
  readonly nonce: string | undefined;
  readonly challenge: string | undefined;
  isSpent: boolean;
}

/** What Apple gives to an app on a device (ASAuthorizationAppleIDCredential), or to a page. */
export interface ClientCredentials {
  readonly identityToken: string;
  readonly authorizationCode: string;
}

export interface AppleImpersonator extends Impersonator {
  readonly endpoints: AppleSettings['endpoints'];
  user: AppleUser;
  /** Whether a refresh gives an ID token too; seen both ways. */
  refreshGivesIdToken: boolean;
  /** Signs a user in without the server: on a device, or on a page by Sign in with Apple JS. */
  clientSignIn(from?: { clientId: string; redirectUri?: string }): Promise<ClientCredentials>;
  /** An ID token signed by Apple that has these claims in place of the usual ones. */
  idToken(claims?: JWTPayload): Promise<string>;
  /** The user stops using their Apple Account with the app: refresh tokens of theirs are refused from now on. */
  withdrawConsent(): void;
  /** Refresh tokens that the app has revoked. */
  readonly revoked: string[];
  /** Forgets all of that, and what was received and how it was to fail. */
  reset(): void;
  /** Apple begins to sign with another key. */
  changeKey(): Promise<void>;
}

/** Sign in with Apple, as the pages cited beside each route describe it. */
export async function startApple(): Promise<AppleImpersonator> {
  let signing = await newSigningKey('apple-1');
  const codes = new Map<string, Code>();
  const refreshTokens = new Map<string, { clientId: string; user: AppleUser }>();
  const known = new Set<string>();
  const draw = (prefix: string) => `${prefix}${randomBytes(18).toString('base64url')}`;

  /** https://developer.apple.com/documentation/signinwithapplejs/authorizationi/id_token: truths may be texts. */
  function idToken(claims: JWTPayload = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const { sub, email } = state.user;
    const address = email === undefined ? {} : { email, email_verified: 'true', is_private_email: 'true' };
    const usual = { iss: appleEndpoints.issuer, aud: apple.servicesId, sub, iat: now, exp: now + 86_400 };
    return signing.sign({ ...usual, ...address, auth_time: now, nonce_supported: true, ...claims });
  }

  function newCode(code: Omit<Code, 'isSpent' | 'user'>): string {
    const text = draw('c');
    codes.set(text, { ...code, user: state.user, isSpent: false });
    return text;
  }

  /**
   * https://developer.apple.com/documentation/signinwithapple/incorporating-sign-in-with-apple-into-other-platforms:
   * with a scope the answer has to be a form post, and `user` is in the first of a user only.
   */
  function authorize({ url: { searchParams } }: Received): Answer {
    const asked = (name: string) => searchParams.get(name) ?? undefined;
    const refused = (why: string) => ({ status: 400, body: html`<h1>invalid_request</h1><p>${why}</p>`.text });
    const [clientId, redirectUri = '', scope = ''] = ['client_id', 'redirect_uri', 'scope'].map(asked);
    if (clientId !== apple.servicesId) return refused('Invalid client.');
    if (redirectUri !== apple.callback) return refused('Invalid web redirect url.');
    if (asked('response_type') !== 'code') return refused('Invalid response type.');
    if (asked('response_mode') !== 'form_post') return refused('response_mode must be form_post.');
    const fields: Record<string, string> = { state: asked('state') ?? '' };
    if (state.user.cancels) fields['error'] = 'user_cancelled_authorize';
    else {
      const [nonce, challenge] = [asked('nonce'), asked('code_challenge')];
      fields['code'] = newCode({ clientId, redirectUri, nonce, challenge });
      const { name, email, sub } = state.user;
      if (scope !== '' && !known.has(sub)) fields['user'] = JSON.stringify({ name, email });
      known.add(sub);
    }
    const inputs = Object.entries(fields).map(
      ([key, value]) => html`<input type="hidden" name="${key}" value="${value}">`,
    );
    return {
      body: html`<body onload="document.forms[0].submit()"><form method="post" action="${redirectUri}">${inputs}</form>`
        .text,
    };
  }

  /** https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret */
  async function clientOf({ form }: Received): Promise<string | undefined> {
    const clientId = form.get('client_id') ?? '';
    const halfAYear = 15_777_000;
    const checks = { audience: appleEndpoints.issuer, issuer: apple.teamId, subject: clientId, algorithms: ['ES256'] };
    try {
      const { payload, protectedHeader } = await jwtVerify(form.get('client_secret') ?? '', publicKey, checks);
      const lives = (payload.exp ?? Number.POSITIVE_INFINITY) - Math.floor(Date.now() / 1000);
      const isGood = protectedHeader.kid === apple.keyId && payload.iat !== undefined && lives <= halfAYear;
      return isGood && clientIds.includes(clientId) ? clientId : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * https://developer.apple.com/documentation/signinwithapplerestapi/generate-and-validate-tokens; errors as in
   * https://developer.apple.com/documentation/signinwithapplerestapi/errorresponse. The code verifier is in neither,
   * but checked: https://github.com/a-tokyo/apple-signin-auth/issues/180.
   */
  async function token(request: Received): Promise<Answer> {
    const clientId = await clientOf(request);
    if (!clientId) return refusal('invalid_client');
    const sent = (name: string) => request.form.get(name) ?? undefined;
    const issued = { access_token: draw('a'), token_type: 'Bearer', expires_in: 3600 };
    switch (sent('grant_type')) {
      case 'authorization_code': {
        const code = codes.get(sent('code') ?? '');
        const verifier = sent('code_verifier');
        const challenge = verifier && createHash('sha256').update(verifier).digest('base64url');
        if (code?.clientId !== clientId || code.isSpent) return refusal('invalid_grant');
        if (code.redirectUri !== sent('redirect_uri') || code.challenge !== challenge) return refusal('invalid_grant');
        code.isSpent = true;
        const refreshToken = draw('r');
        refreshTokens.set(refreshToken, { clientId, user: code.user });
        const claims = {
          aud: clientId,
          sub: code.user.sub,
          ...(code.nonce === undefined ? {} : { nonce: code.nonce }),
        };
        return { body: { ...issued, refresh_token: refreshToken, id_token: await idToken(claims) } };
      }
      case 'refresh_token': {
        const grant = refreshTokens.get(sent('refresh_token') ?? '');
        if (grant?.clientId !== clientId) return refusal('invalid_grant');
        const more = state.refreshGivesIdToken
          ? { id_token: await idToken({ aud: clientId, sub: grant.user.sub }) }
          : {};
        return { body: { ...issued, ...more } };
      }
      default:
        return refusal('unsupported_grant_type');
    }
  }

  /** https://developer.apple.com/documentation/signinwithapplerestapi/revoke-tokens: 200 for unknown tokens, too. */
  async function revoke(request: Received): Promise<Answer> {
    const clientId = await clientOf(request);
    if (!clientId) return refusal('invalid_client');
    const refreshToken = request.form.get('token') ?? '';
    if (request.form.get('token_type_hint') !== 'refresh_token') return refusal('invalid_request');
    if (refreshTokens.get(refreshToken)?.clientId === clientId) {
      refreshTokens.delete(refreshToken);
      state.revoked.push(refreshToken);
    }
    return {};
  }

  const server = await startImpersonator(() => ({
    'GET /auth/authorize': authorize,
    'POST /auth/token': token,
    'POST /auth/revoke': revoke,
    'GET /auth/keys': () => ({ body: signing.jwks }),
  }));
  const at = (address: string) => server.origin + new URL(address).pathname;
  const state: AppleImpersonator = {
    ...server,
    endpoints: {
      issuer: appleEndpoints.issuer,
      authorization: at(appleEndpoints.authorization),
      token: at(appleEndpoints.token),
      revocation: at(appleEndpoints.revocation),
      keys: at(appleEndpoints.keys),
    },
    user: ada,
    refreshGivesIdToken: false,
    revoked: [],
    idToken,
    async clientSignIn({ clientId, redirectUri } = { clientId: apple.bundleId }) {
      const code = { clientId, redirectUri, nonce: undefined, challenge: undefined };
      return { identityToken: await idToken({ aud: clientId }), authorizationCode: newCode(code) };
    },
    withdrawConsent() {
      refreshTokens.clear();
      known.clear();
    },
    reset() {
      server.clear();
      state.withdrawConsent();
      state.revoked.length = 0;
      Object.assign(state, { user: ada, refreshGivesIdToken: false });
    },
    async changeKey() {
      signing = await newSigningKey(draw('apple-'));
    },
  };
  return state;
}

function refusal(error: string): Answer {
  return { status: 400, body: { error } };
}
