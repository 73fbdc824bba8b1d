import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { importedKey, importedKeyOf } from '../../shared/sessions/imported-key.ts';
import { sessionIdOf, type UserId } from '../../shared/token-store/names.ts';

const epoch = { lookup: randomBytes(32) };
const alias = () => randomBytes(32).toString('hex') as UserId;

it('makes the same key of 256 bits for an alias, and another for every other alias or ring', () => {
  const one = alias();
  const key = importedKey(epoch, one);
  expect(key).toMatch(/^[\w-]{43}$/);
  expect(importedKey(epoch, one)).toBe(key);
  expect(importedKey(epoch, alias())).not.toBe(key);
  expect(importedKey({ lookup: randomBytes(32) }, one)).not.toBe(key);
});

it('gives the key of a session that was imported under one of its aliases', () => {
  const [file, other] = [alias(), alias()];
  const key = importedKey(epoch, file);
  expect(importedKeyOf(epoch, { id: sessionIdOf(key), aliases: [other, file] })).toBe(key);
});

it('gives none for a session whose key was drawn at random', () => {
  const id = sessionIdOf(randomBytes(32).toString('base64url'));
  expect(importedKeyOf(epoch, { id, aliases: [alias()] })).toBeUndefined();
});
