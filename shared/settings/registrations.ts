import { appleEndpoints } from '../providers/apple/endpoints.ts';
import { microsoftAccountIssuer } from '../providers/entra-id/authority.ts';
import { facebookEndpoints } from '../providers/facebook/endpoints.ts';
import { githubEndpoints } from '../providers/github/endpoints.ts';
import { googleEndpoints } from '../providers/google/endpoints.ts';
import type { OpenIdConnectSettings } from '../providers/openid-connect/openid-connect.ts';
import type { ProviderSettings } from '../providers/registry.ts';
import { twitterEndpoints, twitterOAuth1Endpoints } from '../providers/twitter/endpoints.ts';
import type { Credentials } from './credentials.ts';
import { entraId } from './entra-id-registration.ts';
import type { IdentityProviders } from './identity-providers.ts';
import { parameters } from './login-parameters.ts';

type Registered<Name extends keyof IdentityProviders> = NonNullable<IdentityProviders[Name]>;
type Custom = IdentityProviders['customOpenIdConnectProviders'][string];

/** The registered identity providers with their secrets: those that are built in first. */
export function providers(registered: IdentityProviders, credentials: Credentials): ProviderSettings[] {
  const { azureActiveDirectory, apple, facebook, gitHub, google, legacyMicrosoftAccount, twitter } = registered;
  return [
    ...(azureActiveDirectory ? [entraId(azureActiveDirectory, credentials)] : []),
    ...(apple ? [appleSettings(apple, credentials)] : []),
    ...(facebook ? [facebookSettings(facebook, credentials)] : []),
    ...(gitHub ? [githubSettings(gitHub, credentials)] : []),
    ...(google ? [googleSettings(google, credentials)] : []),
    ...(legacyMicrosoftAccount ? [microsoftAccount(legacyMicrosoftAccount, credentials)] : []),
    ...(twitter ? [twitterSettings(twitter, credentials)] : []),
    ...Object.entries(registered.customOpenIdConnectProviders).map(([name, one]) =>
      openIdConnect(name.toLowerCase(), one, credentials),
    ),
  ];
}

function appleSettings({ registration, login, validation }: Registered<'apple'>, credentials: Credentials) {
  const name = 'apple';
  return {
    kind: 'apple',
    name,
    clientId: registration.clientId,
    credential: credentials.apple(registration, name),
    scopes: login.scopes,
    loginParameters: parameters(login),
    allowedAudiences: validation.allowedAudiences,
    endpoints: { ...appleEndpoints, ...registration.endpoints },
  } as const satisfies ProviderSettings;
}

function facebookSettings({ registration, graphApiVersion, login }: Registered<'facebook'>, credentials: Credentials) {
  const name = 'facebook';
  return {
    kind: 'facebook',
    name,
    clientId: registration.appId,
    secret: credentials.clientSecret(registration.appSecretSettingName, name),
    graphVersion: graphApiVersion,
    scopes: login.scopes,
    loginParameters: parameters(login),
    endpoints: { ...facebookEndpoints, ...registration.endpoints },
  } as const satisfies ProviderSettings;
}

function githubSettings({ registration, login }: Registered<'gitHub'>, credentials: Credentials) {
  const name = 'github';
  return {
    kind: 'github',
    name,
    clientId: registration.clientId,
    secret: credentials.clientSecret(registration.clientSecretSettingName, name),
    scopes: login.scopes,
    loginParameters: parameters(login),
    endpoints: { ...githubEndpoints, ...registration.endpoints },
  } as const satisfies ProviderSettings;
}

function googleSettings({ registration, login, validation }: Registered<'google'>, credentials: Credentials) {
  const name = 'google';
  return {
    kind: 'google',
    name,
    clientId: registration.clientId,
    credential: credentials.optional(registration.clientSecretSettingName, name, 'client_secret_post'),
    scopes: withOpenid(login.scopes),
    loginParameters: parameters(login),
    allowedAudiences: validation.allowedAudiences,
    endpoints: { ...googleEndpoints, ...registration.endpoints },
  } as const satisfies ProviderSettings;
}

function microsoftAccount(
  { registration, login, validation }: Registered<'legacyMicrosoftAccount'>,
  credentials: Credentials,
) {
  const name = 'microsoftaccount';
  return {
    kind: 'microsoft-account',
    name,
    clientId: registration.clientId,
    credential: credentials.optional(registration.clientSecretSettingName, name, 'client_secret_post'),
    scopes: login.scopes,
    loginParameters: parameters(login),
    allowedAudiences: validation.allowedAudiences,
    issuer: registration.endpoints.issuer ?? microsoftAccountIssuer,
  } as const satisfies ProviderSettings;
}

/** OAuth 1.0a with a `consumerKey`, else OAuth 2.0, whose confidential clients identify themselves by HTTP Basic. */
function twitterSettings({ registration, login }: Registered<'twitter'>, credentials: Credentials) {
  const name = 'twitter';
  const { consumerKey, consumerSecretSettingName = '', clientId = '', clientSecretSettingName } = registration;
  if (consumerKey !== undefined) {
    return {
      kind: 'twitter-oauth1',
      name,
      consumerKey,
      consumerSecret: credentials.clientSecret(consumerSecretSettingName, name),
      endpoints: { ...twitterOAuth1Endpoints, ...registration.endpoints },
    } as const satisfies ProviderSettings;
  }
  return {
    kind: 'twitter',
    name,
    clientId,
    credential: credentials.optional(clientSecretSettingName, name, 'client_secret_basic'),
    scopes: login.scopes,
    loginParameters: parameters(login),
    endpoints: { ...twitterEndpoints, ...registration.endpoints },
  } as const satisfies ProviderSettings;
}

function openIdConnect(name: string, { registration, login, validation }: Custom, credentials: Credentials) {
  const { nameClaimType } = login;
  return {
    kind: 'openid-connect',
    name,
    clientId: registration.clientId,
    credential: credentials.custom(registration.clientCredential, name),
    endpoints: openIdConnectEndpoints(registration.openIdConnectConfiguration),
    scopes: login.scopes.length === 0 ? ['openid', 'profile', 'email'] : login.scopes,
    loginParameters: parameters(login),
    allowedAudiences: validation.allowedAudiences,
    furtherResources: login.furtherResources,
    ...(nameClaimType === undefined ? {} : { nameClaim: nameClaimType }),
  } as const satisfies ProviderSettings;
}

function openIdConnectEndpoints(
  configured: Custom['registration']['openIdConnectConfiguration'],
): OpenIdConnectSettings['endpoints'] {
  const { wellKnownOpenIdConfiguration: wellKnown, issuer } = configured;
  if (wellKnown !== undefined) return { wellKnown, ...(issuer === undefined ? {} : { issuer }) };
  const { authorizationEndpoint = '', tokenEndpoint = '', certificationUri = '' } = configured;
  return { issuer: issuer ?? '', authorizationEndpoint, tokenEndpoint, jwksUri: certificationUri };
}

/** App Service's own examples leave `openid` out, without which there is no ID token (OpenID Connect Core 3.1.2.1). */
function withOpenid(scopes: readonly string[]): readonly string[] {
  return scopes.includes('openid') ? scopes : ['openid', ...scopes];
}
