import { describe, expect, it } from 'vitest';
import { problems, registrationOf, sample, sasUrl } from './example.ts';

/** auth.json with one thing changed. */
function changed(change: (document: ReturnType<typeof sample>) => void): unknown {
  const document = sample();
  change(document);
  return document;
}
const demo = 'auth.json: identityProviders.customOpenIdConnectProviders.demo';

describe('every problem is told at once', () => {
  it('of app settings, of auth.json, and of what one names and the other lacks', () => {
    const document = changed((auth) => {
      auth.login.nonce.validateNonce = 'no';
      auth.login.cookieExpiration.timeToExpiration = '8 hours';
      auth.extra = true;
    });
    const found = problems(
      {
        TOKENKEEP_PUBLIC_URL: undefined,
        TOKENKEEP_VAULT_URL: undefined,
        TOKENKEEP_WRAP_KEY: 'not a name',
        TOKENKEEP_SESSION_MAX_HOURS: 'many',
        AzureWebJobsStorage: undefined,
        WEBSITE_AUTH_SIGNING_KEY: 'abcdef',
      },
      document,
    );
    expect(found.toSorted()).toEqual([
      'AzureWebJobsStorage: found nothing, expected a connection string, or AzureWebJobsStorage__accountName for the app identity',
      'TOKENKEEP_PUBLIC_URL: found nothing, expected an https origin such as https://auth.example.com',
      'WEBSITE_AUTH_SIGNING_KEY: found a shorter key, expected at least 32 bytes, in hex or base64',
      'app setting: TOKENKEEP_SESSION_MAX_HOURS: found "many", expected hours, a number above 0 and at most 8760',
      'app setting: TOKENKEEP_VAULT_URL: found nothing, expected the URL of a key vault such as https://name.vault.azure.net',
      'app setting: TOKENKEEP_WRAP_KEY: found "not a name", expected a Key Vault key name: letters, digits and hyphens',
      'auth.json: extra: found an unknown property, expected no such property',
      'auth.json: login.cookieExpiration.timeToExpiration: found "8 hours", expected a time span as hh:mm:ss or d.hh:mm:ss',
      'auth.json: login.nonce.validateNonce: found "no", expected a value of type boolean',
    ]);
  });

  it('of the container and of every provider, also where app settings are wrong', () => {
    const document = changed((auth) => {
      const { customOpenIdConnectProviders: custom } = auth.identityProviders;
      custom.other = structuredClone(custom.demo);
      custom.other.registration.clientCredential.clientSecretSettingName = 'OTHER_SECRET';
    });
    const found = problems(
      {
        TOKENKEEP_VAULT_URL: 'nonsense',
        WEBSITE_AUTH_TOKEN_CONTAINER_SASURL: undefined,
        DEMO_PROVIDER_AUTHENTICATION_SECRET: '',
      },
      document,
    );
    expect(found.toSorted()).toEqual([
      'DEMO_PROVIDER_AUTHENTICATION_SECRET (named by auth.json for provider demo): found nothing, expected the client secret',
      'OTHER_SECRET (named by auth.json for provider other): found nothing, expected the client secret',
      'WEBSITE_AUTH_TOKEN_CONTAINER_SASURL: found nothing, expected a container SAS URL',
      'app setting: TOKENKEEP_VAULT_URL: found "nonsense", expected the URL of a key vault such as https://name.vault.azure.net',
    ]);
  });
});

/** The paths of all objects in auth.json, except for the one whose keys are the names of providers. */
function objectPaths(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const inner = Object.entries(value).flatMap(([key, child]) => objectPaths(child, [...path, key]));
  return path.at(-1) === 'customOpenIdConnectProviders' ? inner : [path, ...inner];
}

it.each(objectPaths(sample()).map((path) => [path.join('.') || 'the document', path] as const))(
  'an unknown property is told with its path: in %s',
  (_, path) => {
    const document = changed((auth) => {
      path.reduce((object, key) => object[key], auth).misspelt = { secret: 'hunter2' };
    });
    const at = [...path, 'misspelt'].join('.');
    expect(problems({}, document)).toEqual([`auth.json: ${at}: found an unknown property, expected no such property`]);
  },
);

it('tells each problem on one line, whatever a property is called', () => {
  const document = { ...sample(), 'a\nb\r\u2028\u0000': true };
  expect(problems({}, document)).toEqual(['auth.json: a?b???: found an unknown property, expected no such property']);
});

