import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isCompact } from '../../shared/token-store/compact.ts';

const part = fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64url'));
const compact = (parts: number) => fc.array(part, { minLength: parts, maxLength: parts }).map((all) => all.join('.'));

it('takes as many base64url parts as it is asked for', () => {
  fc.assert(fc.property(compact(3), (text) => isCompact(text, 3) && !isCompact(text, 5)));
  fc.assert(fc.property(compact(5), (text) => isCompact(text, 5) && !isCompact(text, 3)));
});

it.each([
  ['bits without meaning', 'AA.AA.AB'],
  ['padding', 'AA==.AA.AA'],
  ['the other alphabet', 'AA.+/8.AA'],
  ['a character of neither', 'AA.A*A.AA'],
  ['a space or a line end', 'AA.AA .AA'],
  ['a character beyond ASCII', 'AA.AA.AA\u00ff'],
  ['a lone character', 'A.AA.AA'],
])('refuses %s', (_, text) => {
  expect(isCompact('AA.AA.AA', 3)).toBe(true);
  expect(isCompact(text, 3)).toBe(false);
});
