import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { signingKeyBytes } from '../../shared/settings/load.ts';
import { problems } from './example.ts';

const key = randomBytes(32);

it.each([
  ['hex', key.toString('hex')],
  ['hex in capitals', key.toString('hex').toUpperCase()],
  ['base64', key.toString('base64')],
])('the signing key may be written in %s', (_how, text) => {
  expect(Buffer.from(signingKeyBytes(text))).toEqual(key);
  expect(problems({ WEBSITE_AUTH_SIGNING_KEY: text })).toEqual([]);
});

it.each(['hex', 'base64'] as const)('a signing key of less than 32 bytes is refused, and not shown: %s', (how) => {
  const text = key.subarray(1).toString(how);
  expect(problems({ WEBSITE_AUTH_SIGNING_KEY: text })).toEqual([
    'WEBSITE_AUTH_SIGNING_KEY: found a shorter key, expected at least 32 bytes, in hex or base64',
  ]);
});
