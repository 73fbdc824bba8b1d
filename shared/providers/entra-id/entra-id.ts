import { boundedFetch } from '../../http/outbound.ts';
import type { RefreshToken } from '../../telemetry/secret.ts';
import { claimType, idTokenClaimTypes } from '../claim-types.ts';
import { firstText } from '../claims.ts';
import type { Registration } from '../oauth/authorization-request.ts';
import { type ClientCredential, clientAuthentication } from '../oauth/client-authentication.ts';
import { refreshFailure } from '../oauth/token-endpoint.ts';
import { broughtTokens, withOwnRefreshToken } from '../openid-connect/client-tokens.ts';
import { discovered, type Metadata } from '../openid-connect/discovery.ts';
import { openIdConnectProvider } from '../openid-connect/openid-connect.ts';
import type { Claims, Identity, Provider, ProviderParts, RefreshResult, Target, TokenSet } from '../provider.ts';
import { checkAllowed, type EntraAllowLists } from './allow-list.ts';
import { type EntraAuthority, entraAuthorities, issuerOf, tenantOf, tenantRule } from './authority.ts';
import { entraFailure, withLoopAsThrottling } from './failure.ts';
import { configuredTarget, furtherTarget } from './target.ts';
import { createProofCheck, type KnownAuthority } from './tokens.ts';

export interface EntraIdSettings extends Registration<'entra-id'> {
  readonly credential: ClientCredential;
  /** `https://login.microsoftonline.com/<tenant>/v2.0`, or of v1 `https://sts.windows.net/<tenant>/`. */
  readonly issuer: string;
  /** Who else tokens that clients bring may be for; the client id may always be, `api://<client id>` only if listed. */
  readonly allowedAudiences: readonly string[];
  readonly allowed: EntraAllowLists;
}

/**
 * Microsoft Entra ID, by its discovery document, in whichever cloud the issuer is:
 * https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
 *
 * A user is the same by tokens of v1 and of v2: the issuer that is kept is the one of the version configured.
 * Throws `settings_invalid` for an issuer or a certificate that cannot be used.
 */
