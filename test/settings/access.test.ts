import { describe, expect, it } from 'vitest';
import { environment, load, problems, sample } from './example.ts';

const withRules = (globalValidation: object) => ({ ...sample(), globalValidation });

describe('what may be asked for without signing in', () => {
  it('is nothing, unless something is said', () => {
    expect(load({}, withRules({}))).toMatchObject({ unauthenticatedClientAction: 'redirect', excludedPaths: [] });
  });

  it.each([
    [{ requireAuthentication: false }, 'allow'],
    [{ requireAuthentication: false, unauthenticatedClientAction: 'Return401' }, 'allow'],
    [{ requireAuthentication: false, unauthenticatedClientAction: 'AllowAnonymous' }, 'allow'],
    [{ requireAuthentication: true }, 'redirect'],
    [{ requireAuthentication: true, unauthenticatedClientAction: 'Return403' }, 'status-403'],
    [{ unauthenticatedClientAction: 'AllowAnonymous' }, 'allow'],
  ])('%j means %s', (rules, unauthenticatedClientAction) => {
    expect(load({}, withRules(rules))).toMatchObject({ unauthenticatedClientAction });
  });

  it('cannot be both something and everything', () => {
    const rules = { requireAuthentication: true, unauthenticatedClientAction: 'AllowAnonymous' };
    expect(problems({}, withRules(rules))).toEqual([
      'auth.json: globalValidation: found an object, expected requireAuthentication true or unauthenticatedClientAction AllowAnonymous, not both',
    ]);
    const setting = { WEBSITE_AUTH_UNAUTHENTICATED_ACTION: 'AllowAnonymous' };
    expect(problems(setting, withRules({ requireAuthentication: true }))).toHaveLength(1);
  });

  it.each([
    ['/', '/'],
    ['/*', '/*'],
    ['/public', '/public'],
    ['/public/*', '/public/*'],
    ['/caf%C3%A9/*', '/café/*'],
  ])('are paths: %s', (written, path) => {
    expect(load({}, withRules({ excludedPaths: [written] })).excludedPaths).toEqual([path]);
  });

  it.each([
    '',
    'public',
    '/public*',
    '/*/public',
    '/a/../b',
    '/a//b',
    '/a?b',
    '/a%2fb',
    '/a;b',
    '/café',
    '//',
    '/a/**',
  ])('are never what would not be one: %j', (path) => {
    expect(problems({}, withRules({ excludedPaths: ['/public', path] }))).toEqual([
      expect.stringMatching(/excludedPaths\.1: found .*, expected a path as addresses have it/),
    ]);
  });
});

describe('the key of a proxy', () => {
  it('is kept as a secret', () => {
    const key = 'k'.repeat(32);
    const { proxyKey } = load({ TOKENKEEP_PROXY_KEY: key });
    expect(proxyKey?.reveal()).toBe(key);
    expect(JSON.stringify(proxyKey)).not.toContain('kkk');
    expect(load(environment)).not.toHaveProperty('proxyKey');
  });

  it.each(['short-key', 'k'.repeat(31), `${'k'.repeat(32)} `, `${'k'.repeat(32)}ä`])(
    'is refused, and not shown: %j',
    (key) => {
      const told = problems({ TOKENKEEP_PROXY_KEY: key });
      expect(told).toEqual([expect.stringMatching(/TOKENKEEP_PROXY_KEY: found a .*, expected at least 32 visible/)]);
      expect(told.join()).not.toContain(key.slice(0, 8));
    },
  );
});

it('servers get the kinds of tokens that clients see, unless told otherwise', () => {
  expect(load().headerTokens).toEqual(['access_token', 'id_token']);
  const document = sample();
  document.login.tokenStore.headerTokens = ['refresh_token'];
  expect(load({}, document)).toMatchObject({
    headerTokens: ['refresh_token'],
    exposedTokens: ['access_token', 'id_token'],
  });
});
