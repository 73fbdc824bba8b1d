import { describe, expect, test } from 'vitest';
import { compileRoute } from '../../../dev/host/route-template.ts';

function match(route: string, path: string) {
  const endsWithSlash = path.endsWith('/') && path !== '';
  const inner = endsWithSlash ? path.slice(0, -1) : path;
  const segments = inner === '' ? [] : inner.split('/').map((text) => ({ text, lowerCase: text.toLowerCase() }));
  return compileRoute(route)({ segments, endsWithSlash });
}

describe('compileRoute', () => {
  test.each([
    ['a/b', 'a/b', {}],
    ['a/b', 'A/B/', {}],
    ['/a/b/', 'a/b', {}],
    ['a/b', 'a', undefined],
    ['a/b', 'a/b/c', undefined],
    ['', '', {}],
    ['', 'a', undefined],
    ['a/{id}', 'a/X y', { id: 'X y' }],
    ['a/{id}', 'a', undefined],
    ['a/{id}', 'a//', undefined],
    ['a/{id?}', 'a/1', { id: '1' }],
    ['a/{id?}', 'a', {}],
    ['a/{id?}', 'a/1/2', undefined],
    ['a/{*rest}', 'a', {}],
    ['a/{*rest}', 'a/b/c', { rest: 'b/c' }],
    ['a/{**rest}', 'a/b//c/', { rest: 'b//c/' }],
    ['{*rest}', '', {}],
    ['file-{name}.{extension}', 'file-a.b.txt', { name: 'a.b', extension: 'txt' }],
    ['file-{name}.{extension}', 'file-.txt', undefined],
    ['(a|b)+/{x}', '(A|B)+/1', { x: '1' }],
    ['a{{b}}', 'a{b}', {}],
    ['{id:int}', '-12', { id: '-12' }],
    ['{id:int}', '1x', undefined],
    ['{id:int}', '2147483647', { id: '2147483647' }],
    ['{id:int}', '2147483648', undefined],
    ['{id:int?}', '', {}],
    ['{id:alpha}', 'Abc', { id: 'Abc' }],
    ['{id:alpha}', 'ab1', undefined],
    ['{id:guid}', '{0f8fad5b-d9cb-469f-a165-70867728950e}', { id: '{0f8fad5b-d9cb-469f-a165-70867728950e}' }],
    ['{id:guid}', '0F8FAD5BD9CB469FA16570867728950E', { id: '0F8FAD5BD9CB469FA16570867728950E' }],
    ['{id:guid}', '0f8fad5b-d9cb469f-a165-70867728950e', undefined],
    ['{id:alpha:regex(^[a-f]{{2,3}}$)}', 'aBc', { id: 'aBc' }],
    ['{id:alpha:regex(^[a-f]{{2,3}}$)}', 'abcd', undefined],
    ['{id:regex(^a/?b:$)}', 'ab:', { id: 'ab:' }],
  ])('%s takes %s as %o', (route, path, expected) => {
    expect(match(route, path)).toEqual(expected);
  });

  test.each([
    ['a/{id', 'single "{"'],
    ['a/id}', 'single "}"'],
    ['a//b', 'two slashes'],
    ['a/{}', 'no route parameter'],
    ['{a?}/b', 'must be the last segment'],
    ['{*a}/b', 'must be the last segment'],
    ['x{a?}', 'must be the last segment'],
    ['{a}{b}', 'right beside it'],
    ['{a}/{A}', 'two parameters'],
    ['{a:long}', 'does not know (":long")'],
    ['{a=1}', 'does not know ("=1")'],
  ])('refuses %s', (route, message) => {
    expect(() => compileRoute(route)).toThrow(message);
  });
});
