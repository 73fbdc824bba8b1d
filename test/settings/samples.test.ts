import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { load, notPinned, problems } from './example.ts';

/**
 * Documents of Microsoft's own, each as the page has it; where the page has only placeholders, they are filled in.
 * What each page is about: the providers it registers, and what of it is not heeded.
 */
const samples: Readonly<Record<string, { source: string; providers: string[]; ignored: string[] }>> = {
  apple: {
    source: 'https://learn.microsoft.com/azure/app-service/configure-authentication-provider-apple#configure',
    providers: ['apple'],
    ignored: [],
  },
  'bicep-reference': {
    source: 'https://learn.microsoft.com/azure/templates/microsoft.web/sites/config-authsettingsv2 (placeholders)',
    providers: ['microsoftaccount'],
    ignored: ['platform.runtimeVersion', 'login.tokenStore.enabled', 'identityProviders.azureStaticWebApps'],
  },
  'container-apps': {
    source: 'https://github.com/Azure/azure-rest-api-specs AuthConfigs_BlobStorageTokenStore_CreateOrUpdate.json',
    providers: ['facebook'],
    ignored: [
      'login.tokenStore.azureBlobStorage.managedIdentityResourceId',
      'encryptionSettings.containerAppAuthEncryptionSecretName',
      'encryptionSettings.containerAppAuthSigningSecretName',
    ],
  },
  'entra-id': {
    source: 'https://learn.microsoft.com/azure/app-service/configure-authentication-provider-aad (its fragments)',
    providers: ['aad'],
    ignored: [],
  },
  'file-reference': {
    source: 'https://learn.microsoft.com/azure/app-service/configure-authentication-file-based (placeholders)',
    providers: ['aad', 'apple', 'facebook', 'github', 'google', 'twitter', 'contoso'],
    ignored: ['login.tokenStore.fileSystem.directory', 'login.preserveUrlFragmentsForLogins'],
  },
  'platform-written': {
    source: 'WEBSITE_AUTH_V2_CONFIG_JSON as App Service writes it: enumerations as numbers, every provider enabled',
    providers: ['aad'],
    ignored: [
      'platform.runtimeVersion',
      'identityProviders.azureActiveDirectory.isAutoProvisioned',
      'legacyProperties',
      'identityProviders.apple',
      'identityProviders.facebook',
      'identityProviders.gitHub',
      'identityProviders.google',
      'identityProviders.legacyMicrosoftAccount',
      'identityProviders.twitter',
    ],
  },
};

/** The app settings that the samples name. */
const secrets = {
  APPLE_GENERATED_CLIENT_SECRET: 'header.claims.signature',
  APP_SETTING_CONTAINING_AAD_SECRET: 'aad',
  APP_SETTING_CONTAINING_APPLE_SECRET: 'apple',
  APP_SETTING_CONTAINING_FACEBOOK_SECRET: 'facebook',
  APP_SETTING_CONTAINING_GITHUB_SECRET: 'github',
  APP_SETTING_CONTAINING_GOOGLE_SECRET: 'google',
  APP_SETTING_CONTAINING_TWITTER_CONSUMER_SECRET: 'twitter',
  CONTOSO_SECRET: 'contoso',
  ClientSecret: 'google',
  facebook_secret: 'facebook',
  MICROSOFT_PROVIDER_AUTHENTICATION_SECRET: 'aad',
  MSA_PROVIDER_AUTHENTICATION_SECRET: 'msa',
  OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: '99998888-7777-6666-5555-444433332222',
};

const text = (name: string) => readFileSync(new URL(`samples/${name}.json`, import.meta.url), 'utf8');

describe.each(Object.entries(samples))("Microsoft's own %s", (name, { providers, ignored }) => {
  it('is taken unchanged', () => {
    expect(problems(secrets, text(name))).toEqual([]);
    expect(load(secrets, text(name)).providers.map((provider) => provider.name)).toEqual(providers);
  });

  it('has what is not heeded told, each once', () => {
    const { notices } = load(secrets, text(name));
    expect(notices.map(({ path }) => path)).toEqual(ignored);
    for (const { reason } of notices) expect(reason).toMatch(/^[A-Z].{20,}\.$/);
  });
});

it('the example of the REST API has a time that is none, and nothing else wrong', () => {
  const wrong = text('google-resource');
  expect(problems(secrets, wrong)).toEqual([
    'auth.json: login.cookieExpiration.timeToExpiration: found "2022:09-01T00:00Z", expected a time span as hh:mm:ss or d.hh:mm:ss',
  ]);
  expect(load({ ...secrets, ...notPinned }, wrong.replace('2022:09-01T00:00Z', '08:00:00'))).toMatchObject({
    apiPrefix: '/authv2',
    session: { convention: 'identity-provider', refreshExtension: 96 * 3600 },
    forwardProxy: { convention: 'standard', hostHeader: 'x-forwarded-host', protoHeader: 'x-forwarded-proto' },
    unauthenticatedClientAction: 'status-403',
    providers: [{ name: 'google', scopes: ['openid', 'admin'], allowedAudiences: ['https://example.com'] }],
  });
});

it('the old example of OpenID Connect has the name of a built-in provider, and nothing else wrong', () => {
  const wrong = text('openid-connect');
  expect(problems(secrets, wrong)).toEqual([
    'auth.json: identityProviders.customOpenIdConnectProviders.apple: found "apple", expected a name that no built-in provider has',
  ]);
  expect(load(secrets, wrong.replaceAll('"apple"', '"contoso"'))).toMatchObject({
    redirectToProvider: 'contoso',
    providers: [{ name: 'contoso', scopes: ['openid', 'profile', 'email'], loginParameters: {} }],
  });
});
