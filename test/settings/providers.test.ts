import { describe, expect, it } from 'vitest';
import { load, problems } from './example.ts';

/** Every built-in provider with what it needs at least, its settings, and a text that is refused at a path. */
const secret = { kind: 'secret', method: 'client_secret_post' };
const registration = { clientId: 'id', clientSecretSettingName: 'A_SECRET' };
const builtIn = {
  azureActiveDirectory: {
    least: {
      registration: {
        openIdIssuer: 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0',
        clientId: 'id',
      },
    },
    settings: {
      kind: 'entra-id',
      name: 'aad',
      clientId: 'id',
      credential: { kind: 'none' },
      issuer: 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0',
      scopes: ['openid', 'profile', 'email'],
      loginParameters: {},
      allowedAudiences: [],
      allowed: {},
    },
  },
  apple: {
    least: { registration },
    settings: {
      kind: 'apple',
      name: 'apple',
      clientId: 'id',
      credential: { kind: 'secret' },
      scopes: ['name', 'email'],
      loginParameters: {},
      allowedAudiences: [],
      endpoints: { token: 'https://appleid.apple.com/auth/token' },
    },
  },
  facebook: {
    least: { registration: { appId: 'id', appSecretSettingName: 'A_SECRET' } },
    settings: {
      kind: 'facebook',
      name: 'facebook',
      clientId: 'id',
      graphVersion: 'v25.0',
      scopes: ['public_profile', 'email'],
      loginParameters: {},
      endpoints: { graph: 'https://graph.facebook.com' },
    },
  },
  gitHub: {
    least: { registration },
    settings: {
      kind: 'github',
      name: 'github',
      clientId: 'id',
      scopes: ['read:user', 'user:email'],
      loginParameters: {},
      endpoints: { api: 'https://api.github.com' },
    },
  },
  google: {
    least: { registration },
    settings: {
      kind: 'google',
      name: 'google',
      clientId: 'id',
      credential: secret,
      scopes: ['openid', 'profile', 'email'],
      loginParameters: {},
      allowedAudiences: [],
      endpoints: { token: 'https://oauth2.googleapis.com/token' },
    },
  },
  legacyMicrosoftAccount: {
    least: { registration: { clientId: 'id' } },
    settings: {
      kind: 'microsoft-account',
      name: 'microsoftaccount',
      clientId: 'id',
      credential: { kind: 'none' },
      scopes: ['openid', 'profile', 'email'],
      loginParameters: {},
      allowedAudiences: [],
      issuer: 'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0',
    },
  },
  twitter: {
    least: { registration: { clientId: 'id' } },
    settings: {
      kind: 'twitter',
      name: 'twitter',
      clientId: 'id',
      credential: { kind: 'none' },
      scopes: ['users.read', 'tweet.read', 'offline.access'],
      loginParameters: {},
      endpoints: { token: 'https://api.x.com/2/oauth2/token' },
    },
  },
};
const names = Object.keys(builtIn) as (keyof typeof builtIn)[];

/** auth.json with one provider. */
const only = (name: string, provider: unknown) => ({ identityProviders: { [name]: provider } });
const secrets = { A_SECRET: 'a-secret-of-a-client' };

