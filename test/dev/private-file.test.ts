import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { writePrivateFile } from '../../dev/private-file.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'private-file-'));
  return () => rmSync(root, { recursive: true });
});

test('makes the directory and the file for the owner alone', () => {
  const directory = join(root, 'a', 'b');
  writePrivateFile(join(directory, 'one.json'), 'text');
  expect(readFileSync(join(directory, 'one.json'), 'utf8')).toBe('text');
  expect(statSync(join(directory, 'one.json')).mode & 0o777).toBe(0o600);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
});

test('replaces a file whole, whatever its mode was, and leaves nothing else', () => {
  const path = join(root, 'one.json');
  writeFileSync(path, 'a much longer text than the next');
  chmodSync(path, 0o644);
  writePrivateFile(path, 'short');
  expect(readFileSync(path, 'utf8')).toBe('short');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(root)).toEqual(['one.json']);
});

test('leaves what was there, and no unfinished file, when it cannot finish', () => {
  const path = join(root, 'taken');
  writePrivateFile(join(path, 'inside'), 'kept');
  expect(() => writePrivateFile(path, 'text')).toThrow();
  expect(readFileSync(join(path, 'inside'), 'utf8')).toBe('kept');
  expect(readdirSync(root)).toEqual(['taken']);
});
