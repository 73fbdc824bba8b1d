import { type AppleSettings, appleProvider } from './apple/apple.ts';
import { type EntraIdSettings, entraIdProvider } from './entra-id/entra-id.ts';
import { type MicrosoftAccountSettings, microsoftAccountProvider } from './entra-id/microsoft-account.ts';
import { type FacebookSettings, facebookProvider } from './facebook/facebook.ts';
import { type GitHubSettings, githubProvider } from './github/github.ts';
import { type GoogleSettings, googleProvider } from './google/google.ts';
import { type OpenIdConnectSettings, openIdConnectProvider } from './openid-connect/openid-connect.ts';
import type { Provider, ProviderParts } from './provider.ts';
import { type TwitterSettings, twitterProvider } from './twitter/twitter.ts';
import { type TwitterOAuth1Settings, twitterOAuth1Provider } from './twitter/twitter-oauth1.ts';

/** What auth.json says of one provider, secrets resolved. */
export type ProviderSettings =
  | AppleSettings
  | EntraIdSettings
  | FacebookSettings
  | GitHubSettings
  | GoogleSettings
  | MicrosoftAccountSettings
  | (OpenIdConnectSettings & { readonly kind: 'openid-connect' })
  | TwitterOAuth1Settings
  | TwitterSettings;

export function createProvider(settings: ProviderSettings, parts: ProviderParts): Provider {
  switch (settings.kind) {
    case 'apple':
      return appleProvider(settings, parts);
    case 'entra-id':
      return entraIdProvider(settings, parts);
    case 'facebook':
      return facebookProvider(settings, parts);
    case 'github':
      return githubProvider(settings, parts);
    case 'google':
      return googleProvider(settings, parts);
    case 'microsoft-account':
      return microsoftAccountProvider(settings, parts);
    case 'openid-connect':
      return openIdConnectProvider(settings, parts);
    case 'twitter':
      return twitterProvider(settings, parts);
    case 'twitter-oauth1':
      return twitterOAuth1Provider(settings, parts);
  }
}
