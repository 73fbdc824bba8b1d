import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadSettings } from '../../shared/settings/load.ts';
import { environment, load, now, problems, sample } from './example.ts';

const gitHub = { registration: { clientId: 'id', clientSecretSettingName: 'A_SECRET' } };
const document = { identityProviders: { gitHub } };
const secrets = { A_SECRET: 'secret' };

describe('a resource', () => {
  it.each([
    { properties: document },
    {
      id: '/subscriptions/0',
      name: 'authsettingsV2',
      type: 'Microsoft.Web/sites/config',
      kind: 'app',
      properties: document,
    },
    { apiVersion: '2024-04-01', name: 'authsettingsV2', location: 'here', dependsOn: [], properties: document },
    { id: '/subscriptions/0', name: 'current', resourceGroup: 'rg', systemData: null, type: 'x', ...document },
  ])('of ARM or its tools is taken for what is in it: %j', (resource) => {
    expect(load(secrets, resource).providers).toMatchObject([{ name: 'github' }]);
  });

  it('has nothing else around it', () => {
    expect(problems(secrets, { properties: document, login: {}, other: 1 })).toEqual([
      'auth.json: other: found an unknown property, expected no such property',
    ]);
    expect(problems(secrets, { ...document, properties: 'text' })).toEqual([
      'auth.json: properties: found an unknown property, expected no such property',
    ]);
  });
});

it('null stands for not set, as in exports', () => {
  const nulls = {
    platform: null,
    httpSettings: { routes: { apiPrefix: null }, forwardProxy: null },
    login: { allowedExternalRedirectUrls: null, cookieExpiration: { convention: null, timeToExpiration: null } },
    identityProviders: { gitHub: { ...gitHub, login: { scopes: null } }, google: null },
  };
  expect(load(secrets, nulls)).toEqual(load(secrets, document));
});

describe('custom providers', () => {
  const registration = {
    clientId: 'id',
    clientCredential: { clientSecretSettingName: 'A_SECRET' },
    openIdConnectConfiguration: { wellKnownOpenIdConfiguration: 'https://id.example.com/.well-known' },
  };
  const contoso = { registration, login: { scopes: ['openid', 'one'], loginParameters: ['a=b'] } };
  const inFileForm = {
    registration: { ...registration, clientCredential: { secretSettingName: 'A_SECRET' } },
    login: { scope: ['openid', 'one'], loginParameterNames: ['a=b'] },
  };

  it('have two spellings, of which either will do', () => {
    const one = load(secrets, { identityProviders: { customOpenIdConnectProviders: { contoso } } });
    const other = load(secrets, { identityProviders: { openIdConnectProviders: { contoso: inFileForm } } });
    expect(other).toEqual(one);
    expect(one.providers).toMatchObject([{ name: 'contoso', scopes: ['openid', 'one'], loginParameters: { a: 'b' } }]);
  });

  it('cannot have both', () => {
    const both = { customOpenIdConnectProviders: { contoso }, openIdConnectProviders: { other: contoso } };
    expect(problems(secrets, { identityProviders: both })).toEqual([
      'auth.json: identityProviders.openIdConnectProviders: found an unknown property, expected no such property',
    ]);
    const login = { ...contoso.login, loginParameterNames: ['c=d'] };
    const twice = { identityProviders: { customOpenIdConnectProviders: { contoso: { registration, login } } } };
    expect(problems(secrets, twice)).toEqual([
      expect.stringContaining('loginParameterNames: found an unknown property'),
    ]);
  });

  it('with an empty list of scopes ask for the usual ones', () => {
    const login = { scopes: [] };
    const custom = { identityProviders: { customOpenIdConnectProviders: { contoso: { registration, login } } } };
    expect(load(secrets, custom).providers).toMatchObject([{ scopes: ['openid', 'profile', 'email'] }]);
  });

  it('may have audiences of their own', () => {
    const validation = { allowedAudiences: ['api'] };
    const custom = { identityProviders: { customOpenIdConnectProviders: { contoso: { registration, validation } } } };
    expect(load(secrets, custom).providers).toMatchObject([{ allowedAudiences: ['api'] }]);
  });
});

describe('where the document is', () => {
  const clientIdOf = (changes: Record<string, string>, files: Record<string, unknown>) => {
    const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-settings-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), JSON.stringify(content));
    const [provider] = loadSettings({ ...environment, ...secrets, ...changes }, directory, now).providers;
    return provider && 'clientId' in provider && provider.clientId;
  };
  const withId = (clientId: string) => ({
    identityProviders: { gitHub: { registration: { ...gitHub.registration, clientId } } },
  });

  it('is auth.json, else where the app settings say, ours before that of App Service', () => {
    const files = { 'auth.json': withId('usual'), 'one.json': withId('one'), 'two.json': withId('two') };
    expect(clientIdOf({}, files)).toBe('usual');
    expect(clientIdOf({ WEBSITE_AUTH_FILE_PATH: 'two.json' }, files)).toBe('two');
    expect(clientIdOf({ TOKENKEEP_AUTH_FILE: 'one.json', WEBSITE_AUTH_FILE_PATH: 'two.json' }, files)).toBe('one');
  });

  it('is an app setting where there is no file', () => {
    const setting = { WEBSITE_AUTH_V2_CONFIG_JSON: JSON.stringify(withId('setting')) };
    expect(clientIdOf(setting, {})).toBe('setting');
    expect(clientIdOf(setting, { 'auth.json': withId('file') })).toBe('file');
  });

  it('is no app setting where a file is named, and told where it was looked for', () => {
    const changes = { WEBSITE_AUTH_V2_CONFIG_JSON: JSON.stringify(document) };
    for (const name of ['TOKENKEEP_AUTH_FILE', 'WEBSITE_AUTH_FILE_PATH']) {
      expect(() => loadSettings({ ...environment, ...changes, [name]: 'other.json' }, '/nowhere', now)).toThrow(
        'auth.json: found no file at /nowhere/other.json, expected a copy of auth.sample.json with your providers',
      );
    }
  });

  it('is not shown where the app setting is no JSON', () => {
    expect(() => loadSettings({ ...environment, WEBSITE_AUTH_V2_CONFIG_JSON: '{"hunter2"' }, '/nowhere', now)).toThrow(
      'WEBSITE_AUTH_V2_CONFIG_JSON: found text that is not JSON, expected a JSON document',
    );
  });
});

it('names that JavaScript knows are names like any other', () => {
  const wrong =
    '{"identityProviders":{"customOpenIdConnectProviders":{"__proto__":{"enabled":false},"constructor":{}}}}';
  expect(problems({}, wrong)).toEqual([
    'auth.json: identityProviders: found none, expected at least one provider that is registered and enabled',
  ]);
  expect(problems({}, { ...sample(), constructor: {} })).toHaveLength(1);
});