it.each([
  ['no JSON', '{', 'auth.json: found text that is not JSON, expected a JSON document'],
  ['nothing', '', 'auth.json: found text that is not JSON, expected a JSON document'],
  ['a list', '[]', 'auth.json: the document: found a list, expected a value of type object'],
  ['null', 'null', 'auth.json: the document: found null, expected a value of type object'],
])('auth.json may not be %s', (_, text, problem) => {
  expect(problems({}, text)).toEqual([problem]);
});

describe('a provider name', () => {
  it.each(['done', 'Complete', 'IFRAMERECEIVER', 'token'])('may not be %s, which is a route', (name) => {
    const document = changed(({ identityProviders }) => {
      identityProviders.customOpenIdConnectProviders = { [name]: identityProviders.customOpenIdConnectProviders.demo };
    });
    expect(problems({}, document)).toEqual([expect.stringContaining('expected a name that is not a route')]);
  });

  it.each(['', 'a/b', 'a b', 'a.b', 'ä', 'x'.repeat(33)])('may not be %j', (name) => {
    const document = changed(({ identityProviders }) => {
      identityProviders.customOpenIdConnectProviders = { [name]: identityProviders.customOpenIdConnectProviders.demo };
    });
    expect(problems({}, document)).toEqual([
      expect.stringContaining('expected a provider name of 1 to 32 letters, digits and underscores'),
    ]);
  });

  it('may not come twice, in whatever case', () => {
    const document = changed(({ identityProviders: { customOpenIdConnectProviders: custom } }) => {
      custom.DEMO = custom.demo;
    });
    expect(problems({}, document)).toEqual([expect.stringContaining('differ in more than upper and lower case')]);
  });

  it.each(['aad', 'AzureActiveDirectory', 'Google', 'x', 'twitter', 'microsoftaccount', 'GITHUB', 'facebook', 'apple'])(
    'may not be %s, which is built in',
    (name) => {
      const document = changed(({ identityProviders }) => {
        identityProviders.customOpenIdConnectProviders = {
          [name]: identityProviders.customOpenIdConnectProviders.demo,
        };
      });
      expect(problems({}, document)).toEqual([
        expect.stringContaining('expected a name that no built-in provider has'),
      ]);
    },
  );
});

describe('explicit endpoints', () => {
  it.each<[string, Record<string, string>]>([
    ['half of them', { issuer: 'https://i.example', tokenEndpoint: 'https://i.example/token' }],
    ['none of them', {}],
  ])('are refused where there are %s and no discovery', (_, openIdConnectConfiguration) => {
    const document = changed((auth) => Object.assign(registrationOf(auth), { openIdConnectConfiguration }));
    expect(problems({}, document)).toEqual([
      `${demo}.registration.openIdConnectConfiguration: found an object, expected wellKnownOpenIdConfiguration, or issuer, authorizationEndpoint, tokenEndpoint and certificationUri`,
    ]);
  });

  it.each(['http://issuer.example/.well-known/openid-configuration', 'nonsense', '/path', ''])(
    'cannot be %j',
    (url) => {
      const document = changed((auth) => {
        registrationOf(auth).openIdConnectConfiguration.wellKnownOpenIdConfiguration = url;
      });
      expect(problems({}, document)).toHaveLength(1);
    },
  );
});

it('refuses a container both by SAS and by URL, and a SAS in the place of the URL', () => {
  const blobContainerUri = 'https://account.blob.core.windows.net/tokens';
  const both = changed((auth) => (auth.login.tokenStore.azureBlobStorage.blobContainerUri = blobContainerUri));
  expect(problems({}, both)).toEqual([expect.stringContaining('sasUrlSettingName or blobContainerUri, not both')]);
  for (const uri of [sasUrl, 'https://account.blob.core.windows.net', 'http://account.example/tokens']) {
    const document = changed((auth) => (auth.login.tokenStore.azureBlobStorage = { blobContainerUri: uri }));
    expect(problems({}, document)).toHaveLength(1);
  }
});

it('refuses a host storage that has no https address', () => {
  for (const changes of [
    { AzureWebJobsStorage__queueServiceUri: 'http://queues.example.com' },
    { AzureWebJobsStorage__queueServiceUri: 'nonsense' },
    { AzureWebJobsStorage__accountName: 'not a name' },
  ]) {
    expect(problems({ AzureWebJobsStorage: undefined, ...changes })).toEqual([
      expect.stringContaining('AzureWebJobsStorage: found an identity-based connection without an https address'),
    ]);
  }
});

it('has no problem with auth.sample.json and complete app settings', () => {
  expect(problems()).toEqual([]);
});
