import { describe, expect, test } from 'vitest';
import { createRouter, type HttpRoute } from '../../../dev/host/routes.ts';

const route = (name: string, text: string, ...methods: string[]): HttpRoute => ({ name, route: text, methods });

function find(functions: HttpRoute[], method: string, path: string, prefix = '') {
  const match = createRouter(functions, prefix)(method, path);
  return match.kind === 'matched' ? { name: match.value.name, ...match.parameters } : match.kind;
}

describe('createRouter', () => {
  test('takes the first function by name whose path and method match, however specific', () => {
    const functions = [route('zz', '{*path}'), route('b', 'a/special', 'GET'), route('A', 'a/{id}', 'GET')];
    expect(find(functions, 'GET', '/a/special')).toEqual({ name: 'A', id: 'special' });
    expect(find(functions, 'GET', '/A/1')).toEqual({ name: 'A', id: '1' });
    expect(find(functions, 'POST', '/a/1')).toEqual({ name: 'zz', path: 'a/1' });
    expect(find(functions, 'GET', '/')).toEqual({ name: 'zz' });
  });

  test('orders names as .NET does without case: letters before the underscore', () => {
    const functions = [route('a_b', '{*path}'), route('ab', '{*rest}')];
    expect(find(functions, 'GET', '/x')).toEqual({ name: 'ab', rest: 'x' });
  });

  test('a path without a function for the method is known, yet not matched', () => {
    expect(find([route('one', 'a', 'GET')], 'PUT', '/a')).toBe('methodNotAllowed');
    expect(find([route('one', 'a', 'GET')], 'GET', '/b')).toBe('noRoute');
  });

  test('puts the prefix before each route', () => {
    expect(find([route('one', 'a', 'GET')], 'GET', '/Api/a', 'api')).toEqual({ name: 'one' });
    expect(find([route('one', 'a', 'GET')], 'GET', '/a', 'api')).toBe('noRoute');
    // As in Azure: prefix, slash, route.
    expect(() => createRouter([route('one', '/a', 'GET')], 'api')).toThrow('The route "api//a" has two slashes');
  });

  test('decodes each segment but the slash', () => {
    const functions = [route('one', 'a b/{id}', 'GET')];
    expect(find(functions, 'GET', '/a%20b/%C3%A9%2Fx%252F')).toEqual({ name: 'one', id: 'é%2Fx%2F' });
    expect(find(functions, 'GET', '/a%20b/100%')).toEqual({ name: 'one', id: '100%' });
  });

  test('resolves dot segments, and leaves names that begin with a dot', () => {
    const functions = [route('one', '.auth/me', 'GET')];
    expect(find(functions, 'GET', '/.auth/me')).toEqual({ name: 'one' });
    expect(find(functions, 'GET', '/x/../.auth/./me')).toEqual({ name: 'one' });
    expect(find(functions, 'GET', '/x/%2e%2e/.auth/me')).toEqual({ name: 'one' });
  });

  test.each(['admin', '/Admin/x', 'administrators', 'runtime/webhooks'])('refuses the route %s', (text) => {
    expect(() => createRouter([route('one', text)], 'api')).toThrow('Function "one": the route');
  });

  test('refuses two functions on one route when a method is in both', () => {
    const same = (...methods: string[]) => route('b', '/A/{id}/', ...methods);
    const first = route('a', 'a/{id}', 'GET', 'POST');
    expect(() => createRouter([first, same('POST', 'PUT')], '')).toThrow('conflicts with the route of function "a"');
    expect(() => createRouter([first, same()], '')).toThrow('conflicts');
    expect(find([first, same('PUT')], 'PUT', '/a/1')).toEqual({ name: 'b', id: '1' });
  });

  test('names the function whose route is malformed', () => {
    expect(() => createRouter([route('one', 'a//b')], '')).toThrow('Function "one": The route "a//b" has two slashes');
  });
});
