import { describe, expect, it } from 'vitest';
import { appSettings } from '../../shared/settings/app-settings.ts';
import {
  blobName,
  type EpochNumber,
  type Minute,
  type SessionId,
  type UserId,
} from '../../shared/token-store/names.ts';
import type { BicepExpression, BicepObject } from './bicep.ts';
import { all, at, main, parameters, resource, text } from './infra-files.ts';

describe('the vault', () => {
  it('has an RSA-3072 key that wraps and unwraps and a P-256 key that signs and verifies, and nothing more', () => {
    const keys = Object.values(all['vault']?.resources ?? {}).filter(({ type }) => type.endsWith('/vaults/keys'));
    expect(keys.map(({ body }) => [body['name'], body['properties']])).toEqual([
      ['tokenkeep-wrap', { kty: 'RSA', keySize: 3072, keyOps: ['wrapKey', 'unwrapKey'] }],
      ['tokenkeep-sign', { kty: 'EC', curveName: 'P-256', keyOps: ['sign', 'verify'] }],
    ]);
  });

  it('names the keys as the app expects them by default', () => {
    const defaults = appSettings.parse({ TOKENKEEP_VAULT_URL: 'https://v.vault.azure.net' });
    expect(resource('vault', 'wrapKey').body['name']).toBe(defaults.TOKENKEEP_WRAP_KEY);
    expect(resource('vault', 'signKey').body['name']).toBe(defaults.TOKENKEEP_SIGN_KEY);
  });

  it('cannot lose a key for good, and knows roles only', () => {
    expect(resource('vault', 'vault').body['properties']).toMatchObject({
      enableRbacAuthorization: true,
      enableSoftDelete: true,
      softDeleteRetentionInDays: 90,
      enablePurgeProtection: true,
    });
  });
});

describe('the token container', () => {
  const account = resource('token-storage', 'account').body;
  const container = resource('token-storage', 'tokens').body;
  const rules = at(resource('token-storage', 'cleaning').body, 'properties.policy.rules') as BicepObject[];

  it('is private, over TLS 1.2, and opens to a shared key in SAS mode only', () => {
    expect(account['properties']).toMatchObject({
      minimumTlsVersion: 'TLS1_2',
      supportsHttpsTrafficOnly: true,
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: { text: "access == 'sas'" },
    });
    expect(at(container, 'properties.publicAccess')).toBe('None');
  });

  it('keeps no copies of tokens that were replaced or deleted', () => {
    expect(resource('token-storage', 'blobs').body['properties']).toMatchObject({
      isVersioningEnabled: false,
      deleteRetentionPolicy: { enabled: false },
    });
  });

  it('is cleared of what is left behind, never of the key ring or the watermark', () => {
    const [rule, ...others] = rules;
    const prefixes = (at(rule, 'definition.filters.prefixMatch') as BicepExpression[]).map((prefix) =>
      prefix.text.slice(1, -1).replace(`\${tokens.name}`, String(container['name'])),
    );
    const isCleared = (name: string) => prefixes.some((prefix) => `tokens/${name}`.startsWith(prefix));
    const id = '0'.repeat(64) as SessionId;
    const left = [
      blobName.session(id),
      blobName.marker({ minute: '202611210312' as Minute, id }),
      blobName.ofUser(id as string as UserId, { minute: '202611210312' as Minute, id }),
    ];
    expect(left.map(isCleared)).toEqual([true, true, true]);
    expect([blobName.epoch('000001' as EpochNumber), 'agenda/watermark'].map(isCleared)).toEqual([false, false]);
    expect(others).toEqual([]);
  });

  it('is cleared of nothing that a session alive may still need', () => {
    const days = at(rules[0], 'definition.actions.baseBlob.delete.daysAfterModificationGreaterThan');
    expect(text(days)).toBe('uselessAfterDays');
    const formula = text(all['token-storage']?.vars['uselessAfterDays']);
    expect(formula).toBe('(sessionMaxHours + 23) / 24 + 7');
    for (const hours of [1, 24, 25, 720, 8760]) {
      // Bicep divides integers without a remainder.
      expect(Math.floor((hours + 23) / 24) + 7).toBeGreaterThan(hours / 24 + 6);
    }
  });
});

