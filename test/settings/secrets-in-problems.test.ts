import { describe, expect, it } from 'vitest';
import { environment, problems, registrationOf, sample, sasUrl, secrets } from './example.ts';

/** What is told, which must be something and show no secret, not even a part. */
function told(...input: Parameters<typeof problems>): string {
  const text = problems(...input).join('\n');
  expect(text).not.toBe('');
  for (const secret of secrets) expect(text).not.toContain(secret.slice(0, 8));
  return text;
}

/** Secrets as they are set, each by the name that the tests know it by. */
const values = {
  'the SAS URL': sasUrl,
  'the signing key': environment['WEBSITE_AUTH_SIGNING_KEY'] ?? '',
  'the connection string': environment['AzureWebJobsStorage'] ?? '',
};

it('shows no secret where everything is wrong', () => {
  told({
    TOKENKEEP_VAULT_URL: undefined,
    TOKENKEEP_PUBLIC_URL: 'nonsense',
    WEBSITE_AUTH_TOKEN_CONTAINER_SASURL: sasUrl.replace('sp=rwdl', 'sp=r'),
    WEBSITE_AUTH_SIGNING_KEY: 'c0ffeec0ffee',
  });
});

describe.each(Object.entries(values))('%s is not shown', (_, secret) => {
  it.each(['TOKENKEEP_PUBLIC_URL', 'TOKENKEEP_VAULT_URL', 'TOKENKEEP_SESSION_MAX_HOURS'])('by %s', (name) => {
    told({ [name]: secret });
  });

  it.each(['TOKENKEEP_WRAP_KEY', 'TOKENKEEP_SIGN_KEY'])('by %s', (name) => {
    told({ [name]: `${secret}?` });
  });

  it('by the URL of the container, in the app setting or in auth.json', () => {
    told({ WEBSITE_AUTH_TOKEN_CONTAINER_SASURL: secret.replace('sr=c', 'sr=b') });
    const document = sample();
    document.login.tokenStore.azureBlobStorage = { blobContainerUri: secret };
    told({}, document);
  });

  it('by auth.json where the name of its app setting belongs', () => {
    const document = sample();
    document.login.tokenStore.azureBlobStorage.sasUrlSettingName = secret;
    registrationOf(document).clientCredential.clientSecretSettingName = `${secret}~`;
    told({}, document);
  });

  it('by auth.json in a place of another shape', () => {
    for (const name of ['login', 'httpSettings', 'identityProviders']) told({}, { ...sample(), [name]: secret });
  });
});

it.each(['Hunter2~0123', 'hunter2', 'hunter2_0123'])(
  'shows no client secret like %s that stands where the name of its app setting belongs',
  (secret) => {
    const document = sample();
    registrationOf(document).clientCredential.clientSecretSettingName = secret;
    expect(problems({}, document).join()).not.toMatch(/hunter2/i);
    registrationOf(document).clientCredential = secret;
    expect(problems({}, document).join()).not.toMatch(/hunter2/i);
    registrationOf(document).clientSecret = secret;
    expect(problems({}, document).join()).not.toMatch(/hunter2/i);
  },
);

it('shows what was found where it is no secret', () => {
  const document = sample();
  document.httpSettings.routes.apiPrefix = 'auth';
  document.login.tokenStore.tokenRefreshExtensionHours = -1;
  document.login.tokenStore.exposedTokens = ['cookie'];
  registrationOf(document).openIdConnectConfiguration.wellKnownOpenIdConfiguration = 'http://issuer.example/keys?x=y';
  expect(problems({}, document)).toEqual([
    expect.stringContaining('found "auth", expected a path such as /.auth'),
    expect.stringContaining('found -1, expected hours, 0 or more'),
    expect.stringContaining('found "cookie", expected "access_token" or "id_token" or "refresh_token"'),
    expect.stringContaining('found "http://issuer.example/keys" and more, expected an https URL'),
  ]);
});