describe.each(names)('%s', (name) => {
  const { least, settings } = builtIn[name];

  it('needs no more than its registration, the rest is as documented', () => {
    expect(load(secrets, only(name, least)).providers).toMatchObject([settings]);
  });

  it('is left out where it is not enabled, even with a wrong registration', () => {
    const document = { identityProviders: { ...only(name, { enabled: false, registration: {} }).identityProviders } };
    const withAnother = { identityProviders: { ...document.identityProviders, ...other(name) } };
    const { providers, notices } = load(secrets, withAnother);
    expect(providers).toHaveLength(1);
    expect(notices).toEqual([]);
  });

  it.each([
    {},
    { enabled: true },
    { registration: {}, login: {} },
    { enabled: true, registration: {}, validation: {} },
  ])('is left out and told where nothing is registered: %j', (empty) => {
    const { providers, notices } = load(secrets, { identityProviders: { [name]: empty, ...other(name) } });
    expect(providers).toHaveLength(1);
    expect(notices).toEqual([
      {
        path: `identityProviders.${name}`,
        reason: 'Nothing is registered for this provider, so it is left out.',
      },
    ]);
  });

  it.each(['enabld', 'registraton', 'logins'])(
    'cannot have a misspelt property such as %s, nor be left out for it',
    (wrong) => {
      expect(problems(secrets, only(name, { ...least, [wrong]: {} }))).toEqual([
        `auth.json: identityProviders.${name}.${wrong}: found an unknown property, expected no such property`,
      ]);
      const told = problems(secrets, { identityProviders: { [name]: { [wrong]: {} }, ...other(name) } });
      expect(told).toContain(
        `auth.json: identityProviders.${name}.${wrong}: found an unknown property, expected no such property`,
      );
    },
  );

  it('says what its registration lacks', () => {
    const told = problems(secrets, only(name, { registration: { ...least.registration, clientId: '', appId: '' } }));
    expect(told.length).toBeGreaterThan(0);
    for (const line of told) expect(line).toContain(`auth.json: identityProviders.${name}.registration`);
  });

  it('takes login parameters', () => {
    const login = { loginParameters: ['prompt=consent', 'access_type=offline'] };
    expect(load(secrets, only(name, { ...least, login })).providers[0]).toMatchObject({
      loginParameters: { prompt: 'consent', access_type: 'offline' },
    });
    expect(problems(secrets, only(name, { ...least, login: { loginParameters: ['prompt'] } }))).toEqual([
      expect.stringContaining('login.loginParameters.0: found "prompt", expected name=value'),
    ]);
  });
});

function other(name: string) {
  return name === 'gitHub' ? { google: builtIn.google.least } : { gitHub: builtIn.gitHub.least };
}

describe('scopes', () => {
  it.each(names.filter((name) => name !== 'azureActiveDirectory'))('of %s are those that are set', (name) => {
    const document = only(name, { ...builtIn[name].least, login: { scopes: ['openid', 'one'] } });
    expect(load(secrets, document).providers[0]).toMatchObject({ scopes: ['openid', 'one'] });
    const wrong = only(name, { ...builtIn[name].least, login: { scopes: ['openid one'] } });
    expect(problems(secrets, wrong)).toEqual([expect.stringContaining('expected a scope without spaces')]);
  });

  it('of Google always have openid', () => {
    const document = only('google', { registration, login: { scopes: ['profile'] } });
    expect(load(secrets, document).providers[0]).toMatchObject({ scopes: ['openid', 'profile'] });
  });

  it('of Apple may be none', () => {
    const document = only('apple', { registration, login: { scopes: [] } });
    expect(load(secrets, document).providers[0]).toMatchObject({ scopes: [] });
  });
});

describe('endpoints of ones own', () => {
  it.each([
    ['apple', 'token'],
    ['facebook', 'graph'],
    ['gitHub', 'api'],
    ['google', 'authorization'],
    ['twitter', 'user'],
  ] as const)('take the place of those of %s, one by one', (name, endpoint) => {
    const { least, settings } = builtIn[name];
    const at = (url: string) => only(name, { registration: { ...least.registration, endpoints: { [endpoint]: url } } });
    const [provider] = load(secrets, at('http://localhost:7080/x')).providers;
    expect(provider).toMatchObject({ ...settings, endpoints: { [endpoint]: 'http://localhost:7080/x' } });
    expect(Object.keys(provider && 'endpoints' in provider ? provider.endpoints : {}).length).toBeGreaterThan(1);
    expect(problems(secrets, at('http://id.example.com/x'))).toEqual([
      expect.stringContaining('expected an https URL (plain http only to a loopback address)'),
    ]);
  });

  it('have the names of the provider', () => {
    const document = only('google', { registration: { ...registration, endpoints: { tokens: 'https://id.example' } } });
    expect(problems(secrets, document)).toEqual([
      'auth.json: identityProviders.google.registration.endpoints.tokens: found an unknown property, expected no such property',
    ]);
  });

  it('of a Microsoft account are its issuer', () => {
    const endpoints = { issuer: 'https://login.example.com/tenant/v2.0' };
    const document = only('legacyMicrosoftAccount', { registration: { clientId: 'id', endpoints } });
    expect(load({}, document).providers[0]).toMatchObject(endpoints);
  });
});

