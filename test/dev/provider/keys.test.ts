import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadKeys, rotateKeys } from '../../../dev/provider/keys.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'demo-provider-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

test('keys are made once for a directory and kept from other users', async () => {
  const nested = join(directory, 'not', 'there', 'yet');
  const keys = await loadKeys(nested);
  expect(keys.signing.map(({ alg, use }) => [alg, use])).toEqual([
    ['RS256', 'sig'],
    ['ES256', 'sig'],
  ]);
  expect(await loadKeys(nested)).toEqual(keys);
  expect(statSync(join(nested, 'keys.json')).mode & 0o777).toBe(0o600);
  expect(await loadKeys()).not.toEqual(keys);
});

test('a rotation keeps the newest two RS256 keys, the ES256 key and the cookie keys', async () => {
  const first = await loadKeys(directory);
  const second = await rotateKeys(first, directory);
  const third = await rotateKeys(second, directory);
  const [oldest, elliptic] = first.signing;
  expect(second.signing.slice(1)).toEqual([oldest, elliptic]);
  expect(third.signing.slice(1)).toEqual([second.signing[0], elliptic]);
  expect(third.cookies).toEqual(first.cookies);
  expect(await loadKeys(directory)).toEqual(third);
});

test('a key file that is no key file stops the start, for new keys would sign everybody out', async () => {
  writeFileSync(join(directory, 'keys.json'), 'not JSON');
  await expect(loadKeys(directory)).rejects.toThrow(SyntaxError);
});
