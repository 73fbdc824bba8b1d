import { expect, test } from 'vitest';
import { decodeJwt } from '../../../dev/demo-page/jwt.ts';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('header and payload are read, beyond ASCII too', () => {
  const payload = { name: 'Zoë Demó', exp: 1_800_000_000 };
  expect(decodeJwt(`${part({ alg: 'RS256' })}.${part(payload)}.c2lnbmF0dXJl`)).toEqual({
    header: { alg: 'RS256' },
    payload,
  });
});

test.each([
  ['an opaque token', 'tyobQ_voLEW3wxNM362beJgh'],
  ['three words', 'a.b.c'],
  ['a JWE', `${part({ alg: 'dir' })}.${part({})}.b.c.d`],
  ['a header without alg', `${part({})}.${part({})}.x`],
  ['a payload that is no object', `${part({ alg: 'none' })}.${part([1])}.x`],
])('%s is not decoded', (_, token) => {
  expect(decodeJwt(token)).toBeUndefined();
});
