import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { assertionRefusal, type EntraCredential } from './entra-credential.ts';
import { type Answer, type Impersonator, type Received, type Routes, startImpersonator } from './impersonator.ts';
import { newSigningKey, type SigningKey } from './signing-key.ts';

export const entra = {
  clientId: '11111111-aaaa-4aaa-8aaa-111111111111',
  clientSecret: 'q1w8Q~client.secret_of-Entra~ID',
  callback: 'http://localhost:7071/.auth/login/aad/callback',
  contoso: 'aaaaaaaa-0000-4000-8000-00000000000a',
  fabrikam: 'bbbbbbbb-0000-4000-8000-00000000000b',
  /** https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference */
  personal: '9188040d-6c67-4c5b-b112-36a304b66dad',
};

export interface EntraUser {
  readonly tenant: string;
  readonly oid: string;
  readonly sub: string;
  /** Claims beside those that every token has: `name`, `email`, `groups`, … */
  readonly claims: Readonly<Record<string, unknown>>;
}

export const adele: EntraUser = {
  tenant: entra.contoso,
  oid: '00000000-0000-4000-8000-0000000ade1e',
  sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
  claims: { name: 'Adele Vance', given_name: 'Adele', family_name: 'Vance', email: 'adele@contoso.example' },
};

export const personalUser: EntraUser = {
  tenant: entra.personal,
  oid: '00000000-0000-0000-48d3-1887fad3a94a',
  sub: 'AAAAAAAAAAAAAAAAAAAAAPersonalAccountSubject0',
  claims: { name: 'Pat Person', email: 'pat@outlook.example' },
};

/** What a code or a refresh token stands for. */
interface Grant {
  readonly user: EntraUser;
  readonly version: 1 | 2;
  /** Scopes of v2, as they were asked for. */
  readonly scopes: readonly string[];
  /** Resource of v1. */
  readonly resource?: string | undefined;
  readonly clientId: string;
}

export interface EntraImpersonator extends Impersonator {
  /** What settings name as issuer: for a tenant, `common`, `organizations` or `consumers`. */
  issuer(tenant: string, version?: 1 | 2): string;
  /** Whom the next sign-in is by. */
  user: EntraUser;
  /** How the app registration proves who it is. */
  credential: EntraCredential;
  /** `accessTokenAcceptedVersion` of the app registration, which says what access tokens for its own API are like. */
  accessTokenVersion: 1 | 2;
  /** APIs that nobody has consented to yet. */
  readonly unconsented: Set<string>;
  /** Signs the tokens of all tenants, and those of personal accounts. */
  readonly keys: { readonly tenants: SigningKey; readonly personal: SigningKey };
  /** A token's claims as Entra has them for this user, to be changed and signed by a test. */
  claims(user: EntraUser, version: 1 | 2): JWTPayload;
  /** A refresh token that a native app of this user has, by the client id of this app or of its own. */
  issue(user: EntraUser, clientId?: string): string;
  /** Ends every refresh token, as a change of the password does. */
  revokeAll(): void;
}

/** Where discovery, sign-in and tokens are below a tenant, by version. */
const paths = {
  1: { root: '', oauth: '/oauth2', keys: '/discovery/keys' },
  2: { root: '/v2.0', oauth: '/oauth2/v2.0', keys: '/discovery/v2.0/keys' },
} as const;

const graph = 'https://graph.microsoft.com';
const openIdScopes = ['openid', 'profile', 'email', 'offline_access'];

/** An answer of the token endpoint: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#error-response-1 */
export function refusal(error: string, code: number, words = 'words', status = 400): Answer {
  const ids = { trace_id: randomUUID(), correlation_id: randomUUID(), timestamp: '2026-01-01 00:00:00Z' };
  return { status, body: { error, error_description: `AADSTS${code}: ${words}`, error_codes: [code], ...ids } };
}

/**
 * Microsoft Entra ID with two tenants and the personal one, for v1 and v2, as the pages cited below and beside each
 * route describe it. Numbers of errors are those of
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
 */
