import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cookie, parseSetCookie, requestCookies, serializeCookie } from '../../shared/http/cookies.ts';

const requestWith = (cookie: string) => new Request('https://app.example/', { headers: { cookie } });

describe('the cookies of a request', () => {
  it.each([
    ['a=b', { a: 'b' }],
    ['a=b; c=d', { a: 'b', c: 'd' }],
    ['a=b;c=d ;  e = f', { a: 'b', c: 'd', e: 'f' }],
    ['a=b=c==', { a: 'b=c==' }],
    ['a=', { a: '' }],
    ['a="b"', { a: '"b"' }],
    ['=b;a; ;c=d', { c: 'd' }],
    ['__proto__=x', JSON.parse('{"__proto__":"x"}')],
  ])('%j are %j', (header, expected) => {
    expect(Object.fromEntries(requestCookies(requestWith(header)))).toEqual(expected);
  });

  it('of one name are the first, which browsers send for the longest path', () => {
    expect(requestCookies(requestWith('a=first; a=second')).get('a')).toBe('first');
  });

  it('are none without the header', () => {
    expect(requestCookies(new Request('https://app.example/')).size).toBe(0);
  });
});

describe('a cookie that is set', () => {
  const cookie: Cookie = { name: 'n', value: 'v.w', path: '/p', maxAge: 60, secure: true, sameSite: 'Lax' };

  it('is never readable by scripts', () => {
    expect(serializeCookie(cookie)).toBe('n=v.w; Path=/p; Max-Age=60; HttpOnly; Secure; SameSite=Lax');
    expect(serializeCookie({ ...cookie, secure: false })).toBe('n=v.w; Path=/p; Max-Age=60; HttpOnly; SameSite=Lax');
  });

  it('is deleted by Max-Age=0, which is not the same as none', () => {
    const { maxAge: _, ...lasting } = cookie;
    expect(serializeCookie({ ...cookie, value: '', maxAge: 0 })).toContain('; Max-Age=0;');
    expect(serializeCookie(lasting)).not.toContain('Max-Age');
  });

  it('can be read back whole', () => {
    const text = fc.stringMatching(/^[\w.-]{1,40}$/);
    const fields = {
      name: text,
      value: fc.stringMatching(/^[\w.=-]{0,60}$/),
      path: fc.stringMatching(/^\/[\w./-]{0,20}$/),
      secure: fc.boolean(),
      sameSite: fc.constantFrom('Lax', 'Strict', 'None'),
    } as const;
    const any = fc.oneof(fc.record(fields), fc.record({ ...fields, maxAge: fc.nat() }));
    fc.assert(
      fc.property(any, (one) => {
        expect(parseSetCookie(serializeCookie(one))).toEqual(one);
      }),
    );
  });
});
