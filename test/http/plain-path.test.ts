import { describe, expect, it } from 'vitest';
import { plainPath } from '../../shared/http/plain-path.ts';

it.each([
  ['/', '/'],
  ['/public', '/public'],
  ['/public/', '/public/'],
  ['/public/logo.svg?v=../admin', '/public/logo.svg'],
  ["/.well-known/a~b_c-d!$&'()*+,=:@", "/.well-known/a~b_c-d!$&'()*+,=:@"],
  ['/caf%C3%A9', '/café'],
  ['/my%20photo.jpg', '/my photo.jpg'],
  ['/%E6%97%A5%E6%9C%AC', '/日本'],
])('%s is the path %s to everybody', (target, path) => {
  expect(plainPath(target)).toBe(path);
});

describe('what servers on the way may read differently is no path', () => {
  it.each([
    ['no path', ['', 'public', '*', 'https://site.example/public', '?/public']],
    ['dot segments', ['/public/../admin', '/public/./admin', '/public/..', '/..', '/.', '/public/.../admin']],
    ['escaped dots', ['/public/%2e%2e/admin', '/public/.%2E/admin', '/public/%2e/admin', '/public/..%20/admin']],
    ['escaped slashes', ['/public%2f..%2fadmin', '/public/..%2Fadmin', '/public%2Fadmin', '/admin%2f../public/x']],
    ['backslashes', ['/public\\..\\admin', '/public/..\\admin', '/public%5c..%5cadmin', '/\\admin']],
    ['empty segments', ['//public/x', '/public//x', '/public//', '///', '//']],
    ['parameters of a segment', ['/public/..;/admin', '/public;a=b/x', '/admin;/public', '/public/%3b']],
    ['control characters', ['/public/\u0000', '/public/\t../admin', '/public/x\r\ny', '/public/\u007f', '/public/x y']],
    ['escaped control characters', ['/public/%00', '/public/%0a', '/public/%0d%0aX', '/public/%7f', '/public/%09']],
    ['invalid escapes', ['/public/%', '/public/%2', '/public/%zz', '/public/%u002e%u002e/admin', '/public/%c3']],
    ['escaped twice', ['/public/%252e%252e/admin', '/public/%25', '/public%252fadmin']],
    ['overlong UTF-8', ['/public/%c0%ae%c0%ae/admin', '/public/%c0%af', '/public/%e0%80%ae']],
    ['escaped delimiters', ['/public/%3f/../admin', '/public/%3Fx', '/public/%23x', '/public/%61']],
    ['a fragment', ['/public/#/../admin', '/public#x']],
    [
      'characters that some map to a dot or slash',
      ['/public/%EF%BC%8E%EF%BC%8E/admin', '/public%EF%BC%8Fx', '/a/%E2%80%A4'],
    ],
    ['characters that some strip', ['/public/%C2%AD../admin', '/public/%E2%80%8B..', '/public/%EF%BB%BF', '/x%C2%A0']],
    ['raw characters beyond ASCII', ['/café', '/public/．．/admin', '/public/\u0080']],
    ['a dot or a space at the end of a segment', ['/public./x', '/admin.', '/public/x%20', '/public%20/x', '/%20']],
    [
      'what addresses cannot hold',
      ['/public/"', '/public/<x>', '/public/{x}', '/public/a|b', '/public/^', '/public/`'],
    ],
  ])('%s', (_, targets) => {
    expect(targets.map((target) => [target, plainPath(target)])).toEqual(targets.map((target) => [target, undefined]));
  });
});
