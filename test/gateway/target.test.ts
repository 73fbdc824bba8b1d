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
    ['/;/.auth/me', '/.auth/me'],
    ['/%3ba=b//.auth/me', '/.auth/me'],
    ['/%ef%bc%8eauth%EF%BC%8Fme', '/.auth/me'],
    ['/%25/%ff%ef%bc%8eauth%e2%88%95me', '/%/\ufffd.auth/me'],
    ['/%C3%A9t%e9', '/ét\ufffd'],
    ['/%C0-la-carte', '/\ufffd-la-carte'],
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
    '/..%ef%bc%8fb',
    '/..%e2%81%84b',
    '/%ef%bc%8e%ef%bc%8e/b',
    '/..%c0%afb',
    '/%c0%ae%c0%ae/b',
    '/..%u2215b',
  ])('%s has a dot segment in it, so that it might be another one', (target) => {
    expect(lenientPath(target)).toBeUndefined();
  });

  it('with escapes in escapes without end is not read at all, since that would cost as much as its length squared', () => {
    expect(lenientPath(`/%${'25'.repeat(8)}61`)).toBeUndefined();
    expect(lenientPath(`/%${'25'.repeat(3)}61`)).toBe('/a');
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
