import { createHmac, randomBytes } from 'node:crypto';
import { type Answer, type Impersonator, type Received, startImpersonator } from './impersonator.ts';

export const facebook = {
  appId: '1234567890123456',
  appSecret: 'a.client-secret_of-Facebook',
  version: 'v25.0',
  callback: 'http://localhost:7071/.auth/login/facebook/callback',
};

/** Fields of https://developers.facebook.com/docs/graph-api/reference/user, and the permissions that they take. */
export const mark = {
  id: '10215241773831025',
  name: 'Mark Example',
  first_name: 'Mark',
  last_name: 'Example',
  email: 'mark@example.com' as string | undefined,
  gender: 'male',
  link: 'https://www.facebook.example/app_scoped_user_id/10215241773831025/',
};
const permissions: Readonly<Record<string, string>> = { email: 'email', gender: 'user_gender', link: 'user_link' };

export type FacebookUser = typeof mark;

interface Code {
  readonly user: FacebookUser;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  isSpent: boolean;
}

interface Token {
  readonly appId: string;
  readonly user: FacebookUser;
  readonly scopes: readonly string[];
  readonly type: 'USER' | 'PAGE';
  /** Seconds since 1970; 0 where it does not expire. */
  readonly expiresAt: number;
  /** Why it is refused: an `error_subcode`. */
  ended?: number;
}

export interface FacebookImpersonator extends Impersonator {
  readonly endpoints: { readonly dialog: string; readonly graph: string };
  /** Who signs in next. */
  user: FacebookUser;
  /** Whether they press Cancel. */
  cancels: boolean;
  /** Permissions that they untick. */
  declined: readonly string[];
  /** Seconds that exchanged tokens live; undefined where they do not expire, and the answer does not say. */
  longLife: number | undefined;
  /** Gives a token to an SDK on a device. */
  issue(options?: Partial<Pick<Token, 'appId' | 'type' | 'expiresAt'>>): string;
  /** Ends all tokens that are out, by an `error_subcode`: 458 app removed, 460 password changed, 463 expired. */
  endAll(subcode: number): void;
  isAlive(token: string): boolean;
}

