import { afterEach, expect, test, vi } from 'vitest';
import { CookieJar } from '../../../dev/provider/cookie-jar.ts';

afterEach(() => {
  vi.useRealTimers();
});

function jarWith(url: string, ...setCookies: string[]): CookieJar {
  const jar = new CookieJar();
  jar.store(url, setCookies);
  return jar;
}

test('ports do not tell cookies apart, host names do', () => {
  const jar = jarWith('http://localhost:1000/', 'a=1; Path=/; HttpOnly');
  expect(jar.cookies('http://localhost:2000/x')).toEqual({ a: '1' });
  expect(jar.cookies('http://127.0.0.1:1000/')).toEqual({});
  expect(jar.header('http://other.localhost:1000/')).toBeUndefined();
});

test('a path reaches what is below it, and a longer one goes first', () => {
  const jar = jarWith('http://localhost/sign-in/page', 'a=root; Path=/', 'a=deep; Path=/sign-in', 'b=default');
  expect(jar.header('http://localhost/sign-in/other')).toBe('a=deep; b=default; a=root');
  expect(jar.cookies('http://localhost/sign-in')).toEqual({ a: 'deep', b: 'default' });
  expect(jar.cookies('http://localhost/sign-inside')).toEqual({ a: 'root' });
});

test('a cookie is replaced by its like, and deleted by an expiry in the past', () => {
  const jar = jarWith('http://localhost/', 'a=1; Path=/', 'a=2; Path=/', 'b=1; Path=/', 'c=1; Path=/');
  expect(jar.cookies('http://localhost/')).toEqual({ a: '2', b: '1', c: '1' });
  jar.store('http://localhost/deep/er', ['a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'b=; Path=/; Max-Age=0']);
  jar.store('http://localhost/deep/er', ['c=; Path=/deep; Max-Age=0']);
  expect(jar.cookies('http://localhost/')).toEqual({ c: '1' });
});

test('Max-Age and Expires run out, Max-Age winning', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2030-01-01T00:00:00Z') });
  const jar = jarWith(
    'http://localhost/',
    'a=1; Path=/; Max-Age=60',
    'b=1; Path=/; Expires=Tue, 01 Jan 2030 00:02:00 GMT',
    'c=1; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    'd=1; Path=/',
  );
  expect(Object.keys(jar.cookies('http://localhost/'))).toHaveLength(4);
  vi.setSystemTime(Date.now() + 61_000);
  expect(Object.keys(jar.cookies('http://localhost/')).sort()).toEqual(['b', 'd']);
  vi.setSystemTime(Date.now() + 60_000);
  expect(jar.cookies('http://localhost/')).toEqual({ d: '1' });
});

test('a domain cookie reaches subdomains; one for a stranger is refused', () => {
  const jar = jarWith(
    'https://app.example.com/',
    'a=1; Domain=.Example.com; Path=/',
    'b=1; Domain=other.com; Path=/',
    'c=1; Path=/',
  );
  expect(jar.cookies('https://www.example.com/')).toEqual({ a: '1' });
  expect(jar.cookies('https://app.example.com/')).toEqual({ a: '1', c: '1' });
  expect(jar.cookies('https://badexample.com/')).toEqual({});
});

test('Secure cookies need https or this machine', () => {
  const jar = jarWith('http://localhost:1/', 'a=1; Path=/; Secure', '__Host-b=1; Path=/; Secure');
  expect(jar.cookies('http://localhost:2/')).toEqual({ a: '1', '__Host-b': '1' });
  expect(jarWith('http://example.com/', 'a=1; Path=/; Secure').cookies('https://example.com/')).toEqual({});
  const secure = jarWith('https://example.com/', 'a=1; Path=/; Secure');
  expect(secure.cookies('http://example.com/')).toEqual({});
  expect(secure.cookies('https://example.com/')).toEqual({ a: '1' });
});

test('cookies with a prefix keep its promises or are refused', () => {
  const jar = jarWith(
    'https://example.com/',
    '__Secure-a=1; Path=/',
    '__Host-b=1; Secure; Path=/x',
    '__Host-c=1; Secure; Path=/; Domain=example.com',
    '__Host-d=1; Secure',
    '__Secure-e=1; Path=/; Secure',
  );
  expect(jar.cookies('https://example.com/x')).toEqual({ '__Secure-e': '1' });
});

test('SameSite: what another site may bring along', () => {
  const jar = jarWith(
    'http://localhost/',
    'unsaid=1; Path=/',
    'lax=1; Path=/; SameSite=Lax',
    'strict=1; Path=/; SameSite=Strict',
    'none=1; Path=/; SameSite=None; Secure',
    'refused=1; Path=/; SameSite=None',
  );
  const names = (use: { crossSite?: boolean; method?: string }) =>
    Object.keys(jar.cookies('http://localhost/', use)).sort();
  expect(names({})).toEqual(['lax', 'none', 'strict', 'unsaid']);
  expect(names({ crossSite: true })).toEqual(['lax', 'none', 'unsaid']);
  expect(names({ crossSite: true, method: 'POST' })).toEqual(['none']);
  expect(names({ method: 'POST' })).toEqual(['lax', 'none', 'strict', 'unsaid']);
});

test('values keep their equal signs', () => {
  expect(jarWith('http://localhost/', 'a=b=c==; Path=/').cookies('http://localhost/')).toEqual({ a: 'b=c==' });
});
