import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { boundedFetch } from '../../http/outbound.ts';
import { type AccessToken, type ClientSecret, Secret } from '../../telemetry/secret.ts';
import { claimType } from '../claim-types.ts';
import { firstText } from '../claims.ts';
import { codeParameters, type Registration } from '../oauth/authorization-request.ts';
import { codeOf } from '../oauth/authorization-response.ts';
import { refreshFailure } from '../oauth/token-endpoint.ts';
import type { Provider, ProviderParts, TokenSet } from '../provider.ts';
import type { facebookEndpoints } from './endpoints.ts';
import { asRefusal, GraphError } from './error.ts';
import { facebookGraph } from './graph.ts';

/** `clientId` is the app id. */
export interface FacebookSettings extends Registration<'facebook'> {
  readonly secret: ClientSecret;
  /** Such as `v25.0`. */
  readonly graphVersion: string;
  readonly endpoints: typeof facebookEndpoints;
}

/** Seconds that a long-lived access token lives where the answer does not say. */
const usualLifetime = 60 * 24 * 3600;
/** A token is renewed once a day at most. */
const renewalPause = 24 * 3600;

/** https://developers.facebook.com/docs/graph-api/reference/user: some fields are for those who ask for a permission. */
const fields = ['id', 'name', 'email', 'first_name', 'last_name'];
const fieldsByScope: Readonly<Record<string, string>> = {
  user_age_range: 'age_range',
  user_birthday: 'birthday',
  user_gender: 'gender',
  user_hometown: 'hometown',
  user_link: 'link',
  user_location: 'location',
};

/**
 * Facebook Login: https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow. OpenID Connect and
 * PKCE exist beside it, "still in testing" (…/guides/advanced/oidc-token), and are not used.
 *
 * There are no refresh tokens. A long-lived access token can be exchanged for another one as long as it is alive, and
 * that is what a refresh does: https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived
 */
export function facebookProvider(settings: FacebookSettings, parts: ProviderParts): Provider {
  const { clientId, secret, graphVersion, endpoints, scopes } = settings;
  const api = facebookGraph({
    graph: `${endpoints.graph}/${graphVersion}`,
    clientId,
    secret,
    fetch: boundedFetch(parts.fetch),
    clock: parts.clock,
  });
  const issuer = new URL(endpoints.dialog).origin;

  const exchange = async (accessToken: string): Promise<TokenSet & { readonly accessToken: AccessToken }> =>
    renewable(await api.tokens({ grant_type: 'fb_exchange_token', fb_exchange_token: accessToken }));

  const identify = (accessToken: AccessToken) =>
    api.identify(accessToken, [...fields, ...scopes.flatMap((scope) => fieldsByScope[scope] ?? [])]);

  return {
    name: settings.name,
    title: 'Facebook',
    claimTypes: {
      types: {
        id: claimType.nameIdentifier,
        email: claimType.emailAddress,
        name: claimType.name,
        first_name: claimType.givenName,
        last_name: claimType.surname,
        gender: claimType.gender,
      },
      prefix: 'urn:facebook:',
    },
    refreshNeeds: 'Facebook gives with every sign-in a token that can be renewed for as long as it is alive',
    hasTargets: false,
    acceptsBearer: false,

    async authorizationUrl(request) {
      const url = new URL(`${endpoints.dialog}/${graphVersion}/dialog/oauth`);
      for (const [name, value] of Object.entries(codeParameters(settings, request))) {
        if (!name.startsWith('code_challenge')) url.searchParams.set(name, value);
      }
      return { url };
    },

    async redeem({ parameters, redirectUri }) {
      const code = codeOf(parameters);
      const { accessToken } = await api
        .tokens({ code, redirect_uri: redirectUri })
        .catch(asRefusal('sign_in_code_refused', 'parameter', 'token'));
      // Of a user that Facebook wants to see first, it takes no token, not even a new one.
      const refused = asRefusal('sign_in_refused', 'token');
      const tokens = await exchange(accessToken.reveal()).catch(refused);
      const { scopes: granted, ...user } = await identify(tokens.accessToken).catch(refused);
      return { issuer, ...user, tokens: { ...tokens, scopes: granted } };
    },

    async signInWith({ accessToken }) {
      if (!accessToken) throw new TokenkeepError('client_token_missing', { detail: 'access_token' });
      const user = await api.check(accessToken).catch(asRefusal('client_token_refused', 'parameter'));
      const refused = asRefusal('client_token_refused', 'token');
      const tokens = await exchange(accessToken.reveal()).catch(refused);
      const { scopes: granted, ...identity } = await identify(tokens.accessToken).catch(refused);
      if (identity.subject === user) return { issuer, ...identity, tokens: { ...tokens, scopes: granted } };
      throw new TokenkeepError('provider_response_invalid', { detail: 'me is another user than debug_token' });
    },

    async refresh(refreshToken) {
      try {
        return { ok: true, tokens: await exchange(refreshToken.reveal()) };
      } catch (error) {
        if (!(error instanceof GraphError)) return refreshFailure(error);
        return {
          ok: false,
          failure: { kind: error.kind === 'token' ? 'refused' : 'unavailable', reason: error.reason },
        };
      }
    },

    /**
     * One token cannot be ended. What there is takes the app away from the user, on all their devices:
     * https://developers.facebook.com/docs/graph-api/reference/user/permissions
     */
    revocationEndsGrant: false,
    revoke: async () => false,
    signOutUrl: async () => undefined,
    issuerOf: () => issuer,
    displayName: (claims, subject) => firstText(claims, 'name') ?? subject,
    principalId: (_claims, subject) => subject,
  };
}

/** The access token is what renews it, at half of its life; one that lives for a day or two only, before its end. */
function renewable({ accessToken, expiresIn }: TokenSet & { readonly accessToken: AccessToken }) {
  const refreshAfter = Math.floor((expiresIn ?? usualLifetime) / 2);
  return {
    accessToken,
    refreshToken: new Secret('refresh_token', accessToken.reveal()),
    ...(expiresIn === undefined ? {} : { expiresIn }),
    ...(refreshAfter < renewalPause ? {} : { refreshAfter }),
  };
}
