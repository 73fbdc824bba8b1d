import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { appSettings } from '../../shared/settings/app-settings.ts';
import { loadSettings } from '../../shared/settings/load.ts';
import { BicepExpression, type BicepObject } from './bicep.ts';
import { all, main, resource, text } from './infra-files.ts';

describe('the app settings of a deployment', () => {
  const settings = all['app']?.vars['settings'] as BicepObject;
  const values: Readonly<Record<string, string>> = {
    hostStorageName: 'sttkhost0000000000000',
    identityClientId: '11111111-2222-3333-4444-555555555555',
    monitoringConnectionString: 'InstrumentationKey=0',
    vaultUrl: 'https://kv-tk-0000000000000.vault.azure.net/',
    wrapKeyName: text(resource('vault', 'wrapKey').body['name']) as string,
    signKeyName: text(resource('vault', 'signKey').body['name']) as string,
    'string(sessionMaxHours)': String(main.params['sessionMaxHours']?.default),
  };
  const environment = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      if (!(value instanceof BicepExpression)) return [name, String(value)];
      return [
        name,
        values[value.text] ?? value.text.replace(/\$\{(\w+)\}/g, (_, inner: string) => values[inner] ?? ''),
      ];
    }),
  );
  const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-infra-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('let the app start, with its identity for the container, the vault and the queues', () => {
    const auth = JSON.parse(readFileSync(new URL('../../auth.sample.json', import.meta.url), 'utf8'));
    auth.login.tokenStore.azureBlobStorage = { blobContainerUri: 'https://sttkdata0.blob.core.windows.net/tokens' };
    writeFileSync(join(directory, 'auth.json'), JSON.stringify(auth));
    const platform = { WEBSITE_HOSTNAME: 'tokenkeep-0.azurewebsites.net', DEMO_PROVIDER_AUTHENTICATION_SECRET: 'x' };
    const clientId = values['identityClientId'];
    expect(loadSettings({ ...environment, ...platform }, directory, 0)).toMatchObject({
      publicOrigin: 'https://tokenkeep-0.azurewebsites.net',
      containers: [{ address: 'https://sttkdata0.blob.core.windows.net/tokens', clientId }],
      hostStorage: { queueServiceUrl: 'https://sttkhost0000000000000.queue.core.windows.net', clientId },
      vault: {
        url: 'https://kv-tk-0000000000000.vault.azure.net',
        wrappingKeyName: 'tokenkeep-wrap',
        signingKeyName: 'tokenkeep-sign',
      },
      identityClientId: clientId,
      session: { absoluteLifetime: 720 * 3600 },
    });
  });

  it('are every one that the code reads, or one that a deployment has a reason to leave out', () => {
    const leftOut: Readonly<Record<string, string>> = {
      TOKENKEEP_AUTH_FILE: 'auth.json is where it is looked for',
      WEBSITE_HOSTNAME: 'the platform sets it',
      TOKENKEEP_COOKIE_SAMESITE: 'follows from the allowed origins',
      WEBSITE_AUTH_FILE_PATH: 'App Service’s name of TOKENKEEP_AUTH_FILE',
      WEBSITE_AUTH_V2_CONFIG_JSON: 'in place of auth.json, which is in the package',
      WEBSITE_AUTH_USE_LEGACY_CLAIMS: 'for apps that moved from App Service with it',
      WEBSITE_AUTH_HIDE_DEPRECATED_SID: 'for apps that moved from App Service with it',
      TOKENKEEP_FURTHER_CONTAINERS: 'for whoever outgrows one storage account: a setting of their own',
      TOKENKEEP_READ_SECONDARY: 'the storage account of the template is not geo-redundant',
      TOKENKEEP_PROVIDER_CONCURRENCY: 'its default suits until a provider objects',
      TOKENKEEP_PROXY_KEY: 'optional, and secret: it goes into secretSettings',
      WEBSITE_AUTH_SIGNING_KEY: 'optional, and secret: it goes into secretSettings',
      AzureWebJobsStorage: 'a connection string, where the identity is used instead',
      AzureWebJobsStorage__queueServiceUri: 'follows from the account name',
    };
    const written = Object.values(all).map((file) => file.text);
    const missing = Object.keys(appSettings.shape).filter(
      (name) => !written.some((file) => new RegExp(`\\b${name}:`).test(file)),
    );
    expect(missing.toSorted()).toEqual(Object.keys(leftOut).toSorted());
  });

  it('keep out of those that Flex Consumption refuses or ignores', () => {
    // https://learn.microsoft.com/azure/azure-functions/functions-app-settings#flex-consumption-plan-deprecations
    const refused = /FUNCTIONS_WORKER_RUNTIME|FUNCTIONS_EXTENSION_VERSION|RUN_FROM_|BUILD|CONTENTSHARE|TIME_ZONE/;
    expect(Object.keys(settings).filter((name) => refused.test(name))).toEqual([]);
  });

  it('take secrets from the vault by reference, the container SAS among them in SAS mode only', () => {
    expect(text(all['app']?.vars['secretReferences'])).toContain(
      `'@Microsoft.KeyVault(VaultName=\${vaultName};SecretName=\${setting.value})'`,
    );
    expect(text(main.vars['sasSetting'])).toBe(
      "tokenContainerAccess == 'sas' ? { WEBSITE_AUTH_TOKEN_CONTAINER_SASURL: 'token-container-sas' } : {}",
    );
    expect(resource('app', 'app').body['properties']).toHaveProperty('keyVaultReferenceIdentity.text', 'identityId');
  });
});
