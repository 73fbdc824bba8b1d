import { describe, expect, test } from 'vitest';
import { toSetCookie } from '../../../dev/host/http-response.ts';
import type { HttpCookie } from '../../../dev/host/rpc.ts';

describe('toSetCookie', () => {
  test.each<[HttpCookie, string]>([
    [{ name: 'a', value: "-_.~ !'()*" }, 'a=-_.~%20%21%27%28%29%2A; path=/'],
    [{ name: 'a', value: '' }, 'a=; path=/'],
    [
      { name: 'a', value: 'b', expires: { value: { seconds: 0 } } },
      'a=b; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/',
    ],
    [{ name: 'a', value: 'b', maxAge: { value: 0 }, secure: { value: false } }, 'a=b; max-age=0; path=/'],
    [{ name: 'a', value: 'b', maxAge: { value: 1.9 }, sameSite: 'strict' }, 'a=b; max-age=1; path=/; samesite=strict'],
    [{ name: 'a', value: 'b', sameSite: 'lax', httpOnly: { value: true } }, 'a=b; path=/; samesite=lax; httponly'],
    [{ name: 'a', value: 'b', sameSite: 'none', path: { value: '/x' } }, 'a=b; path=/x'],
  ])('%j', (cookie, line) => {
    expect(toSetCookie(cookie)).toBe(line);
  });
});
