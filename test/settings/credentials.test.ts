import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ProviderSettings } from '../../shared/providers/registry.ts';
import { load, problems } from './example.ts';

const { privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

/** How a PEM text gets into an app setting, which has one line. */
const waysToWrite: readonly (readonly [string, (pem: string) => string])[] = [
  ['with its line breaks', (pem) => pem],
  ['with line breaks of Windows', (pem) => pem.replaceAll('\n', '\r\n')],
  ['with line breaks written \\n', (pem) => pem.trim().replaceAll('\n', '\\n')],
  ['in base64', (pem) => Buffer.from(pem).toString('base64')],
];

/** Half of the secret, which no problem may show either. */
const shown = (told: readonly string[]) => told.join('\n');
const notShown = (told: readonly string[], secret: string) => {
  expect(told).not.toEqual([]);
  for (const line of secret.split('\n').filter((one) => one.length > 8)) expect(shown(told)).not.toContain(line);
};

type Credential = Extract<ProviderSettings, { kind: 'openid-connect' }>['credential'];
const credentialOf = ([provider]: readonly ProviderSettings[]): Credential | undefined =>
  provider && 'credential' in provider ? (provider.credential as Credential) : undefined;

describe('a custom provider', () => {
  const document = (clientCredential?: object) => ({
    identityProviders: {
      customOpenIdConnectProviders: {
        contoso: {
          registration: {
            clientId: 'id',
            ...(clientCredential && { clientCredential }),
            openIdConnectConfiguration: { wellKnownOpenIdConfiguration: 'https://id.example.com/.well-known' },
          },
        },
      },
    },
  });
  const byKey = document({ method: 'PrivateKeyJwt', clientSecretSettingName: 'A_KEY', keyId: 'one' });

  it.each([undefined, {}])('with the client credential %j is a public client', (clientCredential) => {
    expect(credentialOf(load({}, document(clientCredential)).providers)).toEqual({ kind: 'none' });
  });

  it.each([
    ['ClientSecretPost', 'client_secret_post'],
    ['clientsecretbasic', 'client_secret_basic'],
    [undefined, 'client_secret_post'],
    [0, 'client_secret_post'],
  ])('with the method %s sends its secret by %s', (method, sent) => {
    const settings = load({ A_SECRET: 's' }, document({ method, clientSecretSettingName: 'A_SECRET' }));
    expect(credentialOf(settings.providers)).toMatchObject({ kind: 'secret', method: sent });
  });

  it.each(waysToWrite)('signs with a private key that is written %s', (_, write) => {
    const credential = credentialOf(load({ A_KEY: write(privateKey) }, byKey).providers);
    if (credential?.kind !== 'private-key') throw new Error('expected a private key');
    expect(credential.keyId).toBe('one');
    expect(createPrivateKey(credential.key.reveal()).equals(createPrivateKey(privateKey))).toBe(true);
  });

  it.each(['', 'secret', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', privateKey.slice(0, 90)])(
    'does not start with a key that cannot be read: %j',
    (text) => {
      const told = problems({ A_KEY: text }, byKey);
      expect(told).toEqual([
        `A_KEY (named by auth.json for provider contoso): found ${text === '' ? 'nothing' : 'text that is no private key'}, expected a private key in PEM (PKCS#8), without a password, for RS256, ES256, ES384, ES512, EdDSA`,
      ]);
    },
  );

  it('cannot have a method without a secret, nor one that is none', () => {
    expect(problems({}, document({ method: 'ClientSecretPost' }))).toEqual([
      expect.stringContaining('expected clientSecretSettingName, too'),
    ]);
    expect(problems({}, document({ method: 'Basic', clientSecretSettingName: 'A_SECRET' }))).toEqual([
      expect.stringContaining(
        'clientCredential.method: found "Basic", expected ClientSecretPost or ClientSecretBasic or PrivateKeyJwt',
      ),
    ]);
  });
});

describe('Apple', () => {
  const document = (more: object = {}) => ({
    identityProviders: { apple: { registration: { clientId: 'id', clientSecretSettingName: 'APPLE_KEY', ...more } } },
  });
  const owner = { teamId: 'TEAM', keyId: 'KEY' };

  it('takes a signed client secret, as App Service does', () => {
    const credential = credentialOf(load({ APPLE_KEY: 'a.b.c' }, document()).providers);
    expect(credential).toMatchObject({ kind: 'secret' });
  });

  it.each(waysToWrite)('takes a key with its team and id, written %s', (_, write) => {
    const [provider] = load({ APPLE_KEY: write(privateKey) }, document(owner)).providers;
    if (provider?.kind !== 'apple' || provider.credential.kind !== 'key') throw new Error('expected a key');
    expect(provider.credential).toMatchObject(owner);
    expect(() =>
      createPrivateKey(provider.credential.kind === 'key' ? provider.credential.key.reveal() : ''),
    ).not.toThrow();
  });

  it('cannot use a key of another kind than Apple’s', () => {
    const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const text = rsa.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(problems({ APPLE_KEY: text }, document(owner))).toEqual([
      'APPLE_KEY (named by auth.json for provider apple): found a private key of another kind, expected a private key in PEM (PKCS#8), without a password, for ES256',
    ]);
  });

  it('cannot use a key without knowing whose it is, nor a client secret as a key', () => {
    const told = problems({ APPLE_KEY: privateKey }, document());
    expect(told).toEqual([
      'APPLE_KEY (named by auth.json for provider apple): found a key, expected registration.teamId and registration.keyId beside it, or a signed JWT',
    ]);
    notShown(told, privateKey);
    expect(problems({ APPLE_KEY: privateKey }, document({ teamId: 'TEAM' }))).toEqual([
      expect.stringContaining('expected teamId and keyId, or neither'),
    ]);
    expect(problems({ APPLE_KEY: 'a.b.c' }, document(owner))).toEqual([
      expect.stringContaining('found text that is no private key'),
    ]);
  });
});

describe('Entra ID', () => {
  const issuer = 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0';
  const document = (more: object) => ({
    identityProviders: { azureActiveDirectory: { registration: { openIdIssuer: issuer, clientId: 'id', ...more } } },
  });
  const certified = document({ clientSecretSettingName: 'AAD_SECRET' });
  let pem = '';
  let other = '';
  let thumbprint = '';

  beforeAll(async () => {
    const made = await generate([{ name: 'commonName', value: 'app' }], { keySize: 2048 });
    pem = `${made.private.trim()}\n${made.cert.trim()}\n`;
    thumbprint = made.fingerprint.replaceAll(':', '');
    other = `${made.cert.trim()}\n${privateKey}`;
  });

  it('takes a client secret', () => {
    expect(credentialOf(load({ AAD_SECRET: 'a secret~' }, certified).providers)).toMatchObject({
      kind: 'secret',
      method: 'client_secret_post',
    });
  });

  it.each(waysToWrite)('takes a private key and its certificate, written %s', (_, write) => {
    const credential = credentialOf(load({ AAD_SECRET: write(pem) }, certified).providers);
    if (credential?.kind !== 'certificate') throw new Error('expected a certificate');
    expect(credential.pem.reveal()).toBe(pem.trim());
  });

  it('takes them in either order', () => {
    const [key, certificate] = pem.split(/(?=-----BEGIN CERTIFICATE)/);
    const turned = `${certificate}${key}`;
    expect(credentialOf(load({ AAD_SECRET: turned }, certified).providers)).toMatchObject({ kind: 'certificate' });
  });

  it('takes the certificate with the thumbprint only', () => {
    const of = (print: string) =>
      document({ clientSecretSettingName: 'AAD_SECRET', clientSecretCertificateThumbprint: print });
    expect(load({ AAD_SECRET: pem }, of(thumbprint.toLowerCase())).providers).toHaveLength(1);
    const told = problems({ AAD_SECRET: pem }, of('0'.repeat(40)));
    expect(told).toEqual([expect.stringContaining('found another certificate, expected the one that')]);
    notShown(told, pem);
    expect(problems({ AAD_SECRET: 'secret' }, of(thumbprint))).toEqual([
      expect.stringContaining('expected a private key and its certificate in PEM'),
    ]);
    expect(problems({}, document({ clientSecretCertificateThumbprint: thumbprint }))).toEqual([
      expect.stringContaining('found a thumbprint alone, expected clientSecretSettingName'),
    ]);
    expect(problems({ AAD_SECRET: pem }, of('abc'))).toEqual([expect.stringContaining('expected a SHA-1 thumbprint')]);
  });

  it('takes no key without a certificate, nor with one of another key', () => {
    for (const text of [privateKey, other]) {
      const told = problems({ AAD_SECRET: text }, certified);
      expect(told).toEqual([expect.stringContaining('found no certificate of that private key')]);
      notShown(told, text);
    }
  });

  it('lets the managed identity vouch that App Service documents', () => {
    const clientId = '99998888-7777-6666-5555-444433332222';
    const byIdentity = document({ clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID' });
    const settings = load({ OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: clientId }, byIdentity);
    expect(credentialOf(settings.providers)).toEqual({ kind: 'managed-identity', clientId });
    for (const wrong of ['', 'hunter2hunter2']) {
      const told = problems({ OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: wrong }, byIdentity);
      expect(told).toEqual([expect.stringContaining('expected the client id of a managed identity of this app')]);
      expect(shown(told)).not.toContain('hunter2');
    }
  });
});

describe('the name of an app setting', () => {
  const document = (clientSecretSettingName: string) => ({
    identityProviders: { gitHub: { registration: { clientId: 'id', clientSecretSettingName } } },
  });

  it('may have hyphens, as secrets of Container Apps do; the variable then has underscores', () => {
    const secretOf = (changes: Record<string, string>) => {
      const [provider] = load(changes, document('github-secret')).providers;
      return provider?.kind === 'github' && provider.secret.reveal();
    };
    expect(secretOf({ github_secret: 'one' })).toBe('one');
    expect(secretOf({ 'github-secret': 'two', github_secret: 'one' })).toBe('two');
  });

  it('cannot name a setting that is missing', () => {
    expect(problems({}, document('GITHUB_SECRET'))).toEqual([
      'GITHUB_SECRET (named by auth.json for provider github): found nothing, expected the client secret',
    ]);
  });
});
