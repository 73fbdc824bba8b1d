import { describe, expect, it } from 'vitest';
import { responseHeaders } from '../../shared/gateway/response-headers.ts';

const root = { origin: 'https://up.example', basePath: '' };
const based = { origin: 'https://up.example', basePath: '/base' };
const passed = (headers: [string, string][], upstream = root) =>
  responseHeaders(new Headers(headers), upstream, 'https://app.example');

describe('the headers of an upstream’s answer', () => {
  it('pass as they are, but for those of its connection', () => {
    const headers = passed([
      ['connection', 'close, x-once'],
      ['x-once', '1'],
      ['transfer-encoding', 'chunked'],
      ['content-encoding', 'br'],
      ['etag', '"1"'],
      ['content-security-policy', "default-src 'self'"],
      ['vary', 'accept'],
      ['vary', 'cookie'],
    ]);
    expect(Object.fromEntries(headers)).toEqual({
      'content-encoding': 'br',
      etag: '"1"',
      'content-security-policy': "default-src 'self'",
      vary: 'accept, cookie',
    });
  });

  it('keep every line of Set-Cookie as it is, except one that sets a cookie of Tokenkeep', () => {
    const lines = ['a=%7E+/==; Path=/; Partitioned', 'b="x, y"; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'a=2'];
    // Of a cookie without a name browsers send the value, which then looks like ours.
    const nameless = ['=AppServiceAuthSession=evil; Path=/', ' = AppServiceAuthSession=evil'];
    const ours = ['AppServiceAuthSession=evil; Path=/', ' appServiceAuthNonce_1=evil', ...nameless];
    const headers = passed([...lines, ...ours].map((line) => ['set-cookie', line]));
    expect(headers.getSetCookie()).toEqual(lines);
  });
});

describe('a Location', () => {
  it.each([
    ['https://up.example', 'https://app.example/'],
    ['https://up.example/a?b#c', 'https://app.example/a?b#c'],
    ['https://up.example?b', 'https://app.example/?b'],
    ['https://up.example.evil/a', 'https://up.example.evil/a'],
    ['https://other.example/a', 'https://other.example/a'],
    ['/a', '/a'],
    ['//up.example/a', '//up.example/a'],
    ['a/b', 'a/b'],
  ])('%s becomes %s', (location, expected) => {
    expect(passed([['location', location]]).get('location')).toBe(expected);
  });

  it.each([
    ['https://up.example/base', 'https://app.example/'],
    ['https://up.example/base/a', 'https://app.example/a'],
    ['https://up.example/based', 'https://up.example/based'],
    ['https://up.example/other', 'https://up.example/other'],
    ['/base/a?b', 'https://app.example/a?b'],
    ['/base//evil.example', 'https://app.example//evil.example'],
    ['/other', '/other'],
    ['../a', '../a'],
  ])('%s becomes %s where the upstream has a base path', (location, expected) => {
    expect(passed([['location', location]], based).get('location')).toBe(expected);
  });
});
