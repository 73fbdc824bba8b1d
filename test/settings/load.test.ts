import { describe, expect, it } from 'vitest';
import { environment, load, problems, registrationOf, sample, sasUrl } from './example.ts';

describe('settings that are right', () => {
  it('are the sample with the defaults of App Service', () => {
    const { containers, hostStorage, session, providers, ...rest } = load();
    expect(rest).toEqual({
      publicOrigin: 'https://auth.example.com',
      apiPrefix: '/.auth',
      vault: { url: 'https://vault.example.com', wrappingKeyName: 'tokenkeep-wrap', signingKeyName: 'tokenkeep-sign' },
      signIn: { attemptLifetime: 300, allowedExternalRedirectUrls: [] },
      signInPage: {},
      forwardProxy: { convention: 'none' },
      browser: { allowedOrigins: [], sameSite: 'Lax' },
      claims: { legacy: true },
      hideDeprecatedSid: false,
      readSecondary: false,
      refresh: { providerConcurrency: 64 },
      unauthenticatedClientAction: 'redirect',
      notices: [],
      exposedTokens: ['access_token', 'id_token'],
      headerTokens: ['access_token', 'id_token'],
      excludedPaths: [],
      backends: [],
    });
    expect(session).toMatchObject({
      lifetime: 8 * 3600,
      convention: 'fixed',
      refreshExtension: 72 * 3600,
      absoluteLifetime: 720 * 3600,
    });
    expect(containers).toMatchObject([
      {
        address: 'https://account.blob.core.windows.net/tokens',
        deletes: true,
        expiresAt: Date.UTC(2027, 0, 1) / 1000,
      },
    ]);
    expect(hostStorage).toHaveProperty('connectionString');
    expect(providers).toMatchObject([
      {
        kind: 'openid-connect',
        name: 'demo',
        clientId: 'tokenkeep',
        credential: { kind: 'secret', method: 'client_secret_post' },
        allowedAudiences: [],
        endpoints: { wellKnown: 'http://localhost:7074/.well-known/openid-configuration' },
        scopes: ['openid', 'profile', 'email', 'offline_access'],
        loginParameters: {},
        nameClaim: 'email',
      },
    ]);
  });

  it('hold each secret so that it comes out when asked for, and only then', () => {
    const { containers, hostStorage, session, providers } = load();
    const [container] = containers;
    const [demo] = providers;
    const revealed = [
      'sasUrl' in container && container.sasUrl.reveal(),
      'connectionString' in hostStorage && hostStorage.connectionString.reveal(),
      session.signingKey?.reveal(),
      demo?.kind === 'openid-connect' && demo.credential.kind === 'secret' && demo.credential.secret.reveal(),
    ];
    expect(revealed).toEqual([
      sasUrl,
      environment['AzureWebJobsStorage'],
      environment['WEBSITE_AUTH_SIGNING_KEY'],
      environment['DEMO_PROVIDER_AUTHENTICATION_SECRET'],
    ]);
    for (const secret of revealed) expect(JSON.stringify(load())).not.toContain(secret);
  });

  it('need no more than a provider in auth.json', () => {
    const { identityProviders } = sample();
    const { demo } = identityProviders.customOpenIdConnectProviders;
    const least = {
      identityProviders: { customOpenIdConnectProviders: { demo: { registration: demo.registration } } },
    };
    expect(load({}, least)).toMatchObject({
      apiPrefix: '/.auth',
      session: { lifetime: 8 * 3600, refreshExtension: 72 * 3600 },
      providers: [{ scopes: ['openid', 'profile', 'email'] }],
    });
  });

  it('take the container by URL and identity', () => {
    const document = sample();
    const blobContainerUri = 'https://account.blob.core.windows.net/tokens';
    document.login.tokenStore.azureBlobStorage = { blobContainerUri };
    const found = () => load({ AZURE_CLIENT_ID: 'app' }, document).containers;
    expect(found()).toEqual([{ address: blobContainerUri, clientId: 'app' }]);
    document.login.tokenStore.azureBlobStorage.clientId = 'store';
    expect(found()).toEqual([{ address: blobContainerUri, clientId: 'store' }]);
  });

  it('take the host storage by identity', () => {
    const byName = { AzureWebJobsStorage: undefined, AzureWebJobsStorage__accountName: 'account' };
    expect(load(byName).hostStorage).toEqual({ queueServiceUrl: 'https://account.queue.core.windows.net' });
    const queueServiceUrl = 'https://queues.example.com';
    const byUrl = { ...byName, AzureWebJobsStorage__queueServiceUri: queueServiceUrl, AZURE_CLIENT_ID: 'app' };
    expect(load(byUrl).hostStorage).toEqual({ queueServiceUrl, clientId: 'app' });
    const ofHost = { ...byUrl, AzureWebJobsStorage__clientId: 'host' };
    expect(load(ofHost).hostStorage).toEqual({ queueServiceUrl, clientId: 'host' });
  });

  it('take a provider with explicit endpoints, without discovery', () => {
    const document = sample();
    registrationOf(document).openIdConnectConfiguration = {
      issuer: 'https://issuer.example',
      authorizationEndpoint: 'https://issuer.example/authorize',
      tokenEndpoint: 'https://issuer.example/token',
      certificationUri: 'https://issuer.example/keys',
    };
    expect(load({}, document).providers[0]).toHaveProperty('endpoints', {
      issuer: 'https://issuer.example',
      authorizationEndpoint: 'https://issuer.example/authorize',
      tokenEndpoint: 'https://issuer.example/token',
      jwksUri: 'https://issuer.example/keys',
    });
  });

  it('leave out a provider that is not enabled, and do not ask for its secret', () => {
    const document = sample();
    const { customOpenIdConnectProviders: custom } = document.identityProviders;
    custom.other = structuredClone(custom.demo);
    custom.other.registration.clientCredential.clientSecretSettingName = 'OTHER_SECRET';
    custom.other.enabled = false;
    expect(load({}, document).providers.map(({ name }) => name)).toEqual(['demo']);
  });

  it('read provider names in lower case, and the parts of login parameters', () => {
    const document = sample();
    const { customOpenIdConnectProviders: custom } = document.identityProviders;
    custom.Demo = { ...custom.demo, login: { loginParameters: ['prompt=consent', 'claims={"a"="b"}', 'empty='] } };
    delete custom.demo;
    expect(load({}, document).providers[0]).toMatchObject({
      name: 'demo',
      loginParameters: { prompt: 'consent', claims: '{"a"="b"}', empty: '' },
    });
  });
});

it('counts an empty app setting as not set', () => {
  const empty = { TOKENKEEP_AUTH_FILE: '', TOKENKEEP_WRAP_KEY: '', WEBSITE_AUTH_SIGNING_KEY: '', AZURE_CLIENT_ID: '' };
  const { vault, session, ...rest } = load(empty);
  expect(vault.wrappingKeyName).toBe('tokenkeep-wrap');
  expect(session).not.toHaveProperty('signingKey');
  expect(rest).not.toHaveProperty('identityClientId');
  expect(problems({ AzureWebJobsStorage: '' })).toHaveLength(1);
});
