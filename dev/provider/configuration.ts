import { type ClientMetadata, type Configuration, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { claimsOfScope, findDemoAccount, oidcAccount } from './accounts.ts';
import { storeAdapter } from './adapter.ts';
import { errorPage } from './error-page.ts';
import type { ProviderKeys } from './keys.ts';
import type { RecordStore } from './record-store.ts';
import { plainScopes, resourceServer } from './resources.ts';
import { endSessionPage, signedOutPage } from './sign-out-page.ts';

/** An application that may sign users in, in the words of OpenID Connect client registration. */
export interface DemoClient {
  client_id: string;
  client_secret: string;
  /** Shown on the sign-in page; the client id when absent. */
  client_name?: string;
  redirect_uris: string[];
  post_logout_redirect_uris?: string[];
  /** `client_secret_basic` when absent. */
  token_endpoint_auth_method?: 'client_secret_basic' | 'client_secret_post' | 'client_secret_jwt';
  /** `RS256` when absent. */
  id_token_signed_response_alg?: 'RS256' | 'ES256';
  backchannel_logout_uri?: string;
  backchannel_logout_session_required?: boolean;
}

/** A background job, which asks for tokens of its own: no user is there (RFC 6749 section 4.4). */
export interface DemoJob {
  client_id: string;
  client_secret: string;
  grant_types: ['client_credentials'];
}

/** The path of each endpoint that tests and the demo speak of. */
export const endpointPaths = {
  discovery: '/.well-known/openid-configuration',
  jwks: '/jwks',
  authorize: '/authorize',
  token: '/token',
  userinfo: '/userinfo',
  revocation: '/revoke',
  endSession: '/logout',
} as const;

export type Endpoint = keyof typeof endpointPaths;

/** The address prefix of the sign-in page; the rest is the id of the interaction. */
export const interactionPath = '/sign-in/';

const day = 86_400;

export interface ConfigurationInput {
  clients: readonly (DemoClient | DemoJob)[];
  keys: ProviderKeys;
  store: RecordStore;
  accessTokenSeconds: number;
  /** Distinguishes the cookies of providers on one host, for browsers do not tell ports apart (RFC 6265 section 8.5). */
  cookieSuffix: string;
}

/** The whole of oidc-provider's configuration. Every function that it would warn about is given. */
export function providerConfiguration(input: ConfigurationInput): Configuration {
  const cookie = (name: string) => `demo_provider_${name}_${input.cookieSuffix}`;
  return {
    adapter: storeAdapter(input.store),
    clients: input.clients.map(registration),
    jwks: { keys: input.keys.signing },
    cookies: {
      keys: input.keys.cookies,
      names: { session: cookie('session'), interaction: cookie('interaction'), resume: cookie('resume') },
    },
    claims: claimsOfScope,
    scopes: ['openid', 'offline_access', ...plainScopes],
    // Vendors put the profile into the ID token and applications count on it, so the strict reading of OpenID Connect
    // Core section 5.4 (claims at userinfo only) is off.
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    findAccount: (_ctx, sub) => oidcAccount(sub),
    loadExistingGrant: grantWithoutAsking,
    extraParams: { access_type: grantOfflineAccess },
    interactions: { policy: policy(), url: (_ctx, interaction) => `${interactionPath}${interaction.uid}` },
    renderError: errorPage,
    clientBasedCORS: () => false,
    fetch: plainFetch,
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      clientCredentials: { enabled: true },
      // Without a default resource, who names none gets the opaque tokens of the userinfo endpoint.
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: resourceServer,
        defaultResource: () => undefined,
        useGrantedResource: () => false,
      },
      backchannelLogout: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout: { enabled: true, logoutSource: endSessionPage, postLogoutSuccessSource: signedOutPage },
    },
    routes: {
      authorization: endpointPaths.authorize,
      token: endpointPaths.token,
      userinfo: endpointPaths.userinfo,
      jwks: endpointPaths.jwks,
      revocation: endpointPaths.revocation,
      end_session: endpointPaths.endSession,
    },
    ttl: {
      AccessToken: input.accessTokenSeconds,
      ClientCredentials: input.accessTokenSeconds,
      IdToken: input.accessTokenSeconds,
      AuthorizationCode: 60,
      Interaction: 3600,
      Session: 14 * day,
      Grant: 365 * day,
      RefreshToken: 90 * day,
    },
  };
}

function registration(client: DemoClient | DemoJob): ClientMetadata {
  return 'grant_types' in client
    ? { ...client, redirect_uris: [], response_types: [] }
    : { ...client, grant_types: ['authorization_code', 'refresh_token'] };
}

/**
 * Clients here are first-party, so consent is given for them. Each sign-in gets a grant of its own: the refresh token
 * family that dies on reuse is that of one sign-in, and not that of every tab of the browser.
 */
async function grantWithoutAsking(ctx: KoaContextWithOIDC) {
  const { account, client, provider, requestParamOIDCScopes, resourceServers } = ctx.oidc;
  if (!account || !client) return undefined;
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addOIDCScope(requestParamOIDCScopes);
  for (const [resource, { scopes }] of Object.entries(resourceServers ?? {})) {
    grant.addResourceScope(resource, scopes);
  }
  await grant.save();
  return grant;
}

/**
 * Grants `offline_access` to whoever asks. oidc-provider drops the scope unless the user is asked for consent in the
 * same request (OpenID Connect Core section 11); most vendors do not, and one click should do here. Google's own
 * `access_type=offline` counts as asking too.
 */
function grantOfflineAccess(ctx: KoaContextWithOIDC, accessType: string | undefined): void {
  const { params } = ctx.oidc;
  const requested = `${ctx.query.scope ?? ''}`.split(' ').filter(Boolean);
  const granted = `${params?.scope ?? ''}`.split(' ').filter(Boolean);
  const asked = requested.includes('offline_access') || accessType === 'offline';
  if (params && asked && !granted.includes('offline_access')) params.scope = [...granted, 'offline_access'].join(' ');
}

/** oidc-provider's own policy, with `prompt=select_account`, and with a new sign-in when the hint names someone else. */
function policy(): interactionPolicy.DefaultPolicy {
  const { base, Check, Prompt } = interactionPolicy;
  const prompts = base();
  prompts.add(new Prompt({ name: 'select_account', requestable: true }), 0);
  prompts.get('login')?.checks.add(
    new Check('login_hint', 'another user is signed in', 'login_required', ({ oidc }) => {
      const hinted = findDemoAccount(String(oidc.params?.login_hint ?? ''));
      return Boolean(hinted && oidc.session?.accountId !== hinted.sub && !oidc.result?.login);
    }),
  );
  return prompts;
}

/** Fetch without oidc-provider's dispatcher, which refuses loopback: there is where the demo's applications live. */
function plainFetch(url: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const { method = 'GET', headers = {}, body = null, redirect = 'manual', signal = null } = init;
  return fetch(url, { method, headers, body, redirect, signal });
}
