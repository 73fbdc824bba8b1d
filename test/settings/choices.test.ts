import { describe, expect, it } from 'vitest';
import { withValueAt } from '../../shared/settings/json.ts';
import { load, notPinned, problems, sample } from './example.ts';

const at = (path: string, value: unknown) => withValueAt(sample(), path, value);

/** Words of the two families of documents, and the positions that App Service writes, with what they mean. */
const choices: Readonly<Record<string, readonly (readonly [string | number, object])[]>> = {
  'globalValidation.unauthenticatedClientAction': [
    ['RedirectToLoginPage', { unauthenticatedClientAction: 'redirect' }],
    ['AllowAnonymous', { unauthenticatedClientAction: 'allow' }],
    ['Return401', { unauthenticatedClientAction: 'status-401' }],
    ['Return403', { unauthenticatedClientAction: 'status-403' }],
    ['Return404', { unauthenticatedClientAction: 'status-404' }],
    ['RejectWith401', { unauthenticatedClientAction: 'status-401' }],
    ['RejectWith403', { unauthenticatedClientAction: 'status-403' }],
    ['RejectWith404', { unauthenticatedClientAction: 'status-404' }],
    ['rejectwith404', { unauthenticatedClientAction: 'status-404' }],
    [0, { unauthenticatedClientAction: 'redirect' }],
    [1, { unauthenticatedClientAction: 'allow' }],
  ],
  'httpSettings.forwardProxy.convention': [
    ['NoProxy', { forwardProxy: { convention: 'none' } }],
    ['Standard', { forwardProxy: { convention: 'standard', hostHeader: 'x-forwarded-host' } }],
    ['standard', { forwardProxy: { convention: 'standard' } }],
    [0, { forwardProxy: { convention: 'none' } }],
    [1, { forwardProxy: { convention: 'standard' } }],
  ],
  'login.cookieExpiration.convention': [
    ['FixedTime', { session: { convention: 'fixed' } }],
    ['IdentityProviderDerived', { session: { convention: 'identity-provider' } }],
    ['IdentityDerived', { session: { convention: 'identity-provider' } }],
    ['Sliding', { session: { convention: 'sliding' } }],
    ['fixedtime', { session: { convention: 'fixed' } }],
    [0, { session: { convention: 'fixed' } }],
    [1, { session: { convention: 'identity-provider' } }],
  ],
};

describe.each(Object.entries(choices))('%s', (path, words) => {
  it.each(words)('may be %s', (word, expected) => {
    expect(load(notPinned, at(path, word))).toMatchObject(expected);
  });

  it.each(['Nothing', '', ' ', 99, -1, 0.5, true, ['FixedTime']])('cannot be %j', (value) => {
    expect(problems({}, at(path, value))).toEqual([
      expect.stringMatching(new RegExp(`^auth\\.json: ${path.replaceAll('.', '\\.')}: found .*, expected .* or `)),
    ]);
  });
});

describe('a custom forward proxy', () => {
  const proxy = (forwardProxy: object) => ({
    ...sample(),
    httpSettings: { forwardProxy: { convention: 'Custom', ...forwardProxy } },
  });

  it('has the headers that are named, in lower case', () => {
    expect(load(notPinned, proxy({ customHostHeaderName: 'X-Original-Host' })).forwardProxy).toEqual({
      convention: 'custom',
      hostHeader: 'x-original-host',
    });
    expect(load(notPinned, proxy({ customProtoHeaderName: 'X-Original-Proto' })).forwardProxy).toEqual({
      convention: 'custom',
      protoHeader: 'x-original-proto',
    });
  });

  it.each<[object, string]>([
    [{}, 'customHostHeaderName or customProtoHeaderName where the convention is Custom'],
    [{ customHostHeaderName: 'a header' }, 'the name of a header'],
    [{ customProtoHeaderName: 'a:b' }, 'the name of a header'],
  ])('cannot be %j', (forwardProxy, expected) => {
    expect(problems({}, proxy(forwardProxy))).toEqual([expect.stringContaining(`expected ${expected}`)]);
  });
});

describe('sign-out at the provider', () => {
  it.each([true, false])('may be %s', (signOutAtProvider) => {
    expect(load({}, at('login.signOutAtProvider', signOutAtProvider))).toMatchObject({ signOutAtProvider });
  });

  it('is left open where nothing says it', () => {
    expect(load()).not.toHaveProperty('signOutAtProvider');
  });

  it('cannot be a word', () => {
    expect(problems({}, at('login.signOutAtProvider', 'yes'))).toEqual([expect.stringContaining('of type boolean')]);
  });
});

it('an API prefix may end with a slash, which is left out', () => {
  expect(load({}, at('httpSettings.routes.apiPrefix', '/a/b/')).apiPrefix).toBe('/a/b');
  for (const prefix of ['/', '', '//', '/a//b', 'a']) {
    expect(problems({}, at('httpSettings.routes.apiPrefix', prefix))).toHaveLength(1);
  }
});

it('a public URL that is given counts, whatever a proxy in front says', () => {
  const standard = at('httpSettings.forwardProxy.convention', 'Standard');
  expect(load(notPinned, standard).forwardProxy.convention).toBe('standard');
  expect(load({}, standard).forwardProxy).toEqual({ convention: 'none' });
});
