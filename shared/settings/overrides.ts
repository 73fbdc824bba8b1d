import type { SettingValues } from './environment.ts';
import { type JsonObject, withValueAt } from './json.ts';

/** What an app setting puts into the document, and where. */
interface Override {
  readonly path: string;
  readonly read: (text: string, name: string) => unknown;
}

const text = (path: string): Override => ({ path, read: (value) => value });
/** Parts separated by commas. */
const list = (path: string): Override => ({ path, read: (value) => parts(value, /,/) });
/** Scopes, separated by spaces or commas. */
const words = (path: string): Override => ({ path, read: (value) => parts(value, /[\s,]/) });
/** `name=value` pairs, separated by `&` or commas; the values may have commas of their own. */
const pairs = (path: string): Override => ({ path, read: (value) => parts(value, /[&,](?=[\w.-]+=)/) });
/** The secret itself, in the place where the document names the app setting that holds it. */
const secret = (path: string): Override => ({ path, read: (_, name) => name });

const aad = 'identityProviders.azureActiveDirectory';
const facebook = 'identityProviders.facebook';
const github = 'identityProviders.gitHub';
const google = 'identityProviders.google';
const microsoft = 'identityProviders.legacyMicrosoftAccount';
const twitter = 'identityProviders.twitter';

/**
 * The app settings by which App Service configures its first version of authentication, with the names that its
 * reference lists (https://learn.microsoft.com/azure/app-service/reference-app-settings#authentication--authorization).
 * The later of two that say the same counts.
 */
export const overrides: Readonly<Record<string, Override>> = {
  WEBSITE_AUTH_API_PREFIX: text('httpSettings.routes.apiPrefix'),
  WEBSITE_AUTH_PROXY_HEADER_CONVENTION: text('httpSettings.forwardProxy.convention'),
  WEBSITE_AUTH_PROXY_HOST_HEADER: text('httpSettings.forwardProxy.customHostHeaderName'),
  WEBSITE_AUTH_PROXY_PROTO_HEADER: text('httpSettings.forwardProxy.customProtoHeaderName'),
  WEBSITE_AUTH_UNAUTHENTICATED_ACTION: text('globalValidation.unauthenticatedClientAction'),
  WEBSITE_AUTH_DEFAULT_PROVIDER: text('globalValidation.redirectToProvider'),
  WEBSITE_AUTH_EXTERNAL_REDIRECT_URLS: list('login.allowedExternalRedirectUrls'),
  WEBSITE_AUTH_COOKIE_EXPIRATION_MODE: text('login.cookieExpiration.convention'),
  WEBSITE_AUTH_COOKIE_EXPIRATION_TIME: text('login.cookieExpiration.timeToExpiration'),
  WEBSITE_AUTH_NONCE_DURATION: text('login.nonce.nonceExpirationInterval'),
  WEBSITE_AUTH_TOKEN_REFRESH_HOURS: text('login.tokenStore.tokenRefreshExtensionHours'),

  WEBSITE_AUTH_OPENID_ISSUER: text(`${aad}.registration.openIdIssuer`),
  WEBSITE_AUTH_CLIENT_ID: text(`${aad}.registration.clientId`),
  WEBSITE_AUTH_CLIENT_SECRET: secret(`${aad}.registration.clientSecretSettingName`),
  WEBSITE_AUTH_CLIENT_SECRET_SETTING_NAME: text(`${aad}.registration.clientSecretSettingName`),
  WEBSITE_AUTH_CLIENT_SECRET_CERTIFICATE_THUMBPRINT: text(`${aad}.registration.clientSecretCertificateThumbprint`),
  WEBSITE_AUTH_LOGIN_PARAMS: pairs(`${aad}.login.loginParameters`),
  WEBSITE_AUTH_ALLOWED_AUDIENCES: list(`${aad}.validation.allowedAudiences`),

  WEBSITE_AUTH_FB_APP_ID: text(`${facebook}.registration.appId`),
  WEBSITE_AUTH_FB_APP_SECRET: secret(`${facebook}.registration.appSecretSettingName`),
  WEBSITE_AUTH_FB_APP_SECRET_SETTING_NAME: text(`${facebook}.registration.appSecretSettingName`),
  WEBSITE_AUTH_FB_SCOPE: words(`${facebook}.login.scopes`),

  WEBSITE_AUTH_GITHUB_CLIENT_ID: text(`${github}.registration.clientId`),
  WEBSITE_AUTH_GITHUB_CLIENT_SECRET: secret(`${github}.registration.clientSecretSettingName`),
  WEBSITE_AUTH_GITHUB_CLIENT_SECRET_SETTING_NAME: text(`${github}.registration.clientSecretSettingName`),
  WEBSITE_AUTH_GITHUB_APP_SCOPE: words(`${github}.login.scopes`),

  WEBSITE_AUTH_GOOGLE_CLIENT_ID: text(`${google}.registration.clientId`),
  WEBSITE_AUTH_GOOGLE_CLIENT_SECRET: secret(`${google}.registration.clientSecretSettingName`),
  WEBSITE_AUTH_GOOGLE_CLIENT_SECRET_SETTING_NAME: text(`${google}.registration.clientSecretSettingName`),
  WEBSITE_AUTH_GOOGLE_SCOPE: words(`${google}.login.scopes`),

  WEBSITE_AUTH_MSA_CLIENT_ID: text(`${microsoft}.registration.clientId`),
  WEBSITE_AUTH_MSA_CLIENT_SECRET: secret(`${microsoft}.registration.clientSecretSettingName`),
  WEBSITE_AUTH_MSA_CLIENT_SECRET_SETTING_NAME: text(`${microsoft}.registration.clientSecretSettingName`),
  WEBSITE_AUTH_MSA_SCOPE: words(`${microsoft}.login.scopes`),

  WEBSITE_AUTH_TWITTER_CONSUMER_KEY: text(`${twitter}.registration.consumerKey`),
  WEBSITE_AUTH_TWITTER_CONSUMER_SECRET: secret(`${twitter}.registration.consumerSecretSettingName`),
  WEBSITE_AUTH_TWITTER_CONSUMER_SECRET_SETTING_NAME: text(`${twitter}.registration.consumerSecretSettingName`),
};

/** The document with what app settings say in the place of what it says, and which of them says what. */
export function overridden(
  document: JsonObject,
  values: SettingValues,
): { readonly document: JsonObject; readonly settingOf: ReadonlyMap<string, string> } {
  const given = Object.entries(overrides).flatMap(([name, override]) => {
    const value = values.get(name);
    return value === undefined ? [] : [{ name, path: override.path, value: override.read(value, name) }];
  });
  return {
    document: given.reduce((before, { path, value }) => withValueAt(before, path, value), document),
    settingOf: new Map(given.map(({ path, name }) => [path, name])),
  };
}

function parts(value: string, separator: RegExp): string[] {
  return value
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
