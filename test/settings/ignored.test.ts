import { describe, expect, it } from 'vitest';
import { ignored } from '../../shared/settings/ignored.ts';
import { withValueAt } from '../../shared/settings/json.ts';
import { reportNotices } from '../../shared/settings/notices.ts';
import { createLog } from '../../shared/telemetry/log.ts';
import { load, problems, sample } from './example.ts';

const aad = {
  registration: {
    openIdIssuer: 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0',
    clientId: 'id',
  },
};

/** A value for each that is worth telling. */
const told: Readonly<Record<string, unknown>> = {
  'platform.enabled': false,
  'platform.runtimeVersion': '~1',
  'platform.configFilePath': 'auth.json',
  'httpSettings.requireHttps': false,
  'login.tokenStore.enabled': false,
  'login.tokenStore.fileSystem.directory': '/home/data',
  'login.tokenStore.azureBlobStorage.managedIdentityResourceId': '/subscriptions/0',
  'login.preserveUrlFragmentsForLogins': true,
  'login.nonce.validateNonce': false,
  'identityProviders.azureActiveDirectory.isAutoProvisioned': true,
  'identityProviders.azureActiveDirectory.login.disableWWWAuthenticate': true,
  'identityProviders.azureActiveDirectory.registration.clientSecretCertificateSubjectAlternativeName':
    'app.example.com',
  'identityProviders.azureActiveDirectory.registration.clientSecretCertificateIssuer': 'ca.example.com',
  'identityProviders.azureStaticWebApps': { enabled: true, registration: { clientId: 'id' } },
  'encryptionSettings.containerAppAuthEncryptionSecretName': 'encryption',
  'encryptionSettings.containerAppAuthSigningSecretName': 'signing',
  legacyProperties: { configVersion: 'v2' },
};

const at = (path: string, value: unknown) => {
  const document = sample();
  document.identityProviders.azureActiveDirectory = aad;
  return withValueAt(document, path, value);
};

it('every property that is not heeded is tried below', () => {
  expect(Object.keys(told).toSorted()).toEqual(ignored.map(({ path }) => path).toSorted());
});

describe.each(ignored.map((one) => [one.path, one] as const))('%s', (path, { reason, unless }) => {
  it('is told once with its reason', () => {
    expect(load({}, at(path, told[path])).notices).toEqual([{ path, reason }]);
  });

  it('is not told where it says what holds anyway, or nothing', () => {
    const silent = [null, ...(unless === undefined ? [] : [unless]), ...(Array.isArray(told[path]) ? [[]] : [])];
    for (const value of silent) expect(load({}, at(path, value)).notices).toEqual([]);
  });

  it('is still of its type', () => {
    const wrong = typeof told[path] === 'number' ? 'text' : 7.5;
    expect(problems({}, at(path, wrong))).toEqual([expect.stringContaining(`auth.json: ${path}: found 7.5`)]);
  });
});

it('the spelling of the reference of app settings is that property, too', () => {
  const path = 'identityProviders.azureActiveDirectory.login.disableWwwAuthenticate';
  expect(load({}, at(path, true)).notices.map((one) => one.path)).toEqual([path.replace('Www', 'WWW')]);
});

it('the log has a line for each', () => {
  const lines: string[] = [];
  const log = createLog(
    () => 0,
    (level, line) => lines.push(`${level} ${line}`),
  );
  const { notices } = load({}, { ...sample(), platform: { enabled: false, runtimeVersion: '~1' } });
  reportNotices({ notices }, log);
  expect(lines.map((line) => JSON.parse(line.replace(/^info /, '')))).toEqual(
    notices.map(({ path, reason }) => ({
      time: '1970-01-01T00:00:00.000Z',
      id: 104,
      event: 'setting_ignored',
      setting: path,
      reason,
    })),
  );
  expect(lines).toHaveLength(2);
});
