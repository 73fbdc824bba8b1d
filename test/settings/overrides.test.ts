import { describe, expect, it } from 'vitest';
import { overrides } from '../../shared/settings/overrides.ts';
import { load, notPinned, problems, sample } from './example.ts';

const issuer = 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0';

/** What the app settings of each make of the sample: the settings, or a provider. */
const cases: readonly (readonly [Record<string, string>, object])[] = [
  [{ WEBSITE_AUTH_API_PREFIX: '/sign-in' }, { apiPrefix: '/sign-in' }],
  [
    { WEBSITE_AUTH_PROXY_HEADER_CONVENTION: 'Standard' },
    { forwardProxy: { convention: 'standard', hostHeader: 'x-forwarded-host', protoHeader: 'x-forwarded-proto' } },
  ],
  [
    {
      WEBSITE_AUTH_PROXY_HEADER_CONVENTION: 'Custom',
      WEBSITE_AUTH_PROXY_HOST_HEADER: 'X-Original-Host',
      WEBSITE_AUTH_PROXY_PROTO_HEADER: 'X-Original-Proto',
    },
    { forwardProxy: { convention: 'custom', hostHeader: 'x-original-host', protoHeader: 'x-original-proto' } },
  ],
  [{ WEBSITE_AUTH_UNAUTHENTICATED_ACTION: 'AllowAnonymous' }, { unauthenticatedClientAction: 'allow' }],
  [{ WEBSITE_AUTH_DEFAULT_PROVIDER: 'demo' }, { redirectToProvider: 'demo' }],
  [
    { WEBSITE_AUTH_EXTERNAL_REDIRECT_URLS: 'https://one.example.com, https://two.example.com/app' },
    { signIn: { allowedExternalRedirectUrls: ['https://one.example.com', 'https://two.example.com/app'] } },
  ],
  [
    { WEBSITE_AUTH_COOKIE_EXPIRATION_MODE: 'IdentityProviderDerived' },
    { session: { convention: 'identity-provider' } },
  ],
  [{ WEBSITE_AUTH_COOKIE_EXPIRATION_TIME: '01:00:00' }, { session: { lifetime: 3600 } }],
  [{ WEBSITE_AUTH_NONCE_DURATION: '00:10:00' }, { signIn: { attemptLifetime: 600 } }],
  [{ WEBSITE_AUTH_TOKEN_REFRESH_HOURS: '1.5' }, { session: { refreshExtension: 5400 } }],
  [
    {
      WEBSITE_AUTH_OPENID_ISSUER: issuer,
      WEBSITE_AUTH_CLIENT_ID: 'id',
      WEBSITE_AUTH_CLIENT_SECRET: 'secret',
      WEBSITE_AUTH_LOGIN_PARAMS: 'scope=openid offline_access,resource=https://graph.microsoft.com&claims=a,b',
      WEBSITE_AUTH_ALLOWED_AUDIENCES: 'api://one,https://two.example.com',
    },
    {
      name: 'aad',
      issuer,
      clientId: 'id',
      credential: { kind: 'secret' },
      loginParameters: { scope: 'openid offline_access', resource: 'https://graph.microsoft.com', claims: 'a,b' },
      allowedAudiences: ['api://one', 'https://two.example.com'],
    },
  ],
  [
    {
      WEBSITE_AUTH_FB_APP_ID: 'id',
      WEBSITE_AUTH_FB_APP_SECRET: 'secret',
      WEBSITE_AUTH_FB_SCOPE: 'public_profile email',
    },
    { name: 'facebook', clientId: 'id', scopes: ['public_profile', 'email'] },
  ],
  [
    {
      WEBSITE_AUTH_GITHUB_CLIENT_ID: 'id',
      WEBSITE_AUTH_GITHUB_CLIENT_SECRET: 'secret',
      WEBSITE_AUTH_GITHUB_APP_SCOPE: 'read:user, repo',
    },
    { name: 'github', clientId: 'id', scopes: ['read:user', 'repo'] },
  ],
  [
    {
      WEBSITE_AUTH_GOOGLE_CLIENT_ID: 'id',
      WEBSITE_AUTH_GOOGLE_CLIENT_SECRET: 'secret',
      WEBSITE_AUTH_GOOGLE_SCOPE: 'openid,email',
    },
    { name: 'google', clientId: 'id', scopes: ['openid', 'email'] },
  ],
  [
    {
      WEBSITE_AUTH_MSA_CLIENT_ID: 'id',
      WEBSITE_AUTH_MSA_CLIENT_SECRET: 'secret',
      WEBSITE_AUTH_MSA_SCOPE: 'wl.basic wl.offline_access',
    },
    { name: 'microsoftaccount', clientId: 'id', scopes: ['wl.basic', 'wl.offline_access'] },
  ],
  [
    { WEBSITE_AUTH_TWITTER_CONSUMER_KEY: 'key', WEBSITE_AUTH_TWITTER_CONSUMER_SECRET: 'secret' },
    { name: 'twitter', kind: 'twitter-oauth1', consumerKey: 'key' },
  ],
];

