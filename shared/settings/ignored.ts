import { isJsonObject, type JsonObject, valueAt } from './json.ts';
import type { Notice } from './notices.ts';

/** A property that is accepted and not heeded; said unless its value states what holds anyway. */
interface Ignored extends Notice {
  readonly unless?: unknown;
}

const certificateInPem = 'The certificate is the one in the app setting that clientSecretSettingName names.';
const ownKeys = 'Tokenkeep makes and rotates its keys itself, under those in Key Vault.';

/** Properties of App Service and Container Apps that mean nothing here. */
export const ignored: readonly Ignored[] = [
  {
    path: 'platform.enabled',
    reason: 'Tokenkeep is enabled by being deployed; the switch of App Service stays off.',
    unless: true,
  },
  { path: 'platform.runtimeVersion', reason: 'Tokenkeep has no other version than the one that is deployed.' },
  { path: 'platform.configFilePath', reason: 'The app setting TOKENKEEP_AUTH_FILE says where auth.json lies.' },
  {
    path: 'httpSettings.requireHttps',
    reason: 'Tokenkeep is served by https in any case; plain http is for addresses of this machine.',
    unless: true,
  },
  {
    path: 'login.tokenStore.enabled',
    reason: 'Tokenkeep is a token store and cannot do without.',
    unless: true,
  },
  { path: 'login.tokenStore.fileSystem.directory', reason: 'Tokens are kept in a blob container only.' },
  {
    path: 'login.tokenStore.azureBlobStorage.managedIdentityResourceId',
    reason: 'The identity is named by its client id: azureBlobStorage.clientId, else the app setting AZURE_CLIENT_ID.',
  },
  {
    path: 'login.preserveUrlFragmentsForLogins',
    reason: 'A fragment reaches no server; an app that needs it says it in post_login_redirect_uri.',
    unless: false,
  },
  { path: 'login.nonce.validateNonce', reason: 'The nonce is always validated.', unless: true },
  {
    path: 'identityProviders.azureActiveDirectory.isAutoProvisioned',
    reason: 'The Azure portal notes here how the registration was made.',
    unless: false,
  },
  {
    path: 'identityProviders.azureActiveDirectory.login.disableWWWAuthenticate',
    reason: 'It is about the requests of an app behind App Service.',
    unless: false,
  },
  {
    path: 'identityProviders.azureActiveDirectory.registration.clientSecretCertificateSubjectAlternativeName',
    reason: certificateInPem,
  },
  {
    path: 'identityProviders.azureActiveDirectory.registration.clientSecretCertificateIssuer',
    reason: certificateInPem,
  },
  { path: 'identityProviders.azureStaticWebApps', reason: 'It is for apps of Azure Static Web Apps only.' },
  { path: 'encryptionSettings.containerAppAuthEncryptionSecretName', reason: ownKeys },
  { path: 'encryptionSettings.containerAppAuthSigningSecretName', reason: ownKeys },
  { path: 'legacyProperties', reason: 'App Service notes here from which version a configuration came.' },
];

/** What the document sets of these. */
export function ignoredIn(document: JsonObject): Notice[] {
  return ignored
    .filter(({ path, unless }) => {
      const value = valueAt(document, path);
      return value !== undefined && value !== unless && !isEmpty(value);
    })
    .map(({ path, reason }) => ({ path, reason }));
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0;
}