export async function startEntra(): Promise<EntraImpersonator> {
  const keys = { tenants: await newSigningKey('tenants-key'), personal: await newSigningKey('personal-key') };
  const codes = new Map<string, { readonly asked: URLSearchParams; readonly grant: Grant; used: boolean }>();
  let refreshTokens = new Map<string, Grant>();
  let origin = '';
  const draw = (prefix: string) => `${prefix}${randomBytes(24).toString('base64url')}`;
  const issuerOf = (tenant: string, version: 1 | 2) => `${origin}/${tenant}${version === 1 ? '/' : '/v2.0'}`;

  /** https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#find-your-apps-openid-configuration-document-uri */
  function discovery(tenant: string, version: 1 | 2): Answer {
    const { oauth, keys } = paths[version];
    const stated = { common: '{tenantid}', organizations: '{tenantid}', consumers: entra.personal }[tenant] ?? tenant;
    return {
      body: {
        issuer: issuerOf(stated, version),
        authorization_endpoint: `${origin}/${tenant}${oauth}/authorize`,
        token_endpoint: `${origin}/${tenant}${oauth}/token`,
        jwks_uri: `${origin}/${tenant}${keys}`,
        userinfo_endpoint: `${origin}/oidc/userinfo`,
        end_session_endpoint: `${origin}/${tenant}${oauth}/logout`,
        id_token_signing_alg_values_supported: ['RS256'],
      },
    };
  }

  /** https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-signing-key-issuer; v1 names no issuer. */
  function keySet(version: 1 | 2): Answer {
    const bound = (key: SigningKey, tenant: string) =>
      key.jwks.keys.map((jwk) => (version === 1 ? jwk : { ...jwk, issuer: issuerOf(tenant, 2) }));
    return { body: { keys: [...bound(keys.tenants, '{tenantid}'), ...bound(keys.personal, entra.personal)] } };
  }

  /** https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-authorization-code */
  function authorize({ url: { searchParams: asked } }: Received, tenant: string, version: 1 | 2): Answer {
    const page = (code: number): Answer => ({ status: 200, body: `<html>AADSTS${code}</html>` });
    if (asked.get('client_id') !== entra.clientId) return page(700016);
    if (!asked.get('redirect_uri')?.startsWith('http://localhost:7071/.auth/login/')) return page(50011);
    if (version === 2 && asked.has('resource')) return page(901002);
    if (asked.get('response_type') !== 'code' || asked.get('code_challenge_method') !== 'S256') return page(900144);
    if (!['common', 'consumers', state.user.tenant].includes(tenant) && tenant !== 'organizations') return page(50020);
    const scopes = (asked.get('scope') ?? '').split(' ');
    const grant = { user: state.user, version, scopes, resource: asked.get('resource') ?? undefined };
    const code = draw('1.AX0A');
    codes.set(code, { asked, grant: { ...grant, clientId: entra.clientId }, used: false });
    const answer = new URLSearchParams({ code, state: asked.get('state') ?? '', session_state: randomUUID() });
    return { status: 302, headers: { location: `${asked.get('redirect_uri')}?${answer}` } };
  }

  async function token(request: Received, tenant: string, version: 1 | 2): Promise<Answer> {
    const { form } = request;
    if (form.get('client_id') !== entra.clientId) return refusal('unauthorized_client', 700016);
    const here = `${origin}/${tenant}${paths[version].oauth}/token`;
    const refused = await assertionRefusal(form, state.credential, here, entra.clientId);
    if (refused) return refusal('invalid_client', refused, 'words', 401);
    if (form.get('grant_type') === 'refresh_token') return refresh(form, version);
    return form.get('grant_type') === 'authorization_code' ? redeem(form) : refusal('unsupported_grant_type', 70003);
  }

  async function redeem(form: URLSearchParams): Promise<Answer> {
    const code = codes.get(form.get('code') ?? '');
    if (!code) return refusal('invalid_grant', 9002313);
    if (code.used) return refusal('invalid_grant', 54005, 'the code was redeemed already');
    code.used = true;
    if (form.get('redirect_uri') !== code.asked.get('redirect_uri')) return refusal('invalid_grant', 500112);
    const verifier = createHash('sha256').update(form.get('code_verifier') ?? '');
    if (verifier.digest('base64url') !== code.asked.get('code_challenge')) return refusal('invalid_grant', 501481);
    return tokens(code.grant, code.asked.get('nonce') ?? undefined);
  }

  /** https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#refresh-the-access-token */
  async function refresh(form: URLSearchParams, version: 1 | 2): Promise<Answer> {
    const grant = refreshTokens.get(form.get('refresh_token') ?? '');
    if (!grant) return refusal('invalid_grant', 50173, 'the grant was revoked');
    if (grant.clientId !== entra.clientId) return refusal('invalid_grant', 700005);
    const scope = form.get('scope')?.split(' ').filter(Boolean);
    const resource = form.get('resource') ?? undefined;
    const asked = { ...grant, version, scopes: scope ?? grant.scopes, resource: resource ?? grant.resource };
    if (version === 2 && resource !== undefined) return refusal('invalid_request', 901002);
    const isUnnamed = version === 1 ? resource === undefined : scope === undefined;
    if (isUnnamed && apiOf(asked)?.startsWith('api://')) return refusal('invalid_request', 90009);
    const permissions = asked.scopes.filter((one) => !openIdScopes.includes(one));
    if (permissions.some((one) => one.endsWith('/.default')) && permissions.length > 1) {
      return refusal('invalid_scope', 70011);
    }
    const api = apiOf(asked) ?? graph;
    if (state.unconsented.has(api)) return refusal('invalid_grant', 65001, 'consent is needed');
    if (api.includes('unknown')) return refusal('invalid_resource', 500011);
    return tokens(asked);
  }

  /** The API that a token is for, which the first scope names; Microsoft Graph where nothing names one. */
  function apiOf({ version, scopes, resource }: Grant): string | undefined {
    if (version === 1) return resource;
    const first = scopes.find((one) => !openIdScopes.includes(one) && one.includes('/'));
    return first?.slice(0, first.lastIndexOf('/'));
  }

  async function tokens(grant: Grant, nonce?: string): Promise<Answer> {
    const { user, version, scopes } = grant;
    const key = user.tenant === entra.personal ? keys.personal : keys.tenants;
    const claims = { ...state.claims(user, version), ...(nonce === undefined ? {} : { nonce }) };
    const isOffline = version === 1 || scopes.includes('offline_access');
    const refreshToken = isOffline ? draw('1.AX0ArefreshToken') : undefined;
    if (refreshToken) refreshTokens.set(refreshToken, grant);
    const api = apiOf(grant) ?? graph;
    return {
      body: {
        token_type: 'Bearer',
        scope: scopes.filter((one) => one !== 'offline_access').join(' '),
        expires_in: 4242,
        ext_expires_in: 4242,
        access_token: await accessToken(api, user),
        ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
        ...(version === 1 || scopes.includes('openid') ? { id_token: await key.sign(claims) } : {}),
      },
    };
  }

  /** Nobody but Graph can read its tokens, and those of personal accounts are no JWTs. */
  async function accessToken(api: string, user: EntraUser): Promise<string> {
    if (user.tenant === entra.personal) return draw('EwBwA8l6');
    const version = api.startsWith('api://') ? state.accessTokenVersion : 1;
    const client = version === 1 ? { appid: entra.clientId } : { azp: entra.clientId };
    const aud = version === 1 ? api : entra.clientId;
    const claims = { ...state.claims(user, version), aud, ...client, scp: 'access', uti: randomUUID() };
    if (api.startsWith('api://')) return keys.tenants.sign(claims);
    return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', nonce: 'x' }).sign(randomBytes(32));
  }

  const tenants = [entra.contoso, entra.fabrikam, entra.personal, 'common', 'organizations', 'consumers'];
  const impersonator = await startImpersonator(() =>
    Object.assign(
      {},
      ...tenants.flatMap((tenant) =>
        ([1, 2] as const).map((version): Routes => {
          const { root, oauth, keys } = paths[version];
          return {
            [`GET /${tenant}${root}/.well-known/openid-configuration`]: () => discovery(tenant, version),
            [`GET /${tenant}${keys}`]: () => keySet(version),
            [`GET /${tenant}${oauth}/authorize`]: (request) => authorize(request, tenant, version),
            [`POST /${tenant}${oauth}/token`]: (request) => token(request, tenant, version),
          };
        }),
      ),
    ),
  );
  origin = impersonator.origin;

  const state: EntraImpersonator = {
    ...impersonator,
    issuer: (tenant, version = 2) => issuerOf(tenant, version),
    user: adele,
    credential: { kind: 'secret', secret: entra.clientSecret },
    accessTokenVersion: 2,
    unconsented: new Set(),
    keys,
    /** https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference */
    claims({ tenant, oid, sub, claims }, version) {
      const iat = Math.floor(Date.now() / 1000);
      const times = { iat, nbf: iat, exp: iat + 3900 };
      const named =
        version === 1
          ? { unique_name: claims['email'], upn: claims['email'], amr: ['pwd', 'mfa'], ver: '1.0' }
          : { preferred_username: claims['email'], ver: '2.0' };
      return {
        aud: entra.clientId,
        iss: issuerOf(tenant, version),
        ...times,
        oid,
        sub,
        tid: tenant,
        ...claims,
        ...named,
      };
    },
    issue(user, clientId = entra.clientId) {
      const refreshToken = draw('1.AX0ArefreshToken');
      const scopes = ['openid', 'profile', 'offline_access', `api://${entra.clientId}/access`];
      refreshTokens.set(refreshToken, { user, version: 2, scopes, clientId });
      return refreshToken;
    },
    revokeAll() {
      refreshTokens = new Map();
    },
  };
  return state;
}
