import { describe, expect, it } from 'vitest';
import { isBelow, lenientPath, targetOf } from '../../shared/gateway/target.ts';

describe('the target of a request', () => {
  it.each([
    ['https://app.example/a/b?c=d', '/a/b?c=d'],
    ['https://app.example', '/'],
    ['https://app.example?q', '/?q'],
    ['https://app.example/a#fragment', '/a'],
    ['https://app.example//evil.example/a', '//evil.example/a'],
    ['https://app.example/https://evil.example/', '/https://evil.example/'],
    ['https://app.example/@evil.example', '/@evil.example'],
    ['https://user@app.example/a', '/a'],
    ['https://app.example/%7Ea/%C3%A4;v=1?x=%2F&y=a+b', '/%7Ea/%C3%A4;v=1?x=%2F&y=a+b'],
  ])('%s is %s, as it stands there', (address, target) => {
    expect(targetOf(address)).toBe(target);
  });
});

describe('a path as a lenient server reads it', () => {
  it.each([
    ['/a/b?c=/../d', '/a/b'],
    ['//.auth///me', '/.auth/me'],
    ['/%2Eauth%2fme', '/.auth/me'],
    ['/%252eauth/me', '/.auth/me'],
    ['/.AUTH\\me', '/.auth/me'],
    ['/.auth;v=1/me', '/.auth/me'],
    ['/a..b/...', '/a..b/...'],
    ['/%', '/%'],
  ])('%s is %s', (target, path) => {
    expect(lenientPath(target)).toBe(path);
  });

  it.each([
    '/..',
    '/a/../b',
    '/..%2fb',
    '/a/%2e%2e/b',
    '/a%5c..%5cb',
    '/..;x/b',
    '/a/%252e%252e%252fb',
    '/./a',
    '/%2e/',
  ])('%s has a dot segment in it, so that it might be another one', (target) => {
    expect(lenientPath(target)).toBeUndefined();
  });

  it.each([
    ['/.auth', true],
    ['/.auth/', true],
    ['/.auth/me', true],
    ['/.authors', false],
    ['/a/.auth', false],
  ])('%s is below /.Auth: %s', (path, below) => {
    expect(isBelow('/.Auth', path)).toBe(below);
  });
});