describe('X', () => {
  const oauth1 = { consumerKey: 'key', consumerSecretSettingName: 'A_SECRET' };

  it('speaks OAuth 1.0a with a consumer key, as on App Service', () => {
    const endpoints = { accessToken: 'https://id.example.com/access_token' };
    const [provider] = load(secrets, only('twitter', { registration: { ...oauth1, endpoints } })).providers;
    expect(provider).toMatchObject({
      kind: 'twitter-oauth1',
      name: 'twitter',
      consumerKey: 'key',
      endpoints: { requestToken: 'https://api.x.com/oauth/request_token', ...endpoints },
    });
    expect(provider?.kind === 'twitter-oauth1' && provider.consumerSecret.reveal()).toBe(secrets.A_SECRET);
  });

  it('speaks OAuth 2.0 with a client id, by HTTP Basic where there is a secret', () => {
    expect(load(secrets, only('twitter', { registration })).providers[0]).toMatchObject({
      kind: 'twitter',
      credential: { kind: 'secret', method: 'client_secret_basic' },
    });
  });

  it.each([
    { consumerKey: 'key' },
    { consumerSecretSettingName: 'A_SECRET' },
    { ...oauth1, clientId: 'id' },
    { ...oauth1, clientSecretSettingName: 'A_SECRET' },
    { clientId: 'id', consumerSecretSettingName: 'A_SECRET' },
  ])('takes one of both, not %j', (mixed) => {
    expect(problems(secrets, only('twitter', { registration: mixed }))).toEqual([
      expect.stringContaining(
        'expected consumerKey and consumerSecretSettingName (OAuth 1.0a), or clientId (OAuth 2.0)',
      ),
    ]);
  });

  it('has the endpoints of the version that it speaks', () => {
    const endpoints = { accessToken: 'https://id.example.com/access_token' };
    expect(problems(secrets, only('twitter', { registration: { clientId: 'id', endpoints } }))).toEqual([
      expect.stringContaining('expected endpoints of the same version of OAuth'),
    ]);
  });
});

describe('several providers', () => {
  const custom = {
    registration: {
      clientId: 'id',
      openIdConnectConfiguration: { wellKnownOpenIdConfiguration: 'https://id.example.com/.well-known' },
    },
  };
  const all = Object.fromEntries(names.map((name) => [name, builtIn[name].least]));

  it('are all there, those that are built in first', () => {
    const identityProviders = { customOpenIdConnectProviders: { one: custom, Two: custom }, ...all };
    expect(load(secrets, { identityProviders }).providers.map(({ name }) => name)).toEqual([
      ...['aad', 'apple', 'facebook', 'github', 'google', 'microsoftaccount', 'twitter', 'one', 'two'],
    ]);
  });

  it.each([
    ['aad', 'aad'],
    ['AzureActiveDirectory', 'aad'],
    ['azureactivedirectory', 'aad'],
    ['GitHub', 'github'],
    ['MicrosoftAccount', 'microsoftaccount'],
    ['x', 'twitter'],
    ['Two', 'two'],
  ])('have one to take where a request names none: %s', (redirectToProvider, name) => {
    const identityProviders = { customOpenIdConnectProviders: { two: custom }, ...all };
    expect(load(secrets, { identityProviders, globalValidation: { redirectToProvider } })).toMatchObject({
      redirectToProvider: name,
    });
  });

  it('must have the one that is named so', () => {
    const document = { ...only('google', { registration }), globalValidation: { redirectToProvider: 'gogle' } };
    expect(problems(secrets, document)).toEqual([
      'auth.json: globalValidation.redirectToProvider: found "gogle", expected one of the providers: google',
    ]);
  });

  it.each([{}, { google: { enabled: false, registration } }, { google: {} }, { customOpenIdConnectProviders: {} }])(
    'are at least one: %j is none',
    (identityProviders) => {
      expect(problems(secrets, { identityProviders })).toEqual([
        'auth.json: identityProviders: found none, expected at least one provider that is registered and enabled',
      ]);
    },
  );

  it('are none of other names', () => {
    expect(problems(secrets, { identityProviders: { google: { registration }, github: { enabled: false } } })).toEqual([
      'auth.json: identityProviders.github: found an unknown property, expected no such property',
    ]);
  });
});
