import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { boundedFetch } from '../../http/outbound.ts';
import type { AuthorizationCode } from '../../telemetry/secret.ts';
import type { Registration } from '../oauth/authorization-request.ts';
import { asSignInError, requestTokens } from '../oauth/token-endpoint.ts';
import { asClientTokenError } from '../openid-connect/client-tokens.ts';
import { openIdConnectProvider } from '../openid-connect/openid-connect.ts';
import type { Claims, ClientTokens, Provider, ProviderParts, SignedIn, TokenSet } from '../provider.ts';
import { type AppleCredential, appleAuthentication } from './client-secret.ts';
import type { appleEndpoints } from './endpoints.ts';
import { appleUserClaims } from './user.ts';

/** `clientId` is the Services ID. */
export interface AppleSettings extends Registration<'apple'> {
  readonly credential: AppleCredential;
  /** Bundle ids of apps whose ID tokens are accepted. */
  readonly allowedAudiences: readonly string[];
  readonly endpoints: typeof appleEndpoints;
}

/**
 * Seconds between refreshes: Apple may throttle whoever checks a refresh token more than once a day
 * (https://developer.apple.com/documentation/signinwithapple/verifying-a-user).
 */
const refreshAfter = 24 * 3600;

/**
 * Sign in with Apple, for the web and for what native apps bring. Codes and refresh tokens belong to the client they
 * were issued to: the Services ID, or in a native app its bundle id. The `.p8` key signs for each of them; a client
 * secret made by hand names one.
 */
export function appleProvider(settings: AppleSettings, parts: ProviderParts): Provider {
  const { credential, endpoints, clientId, allowedAudiences } = settings;
  const fetch = boundedFetch(parts.fetch);
  const authentication = appleAuthentication(credential, parts.clock);
  const clientNamed = (id: string) =>
    openIdConnectProvider(
      { ...settings, clientId: id, credential: { kind: 'none' }, endpoints: metadata(endpoints) },
      parts,
      { authentication, responseMode: 'form_post' },
    );
  const web = clientNamed(clientId);
  const native = credential.kind === 'key' ? allowedAudiences : [];
  const clients = new Map([[clientId, web], ...native.map((id) => [id, clientNamed(id)] as const)]);

  async function redeemForClient(
    id: string,
    code: AuthorizationCode,
    redirectUri?: string,
  ): Promise<TokenSet & Required<Pick<TokenSet, 'idToken'>>> {
    const tokens = await requestTokens(
      { clientId: id, authentication, tokenEndpoint: endpoints.token, fetch },
      'authorization_code',
      { code: code.reveal(), ...(redirectUri === undefined ? {} : { redirect_uri: redirectUri }) },
    )
      .catch(asSignInError)
      .catch(asClientTokenError);
    const { idToken } = tokens;
    if (idToken) return { ...tokens, idToken };
    throw new TokenkeepError('provider_response_invalid', { detail: 'no ID token came with the code' });
  }

  /**
   * By an ID token. The code that a native app got beside it gives a refresh token; it has no redirect address, unless
   * Apple's JavaScript got it (https://developer.apple.com/documentation/signinwithapplerestapi/generate-and-validate-tokens).
   */
  async function signInWith(brought: ClientTokens): Promise<SignedIn> {
    if (!brought.idToken) throw new TokenkeepError('client_token_missing', { detail: 'id_token' });
    const signedIn = await web.signInWith({ idToken: brought.idToken });
    const { authorizationCode, redirectUri } = brought;
    const issuedTo = audienceOf(signedIn.claims);
    if (!authorizationCode || !clients.has(issuedTo)) return signedIn;
    const tokens = await redeemForClient(issuedTo, authorizationCode, redirectUri);
    const redeemed = await web.signInWith({ idToken: tokens.idToken });
    if (redeemed.subject === signedIn.subject) return { ...redeemed, tokens };
    throw new TokenkeepError('client_token_refused', { detail: 'its authorization_code is of another user' });
  }

  return {
    ...web,
    title: 'Apple',
    refreshNeeds:
      'Apple gives a refresh token with every sign-in in the browser; an app that signs in by itself has to bring ' +
      'the authorization_code, and the registration the private key',
    acceptsBearer: false,

    async redeem(response) {
      const signedIn = await web.redeem(response);
      const claims = { ...appleUserClaims(response.parameters['user']), ...signedIn.claims };
      return onceADay({ ...signedIn, claims });
    },

    signInWith: async (brought) => onceADay(await signInWith(brought)),

    async refresh(refreshToken, identity) {
      const client = clients.get(audienceOf(identity.claims)) ?? web;
      const result = await client.refresh(refreshToken, identity);
      return result.ok ? onceADay(result) : result;
    },

    /** It withdraws the user's permission for the app: https://developer.apple.com/documentation/signinwithapplerestapi/revoke-tokens */
    revocationEndsGrant: true,
    revoke: (tokens, identity) => (clients.get(audienceOf(identity.claims)) ?? web).revoke(tokens, identity),
  };
}

function metadata({ issuer, authorization, token, revocation, keys }: AppleSettings['endpoints']) {
  return {
    issuer,
    authorizationEndpoint: authorization,
    tokenEndpoint: token,
    revocationEndpoint: revocation,
    jwksUri: keys,
  };
}

/** The client that an ID token was issued to. */
function audienceOf({ aud }: Claims): string {
  return String(aud);
}

function onceADay<Result extends { readonly tokens: TokenSet }>(result: Result): Result {
  return { ...result, tokens: { ...result.tokens, refreshAfter } };
}
