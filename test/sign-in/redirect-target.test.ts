import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { redirectTarget } from '../../shared/sign-in/redirect-target.ts';
import { foreignAddresses, ownAddresses } from './open-redirects.ts';

const ours = 'https://app.example';
const allowed = [
  'https://spa.example',
  'https://portal.example/welcome',
  'https://docs.example:8443/help/*',
  'http://localhost:3000/',
  'myapp://easyauth.callback',
  'com.example.app:/signed-in',
];

/** Where a requested address leads, or undefined where it is refused. */
function target(requested: string, entries: readonly string[] = []): string | undefined {
  try {
    return redirectTarget(requested, ours, entries);
  } catch (error) {
    if (!isTokenkeepError(error, 'redirect_not_allowed')) throw error;
    return undefined;
  }
}

describe('without an allow-list', () => {
  it.each(foreignAddresses)('%j is refused', (requested) => {
    expect(target(requested)).toBeUndefined();
  });

  it.each(ownAddresses)('%j stays here: %s', (requested, expected) => {
    expect(target(requested)).toBe(expected);
  });
});

describe('with the loopback address of a native app, which has no port, on the allow-list', () => {
  const entries = ['http://127.0.0.1/signed-in', 'http://[::1]/signed-in'];

  it.each(['http://127.0.0.1:51004/signed-in', 'http://[::1]:51004/signed-in', 'http://127.0.0.1/signed-in'])(
    '%s is allowed',
    (requested) => expect(target(requested, entries)).toBe(requested),
  );

  it.each([
    'http://127.0.0.1:51004/',
    'http://127.0.0.1:51004/signed-in/x',
    'http://127.0.0.2:51004/signed-in',
    'http://localhost:51004/signed-in',
    'https://127.0.0.1:51004/signed-in',
  ])('%s is refused', (requested) => expect(target(requested, entries)).toBeUndefined());

  it('an entry with a port covers that port alone', () => {
    expect(target('http://127.0.0.1:51004/signed-in', ['http://127.0.0.1:51005/signed-in'])).toBeUndefined();
  });
});

describe('with an allow-list', () => {
  it.each([
    ['https://spa.example', 'https://spa.example/'],
    ['https://spa.example/any/page?q#f', 'https://spa.example/any/page?q#f'],
    ['//spa.example/any', 'https://spa.example/any'],
    ['https://portal.example/welcome', 'https://portal.example/welcome'],
    ['https://portal.example/welcome/?q=1', 'https://portal.example/welcome/?q=1'],
    ['https://docs.example:8443/help/', 'https://docs.example:8443/help/'],
    ['https://docs.example:8443/help/a/b', 'https://docs.example:8443/help/a/b'],
    ['http://localhost:3000/deep', 'http://localhost:3000/deep'],
    ['myapp://easyauth.callback', 'myapp://easyauth.callback'],
    ['myapp://easyauth.callback?x=y', 'myapp://easyauth.callback?x=y'],
    ['com.example.app:/signed-in', 'com.example.app:/signed-in'],
  ])('%s is allowed', (requested, expected) => {
    expect(target(requested, allowed)).toBe(expected);
  });

  it.each([
    'http://spa.example/',
    'https://spa.example:444/',
    'https://spa.example.evil.example/',
    'https://evil.spa.example/',
    'https://xspa.example/',
    'https://spa.example@evil.example/',
    'https://user@spa.example/',
    'https://portal.example/',
    'https://portal.example/welcome/evil',
    'https://portal.example/welcome-evil',
    'https://portal.example/Welcome',
    'https://portal.example/welcome/../evil',
    'https://docs.example:8443/help',
    'https://docs.example:8443/helpless/',
    'https://docs.example:8443/help/../evil',
    'https://docs.example:8443/help/%2e%2e/evil',
    'https://docs.example:8443/help\\..\\..\\evil',
    'https://docs.example/help/',
    'http://localhost:3001/',
    'http://localhost.evil.example:3000/',
    'http://127.0.0.1:3000/',
    'myapp://evil.callback',
    'myapp://easyauth.callback.evil',
    'myapp://easyauth.callback/evil',
    'myapp:easyauth.callback',
    'otherapp://easyauth.callback',
    'com.example.app:/evil',
    'com.example.app://signed-in',
    'blob:https://spa.example/x',
    ...foreignAddresses,
  ])('%j is refused', (requested) => {
    expect(target(requested, allowed)).toBeUndefined();
  });
});

describe('whatever is requested', () => {
  const ingredient = fc.oneof(
    fc.constantFrom(
      ...['/', '\\', '//', '@', ':', '.', '..', '%2f', '%5c', '\t', '\n', '\r', ' ', '\u0000', '#', '?', '。', '／'],
      ...['https:', 'HTTP:', 'javascript:', 'data:', 'blob:', 'myapp:', 'app.example', 'spa.example', 'evil.example'],
      ...['easyauth.callback', 'docs.example:8443', '/help/', '[::1]', ':443', 'xn--'],
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const address = fc.oneof(
    fc.array(ingredient, { maxLength: 9 }).map((parts) => parts.join('')),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.constantFrom(...foreignAddresses).chain((one) => ingredient.map((part) => part + one)),
  );
  const places = [
    ...[ours, 'https://spa.example', 'https://portal.example', 'https://docs.example:8443', 'http://localhost:3000'],
    ...['myapp://easyauth.callback', 'com.example.app://'],
  ];

  it('leads to the app, or to what the list allows, when a browser reads it as a Location', () => {
    fc.assert(
      fc.property(address, (requested) => {
        const result = target(requested, allowed);
        fc.pre(result !== undefined);
        for (const base of ['https://app.example/.auth/login/demo/callback', 'https://evil.example/']) {
          const url = new URL(result ?? '', base);
          expect(url.username + url.password).toBe('');
          expect(places).toContain(`${url.protocol}//${url.host}`);
        }
      }),
      { numRuns: 2_000, maxSkipsPerRun: 1_000 },
    );
  });

  it('is written in visible ASCII only, so that it cannot end the header that carries it', () => {
    fc.assert(
      fc.property(address, (requested) => {
        expect(target(requested, allowed) ?? '').toMatch(/^[!-~]*$/);
      }),
      { numRuns: 1_000 },
    );
  });

  it('means the same when it is asked for again', () => {
    fc.assert(
      fc.property(address, (requested) => {
        const result = target(requested, allowed);
        fc.pre(result !== undefined);
        expect(target(result ?? '', allowed)).toBe(result);
      }),
      { numRuns: 500, maxSkipsPerRun: 1_000 },
    );
  });

  it('is never longer than the attempt cookie has room for', () => {
    const long = fc.string({ unit: fc.constantFrom('a', '\\', '"', 'é', '?'), maxLength: 1_600, size: 'max' });
    fc.assert(
      fc.property(long, (text) => {
        expect(JSON.stringify(target(`/?${text}`) ?? '').length).toBeLessThanOrEqual(1_500);
      }),
      { numRuns: 200 },
    );
  });
});