/** The settings that name the app setting with the secret, and those that need others beside them. */
const named = {
  WEBSITE_AUTH_CLIENT_SECRET_SETTING_NAME: { WEBSITE_AUTH_OPENID_ISSUER: issuer, WEBSITE_AUTH_CLIENT_ID: 'id' },
  WEBSITE_AUTH_FB_APP_SECRET_SETTING_NAME: { WEBSITE_AUTH_FB_APP_ID: 'id' },
  WEBSITE_AUTH_GITHUB_CLIENT_SECRET_SETTING_NAME: { WEBSITE_AUTH_GITHUB_CLIENT_ID: 'id' },
  WEBSITE_AUTH_GOOGLE_CLIENT_SECRET_SETTING_NAME: { WEBSITE_AUTH_GOOGLE_CLIENT_ID: 'id' },
  WEBSITE_AUTH_MSA_CLIENT_SECRET_SETTING_NAME: { WEBSITE_AUTH_MSA_CLIENT_ID: 'id' },
  WEBSITE_AUTH_TWITTER_CONSUMER_SECRET_SETTING_NAME: { WEBSITE_AUTH_TWITTER_CONSUMER_KEY: 'key' },
};

describe('app settings of App Service', () => {
  it.each(cases)('%o take the place of what auth.json says', (changes, expected) => {
    const settings = load({ ...notPinned, ...changes });
    expect('name' in expected ? settings.providers[0] : settings).toMatchObject(expected);
  });

  it.each(Object.entries(named))(
    '%s names the app setting with the secret, and wins over one that is it',
    (name, rest) => {
      const secretOf = (changes: object) => {
        const [provider] = load({ ...rest, ...changes }).providers;
        const secret =
          provider &&
          ('secret' in provider ? provider.secret : 'consumerSecret' in provider && provider.consumerSecret);
        const credential = provider && 'credential' in provider && provider.credential;
        if (secret) return secret.reveal();
        return credential && credential.kind === 'secret' && credential.secret.reveal();
      };
      const itself = name.replace('_SETTING_NAME', '');
      expect(secretOf({ [itself]: 'itself' })).toBe('itself');
      expect(secretOf({ [itself]: 'itself', [name]: 'THE_SECRET', THE_SECRET: 'named' })).toBe('named');
    },
  );

  it('name the certificate of Entra ID', () => {
    const changes = {
      WEBSITE_AUTH_OPENID_ISSUER: issuer,
      WEBSITE_AUTH_CLIENT_ID: 'id',
      WEBSITE_AUTH_CLIENT_SECRET: 's',
    };
    expect(problems({ ...changes, WEBSITE_AUTH_CLIENT_SECRET_CERTIFICATE_THUMBPRINT: '0'.repeat(40) })).toEqual([
      expect.stringContaining('expected a private key and its certificate in PEM'),
    ]);
  });

  it('are all tried here', () => {
    const tried = [...cases.flatMap(([changes]) => Object.keys(changes)), ...Object.keys(named)];
    const untried = Object.keys(overrides).filter((name) => !tried.includes(name));
    expect(untried).toEqual(['WEBSITE_AUTH_CLIENT_SECRET_CERTIFICATE_THUMBPRINT']);
  });

  it('are named where what they say is wrong', () => {
    const changes = {
      WEBSITE_AUTH_NONCE_DURATION: '5 minutes',
      WEBSITE_AUTH_EXTERNAL_REDIRECT_URLS: 'https://app.example.com,/app',
      WEBSITE_AUTH_CLIENT_SECRET_SETTING_NAME: 'hunter2!',
      WEBSITE_AUTH_OPENID_ISSUER: issuer,
      WEBSITE_AUTH_CLIENT_ID: 'id',
    };
    expect(problems(changes)).toEqual([
      'app setting: WEBSITE_AUTH_EXTERNAL_REDIRECT_URLS: found "/app", expected an absolute URL',
      'app setting: WEBSITE_AUTH_NONCE_DURATION: found "5 minutes", expected a time span as hh:mm:ss or d.hh:mm:ss',
      'app setting: WEBSITE_AUTH_CLIENT_SECRET_SETTING_NAME: found something else, which is not shown, expected the name of an app setting: letters, digits, underscores and hyphens',
    ]);
    expect(problems({ WEBSITE_AUTH_DEFAULT_PROVIDER: 'Google' })).toEqual([
      'app setting: WEBSITE_AUTH_DEFAULT_PROVIDER: found "Google", expected one of the providers: demo',
    ]);
  });

  it('leave alone what they do not say', () => {
    const document = sample();
    document.login.nonce.nonceExpirationInterval = '00:07:00';
    expect(load({ WEBSITE_AUTH_COOKIE_EXPIRATION_TIME: '01:00:00' }, document)).toMatchObject({
      session: { lifetime: 3600 },
      signIn: { attemptLifetime: 420 },
    });
  });
});

describe('flags', () => {
  it.each([
    ['true', true],
    ['True', true],
    ['1', true],
    ['false', false],
    ['False', false],
    ['0', false],
  ])('%s is %s', (text, value) => {
    expect(load({ WEBSITE_AUTH_USE_LEGACY_CLAIMS: text, WEBSITE_AUTH_HIDE_DEPRECATED_SID: text })).toMatchObject({
      claims: { legacy: value },
      hideDeprecatedSid: value,
    });
  });

  it.each(['WEBSITE_AUTH_USE_LEGACY_CLAIMS', 'WEBSITE_AUTH_HIDE_DEPRECATED_SID'])('%s is nothing else', (name) => {
    expect(problems({ [name]: 'yes' })).toEqual([`app setting: ${name}: found "yes", expected true or false`]);
  });
});
