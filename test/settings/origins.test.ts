import { describe, expect, it } from 'vitest';
import { load, problems } from './example.ts';

const publicOrigin = (changes: Record<string, string | undefined>) =>
  load({ TOKENKEEP_PUBLIC_URL: undefined, ...changes }).publicOrigin;

describe('the public origin', () => {
  it.each([
    ['https://auth.example.com', 'https://auth.example.com'],
    ['https://auth.example.com/', 'https://auth.example.com'],
    ['https://AUTH.example.com:443', 'https://auth.example.com'],
    ['https://auth.example.com:8443', 'https://auth.example.com:8443'],
    ['http://localhost:7071', 'http://localhost:7071'],
    ['http://127.0.0.1:7071/', 'http://127.0.0.1:7071'],
  ])('%s is %s', (setting, origin) => {
    expect(publicOrigin({ TOKENKEEP_PUBLIC_URL: setting })).toBe(origin);
  });

  it.each([
    'http://auth.example.com',
    'http://localhost.example.com',
    'https://auth.example.com/app',
    'https://auth.example.com/?a=b',
    'https://auth.example.com/#here',
    'https://user:password@auth.example.com',
    'ftp://auth.example.com',
    'auth.example.com',
    'https://',
    'nonsense',
  ])('cannot be %s', (setting) => {
    const expected = 'expected an https origin such as https://auth.example.com';
    const found = problems({ TOKENKEEP_PUBLIC_URL: setting, WEBSITE_HOSTNAME: 'name.azurewebsites.net' });
    expect(found).toEqual([expect.stringContaining(expected)]);
    expect(found[0]).toContain('TOKENKEEP_PUBLIC_URL');
  });

  it.each([
    ['name.azurewebsites.net', 'https://name.azurewebsites.net'],
    ['name.azurewebsites.net:8443', 'https://name.azurewebsites.net:8443'],
    ['localhost:7071', 'http://localhost:7071'],
  ])('with the platform host name %s is %s', (host, origin) => {
    expect(publicOrigin({ WEBSITE_HOSTNAME: host })).toBe(origin);
  });

  it.each(['name/path', 'user@name', 'name?query', 'a b', '', ':'])('cannot come from a host name %j', (host) => {
    expect(problems({ TOKENKEEP_PUBLIC_URL: undefined, WEBSITE_HOSTNAME: host })).toHaveLength(1);
  });

  it('is the one that is set, whatever the platform is called', () => {
    const changes = { TOKENKEEP_PUBLIC_URL: 'https://auth.example.com', WEBSITE_HOSTNAME: 'localhost:7071' };
    expect(publicOrigin(changes)).toBe('https://auth.example.com');
  });

  it('is missed where nothing says it', () => {
    expect(problems({ TOKENKEEP_PUBLIC_URL: undefined })).toEqual([
      'TOKENKEEP_PUBLIC_URL: found nothing, expected an https origin such as https://auth.example.com',
    ]);
  });
});

it.each(['http://vault.example.com', 'https://vault.example.com/keys', 'vault.example.com', 'https://vault?x'])(
  'takes %s for no key vault',
  (setting) => {
    expect(problems({ TOKENKEEP_VAULT_URL: setting })).toEqual([
      expect.stringContaining('expected the URL of a key vault such as https://name.vault.azure.net'),
    ]);
  },
);

it('takes a key vault with or without a slash, and the local one', () => {
  expect(load({ TOKENKEEP_VAULT_URL: 'https://name.vault.azure.net/' }).vault.url).toBe('https://name.vault.azure.net');
  expect(load({ TOKENKEEP_VAULT_URL: 'http://localhost:7073' }).vault.url).toBe('http://localhost:7073');
});