export function entraIdProvider(settings: EntraIdSettings, parts: ProviderParts): Provider {
  const { clientId, allowedAudiences, allowed } = settings;
  const { own, other } = entraAuthorities(settings.issuer);
  const fetch = boundedFetch(parts.fetch);
  const known = (authority: EntraAuthority): KnownAuthority => ({
    authority,
    metadata: discovered(authority.wellKnown, authority.issuer, fetch, parts.clock),
  });
  const ownKnown = known(own);
  const authentication = clientAuthentication(settings.credential, parts);
  const checkProof = createProofCheck(clientId, allowedAudiences, [ownKnown, known(other)], fetch, parts.clock);
  let latest: { readonly metadata: Metadata; readonly provider: Provider } | undefined;

  /**
   * The provider at the endpoints that discovery states now. The userinfo endpoint is left alone: ID tokens have all that
   * it tells (https://learn.microsoft.com/entra/identity-platform/userinfo#consider-using-an-id-token-instead).
   */
  async function connected(): Promise<Provider> {
    const metadata = await ownKnown.metadata();
    if (latest?.metadata !== metadata) {
      const { userinfoEndpoint: _userinfo, ...endpoints } = metadata;
      const provider = openIdConnectProvider(
        { ...settings, endpoints },
        { ...parts, fetch: withLoopAsThrottling(fetch) },
        { isIssuer: tenantRule(own), authentication },
      );
      latest = { metadata, provider };
    }
    return latest.provider;
  }

  /** The issuer of the same tenant in the version configured; the one given where the tenant is another. */
  function ownIssuer(issuer: string): string {
    const tenant = tenantOf(own, issuer) ?? tenantOf(other, issuer);
    return tenant === undefined ? issuer : issuerOf(own, tenant);
  }

  async function refreshOwn(refreshToken: RefreshToken, identity: Identity): Promise<RefreshResult> {
    const provider = await connected();
    const first = await provider.refresh(refreshToken, identity);
    const target = configuredTarget(own, settings);
    const lacksTarget = !first.ok && first.failure.reason === 'invalid_request' && target !== undefined;
    const result = lacksTarget ? await provider.refresh(refreshToken, identity, target) : first;
    return result.ok ? { ...result, tokens: withOfflineAccess(result.tokens) } : result;
  }

  /** The refresh token stays the one that is for the session's own API. */
  async function refreshFor(refreshToken: RefreshToken, identity: Identity, target: Target): Promise<RefreshResult> {
    const asked = furtherTarget(own, target);
    if (!asked) return { ok: false, failure: { kind: 'refused', reason: 'scopes_need_a_v2_issuer' } };
    const result = await (await connected()).refresh(refreshToken, identity, asked);
    return result.ok ? { ok: true, tokens: withoutRefreshToken(result.tokens) } : result;
  }

  async function refresh(refreshToken: RefreshToken, identity: Identity, target?: Target): Promise<RefreshResult> {
    const same = { ...identity, issuer: ownIssuer(identity.issuer) };
    try {
      const result = await (target ? refreshFor(refreshToken, same, target) : refreshOwn(refreshToken, same));
      return result.ok ? result : { ok: false, failure: entraFailure(result.failure, target !== undefined) };
    } catch (error) {
      return refreshFailure(error);
    }
  }

  return {
    name: settings.name,
    title: 'Microsoft Entra ID',
    claimTypes: { types: idTokenClaimTypes, nameType: claimType.emailAddress },
    refreshNeeds:
      'Microsoft Entra ID gives a refresh token for the scope offline_access, ' +
      'as in the login parameter scope=openid profile email offline_access',
    hasTargets: true,
    acceptsBearer: true,

    async authorizationUrl({ extra, ...request }) {
      const hint = request.addsTo && displayed(request.addsTo.claims);
      const hinted = { ...request, extra: { ...(hint === undefined ? {} : { login_hint: hint }), ...extra } };
      return (await connected()).authorizationUrl(hinted);
    },

    /** Where an answer says whose it is (RFC 9207), discovery for many tenants has the placeholder in that place. */
    async redeem({ parameters, ...attempt }) {
      const iss = tenantOf(own, parameters['iss']) === undefined ? {} : { iss: own.issuer };
      const signedIn = await (await connected()).redeem({ ...attempt, parameters: { ...parameters, ...iss } });
      checkAllowed(allowed, signedIn.claims);
      return { ...signedIn, tokens: withOfflineAccess(signedIn.tokens) };
    },

    /** An ID token that is not this app's own is not kept. */
    async signInWith({ idToken, refreshToken, ...others }) {
      const { token, claims } = await checkProof(idToken, others.accessToken);
      checkAllowed(allowed, claims);
      const kept = token === idToken ? { ...others, idToken } : others;
      const signedIn = {
        issuer: ownIssuer(claims.iss),
        subject: claims.sub,
        claims,
        tokens: broughtTokens(kept, claims, parts.clock),
      };
      return refreshToken
        ? withOwnRefreshToken(signedIn, refreshToken, await refresh(refreshToken, signedIn))
        : signedIn;
    },

    refresh,

    revocationEndsGrant: false,
    revoke: async (...tokens) => (await connected()).revoke(...tokens),
    issuerOf: (stated) => (stated === undefined ? undefined : ownIssuer(stated)),
    signOutUrl: async (returnTo) => (await connected()).signOutUrl(returnTo),

    displayName: (claims, subject) => displayed(claims) ?? subject,
    principalId: (claims, subject) => firstText(claims, 'oid') ?? subject,
  };
}

/** https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference: v2 has the first, v1 the last two. */
function displayed(claims: Claims): string | undefined {
  return firstText(claims, 'preferred_username', 'upn', 'email', 'unique_name');
}

/**
 * Answers leave `offline_access` out of their scopes, but only with it there is a refresh token:
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#successful-response-2
 */
function withOfflineAccess(tokens: TokenSet): TokenSet {
  if (!tokens.scopes || !tokens.refreshToken) return tokens;
  return { ...tokens, scopes: [...new Set([...tokens.scopes, 'offline_access'])] };
}

/** v1 gives a new one with every answer. */
function withoutRefreshToken({ refreshToken: _for, ...tokens }: TokenSet): TokenSet {
  return tokens;
}