describe('the function app', () => {
  const app = resource('app', 'app').body;

  it('leaves authentication to Tokenkeep: Easy Auth is off', () => {
    const { body, type } = resource('app', 'authentication');
    expect(type).toBe('Microsoft.Web/sites/config');
    expect(body).toMatchObject({ name: 'authsettingsV2', properties: { platform: { enabled: false } } });
    for (const file of Object.values(all)) expect(file.text).not.toContain('WEBSITE_AUTH_ENABLED');
  });

  it('answers https only, with TLS 1.2 or later', () => {
    expect(app['properties']).toMatchObject({ httpsOnly: true, siteConfig: { minTlsVersion: '1.2' } });
  });

  it('takes no user name and password for publishing, over FTP or otherwise', () => {
    const policies = Object.values(all['app']?.resources ?? {}).filter(({ type }) =>
      type.endsWith('basicPublishingCredentialsPolicies'),
    );
    expect(policies.map(({ body }) => [body['name'], at(body, 'properties.allow')])).toEqual([
      ['ftp', false],
      ['scm', false],
    ]);
  });

  it('tells the site nothing that Flex Consumption refuses', () => {
    // Everything else of siteConfig has its own place in functionAppConfig; ftpsState fails the deployment
    // (https://github.com/Azure/azure-cli/issues/31414).
    expect(Object.keys(at(app, 'properties.siteConfig') as BicepObject)).toEqual(['minTlsVersion', 'cors']);
  });

  it('runs Node.js 24 on Linux unless told otherwise, from a package that its identity fetches', () => {
    expect(main.params['nodeVersion']?.default).toBe('24');
    expect(app['kind']).toBe('functionapp,linux');
    expect(at(app, 'properties.functionAppConfig')).toMatchObject({
      runtime: { name: 'node', version: { text: 'nodeVersion' } },
      deployment: { storage: { type: 'blobContainer', authentication: { type: 'UserAssignedIdentity' } } },
    });
    expect(at(resource('host-storage', 'account').body, 'properties.allowSharedKeyAccess')).toBe(false);
  });
});

describe('roles', () => {
  // https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
  const builtIn: Readonly<Record<string, string>> = {
    'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
    '974c5e8b-45b9-4653-ba55-5f855dd0fb88': 'Storage Queue Data Contributor',
    'ba92f5b4-2d11-453d-a403-e96b0029c9fe': 'Storage Blob Data Contributor',
    '12338af0-0e69-4776-bea7-57ae8d297424': 'Key Vault Crypto User',
    '4633458b-17de-408a-b874-0445c86b69e6': 'Key Vault Secrets User',
    '3913510d-42f4-4e42-8a64-420c390055eb': 'Monitoring Metrics Publisher',
  };

  it('are these and no others, each on the one resource it is for', () => {
    const granted = Object.entries(all).flatMap(([module, file]) =>
      Object.values(file.resources)
        .filter(({ type }) => type === 'Microsoft.Authorization/roleAssignments')
        .map(({ body, condition }) => {
          const variable = /, (\w+)\)$/.exec(String(text(at(body, 'properties.roleDefinitionId'))))?.[1] ?? '';
          const role = builtIn[String(file.vars[variable])];
          return [role, `${module}: ${text(body['scope'])}`, condition ?? 'always'];
        }),
    );
    expect(granted).toEqual([
      ['Storage Blob Data Owner', 'host-storage: account', 'always'],
      ['Storage Queue Data Contributor', 'host-storage: account', 'always'],
      ['Monitoring Metrics Publisher', 'monitoring: component', 'always'],
      ['Storage Blob Data Contributor', 'token-storage: tokens', "access == 'identity'"],
      ['Key Vault Crypto User', 'vault: vault', 'always'],
      ['Key Vault Secrets User', 'vault: vault', 'readsSecrets'],
    ]);
  });
});

describe('secrets', () => {
  it('are no defaults of parameters', () => {
    const suspicious = /secret|password|passphrase|token$|sas$|connectionString|accessKey|accountKey/i;
    const defaults = Object.values(all).flatMap((file) =>
      Object.entries(file.params)
        .filter(([name, { decorators }]) => suspicious.test(name) || decorators.includes('secure'))
        .map(([, parameter]) => parameter.default)
        .filter((value) => value !== undefined),
    );
    // secretSettings: a map of names.
    expect(defaults).toEqual([{}]);
  });

  it('stand in no file, and are fetched from no resource', () => {
    for (const file of [...Object.values(all), parameters]) {
      expect(file.text).not.toMatch(/listKeys|listAccountSas|listServiceSas|AccountKey=|[?&]sig=|getSecret/);
    }
  });
});