/** Facebook Login and the part of the Graph API that belongs to it, as the pages cited beside each route describe them. */
export async function startFacebook(): Promise<FacebookImpersonator> {
  const codes = new Map<string, Code>();
  const tokens = new Map<string, Token>();
  const now = () => Math.floor(Date.now() / 1000);
  const proofOf = (token: string) => createHmac('sha256', facebook.appSecret).update(token).digest('hex');

  function issue(token: Token): string {
    const text = `EAA${randomBytes(24).toString('hex')}`;
    tokens.set(text, token);
    return text;
  }

  /**
   * https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow#login and #cancel. Where the redirect
   * address has no fragment, one is put behind it.
   */
  function dialog({ url: { searchParams } }: Received): Answer {
    if (searchParams.get('client_id') !== facebook.appId) return { body: 'Invalid App ID' };
    if (searchParams.get('redirect_uri') !== facebook.callback) return { body: 'URL blocked' };
    const scopes = (searchParams.get('scope') ?? '').split(/[ ,]/);
    const back = new URL(facebook.callback);
    if (state.cancels) {
      back.search = 'error_reason=user_denied&error=access_denied&error_description=Permissions+error.';
    } else {
      const code = `AQ${randomBytes(24).toString('hex')}`;
      codes.set(code, { user: state.user, redirectUri: facebook.callback, scopes, isSpent: false });
      back.searchParams.set('code', code);
    }
    back.searchParams.set('state', searchParams.get('state') ?? '');
    return { status: 302, headers: { location: `${back.href}#_=_` } };
  }

  /** https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow#exchangecode */
  function accessToken({ form, url }: Received): Answer {
    if (url.search !== '') return refusal(100, undefined, 'Secrets do not belong in an address');
    if (form.get('client_id') !== facebook.appId) return refusal(101, undefined, 'Error validating application.');
    if (form.get('client_secret') !== facebook.appSecret) return refusal(1, 33, 'Error validating client secret.');
    if (form.get('grant_type') === 'fb_exchange_token') return exchange(form.get('fb_exchange_token') ?? '');
    const code = codes.get(form.get('code') ?? '');
    if (!code) return refusal(100, undefined, 'Invalid verification code format.');
    if (form.get('redirect_uri') !== code.redirectUri)
      return refusal(100, 36008, 'Error validating verification code.');
    if (code.isSpent) return refusal(100, 36009, 'This authorization code has been used.');
    code.isSpent = true;
    const { user, scopes } = code;
    const token = issue({ appId: facebook.appId, user, scopes, type: 'USER', expiresAt: now() + 5400 });
    return { body: { access_token: token, token_type: 'bearer', expires_in: 5400 } };
  }

  /** https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived: no expired token. */
  function exchange(text: string): Answer {
    const token = tokens.get(text);
    if (token?.appId !== facebook.appId) return refusal(190, undefined, `Malformed access token ${text}`, 400);
    if (refusalOf(token)) return refusal(190, refusalOf(token), `Error validating access token ${text}`);
    const expiresAt = state.longLife === undefined ? 0 : now() + state.longLife;
    const long = { access_token: issue({ ...token, expiresAt }), token_type: 'bearer' };
    return { body: state.longLife === undefined ? long : { ...long, expires_in: state.longLife } };
  }

  /** https://developers.facebook.com/docs/graph-api/reference/user, with the setting "Require App Secret" switched on. */
  function me({ url, headers }: Received): Answer {
    if (url.searchParams.has('access_token')) return refusal(100, undefined, 'Tokens do not belong in an address');
    const text = headers.authorization?.replace(/^Bearer /, '') ?? '';
    const token = tokens.get(text);
    if (!token) return refusal(190, undefined, `Malformed access token ${text}`, 401);
    if (refusalOf(token)) return refusal(190, refusalOf(token), `Error validating access token ${text}`, 401);
    if (url.searchParams.get('appsecret_proof') !== proofOf(text)) {
      return refusal(100, undefined, 'Invalid appsecret_proof provided in the API argument');
    }
    const asked = (url.searchParams.get('fields') ?? '').split(',');
    const shown = Object.entries(token.user).filter(
      ([name]) => asked.includes(name) && (!permissions[name] || token.scopes.includes(permissions[name])),
    );
    const data = token.scopes.map((permission) => ({
      permission,
      status: state.declined.includes(permission) ? 'declined' : 'granted',
    }));
    return {
      body: { ...Object.fromEntries(shown), ...(asked.includes('permissions') ? { permissions: { data } } : {}) },
    };
  }

  /** https://developers.facebook.com/docs/facebook-login/guides/access-tokens/debugging */
  function debugToken({ url, form }: Received): Answer {
    if (url.search !== '' || form.get('method') !== 'get') return refusal(100, undefined, 'Unsupported post request.');
    const appToken = `${facebook.appId}|${facebook.appSecret}`;
    const isOurs = form.get('access_token') === appToken && form.get('appsecret_proof') === proofOf(appToken);
    if (!isOurs) return refusal(190, undefined, 'Invalid OAuth access token signature.');
    const text = form.get('input_token') ?? '';
    const token = tokens.get(text);
    if (!token) {
      const error = { code: 190, message: 'The access token could not be decrypted' };
      return { body: { data: { error, is_valid: false, scopes: [] } } };
    }
    if (token.appId !== facebook.appId) {
      return refusal(100, undefined, '(#100) The App_id in the input_token did not match the Viewing App');
    }
    const { appId: app_id, type, expiresAt: expires_at, scopes, user } = token;
    const subcode = refusalOf(token);
    const error = subcode === undefined ? {} : { error: { code: 190, subcode, message: `Session of ${text}` } };
    const known = { app_id, type, application: 'Example', expires_at, scopes, user_id: user.id };
    return { body: { data: { ...known, ...error, is_valid: subcode === undefined } } };
  }

  function refusalOf({ ended, expiresAt }: Token): number | undefined {
    if (ended !== undefined) return ended;
    return expiresAt !== 0 && expiresAt <= now() ? 463 : undefined;
  }

  const impersonator = await startImpersonator(() => ({
    [`GET /${facebook.version}/dialog/oauth`]: dialog,
    [`POST /${facebook.version}/oauth/access_token`]: accessToken,
    [`GET /${facebook.version}/me`]: me,
    [`POST /${facebook.version}/debug_token`]: debugToken,
  }));

  const state: FacebookImpersonator = {
    ...impersonator,
    endpoints: { dialog: impersonator.origin, graph: impersonator.origin },
    user: mark,
    cancels: false,
    declined: [],
    longLife: 5_183_944,
    issue: ({ appId = facebook.appId, type = 'USER', expiresAt = now() + 5400 } = {}) =>
      issue({ appId, type, expiresAt, user: state.user, scopes: ['public_profile', 'email'] }),
    endAll(subcode) {
      for (const token of tokens.values()) token.ended = subcode;
    },
    isAlive: (text) => {
      const token = tokens.get(text);
      return token !== undefined && refusalOf(token) === undefined;
    },
  };
  return state;
}

/** https://developers.facebook.com/docs/graph-api/guides/error-handling */
export function refusal(code: number, error_subcode?: number, message = 'words', status = 400): Answer {
  const subcode = error_subcode === undefined ? {} : { error_subcode };
  return { status, body: { error: { message, type: 'OAuthException', code, ...subcode, fbtrace_id: 'EJplcsCHuLu' } } };
}
