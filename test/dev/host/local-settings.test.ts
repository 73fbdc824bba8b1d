import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applySettings, readLocalSettings } from '../../../dev/host/local-settings.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'host-test-'));
});

afterEach(() => rm(root, { recursive: true }));

async function read(text: string, environment: Record<string, string> = {}) {
  await writeFile(join(root, 'local.settings.json'), text);
  return readLocalSettings(root, environment);
}

describe('readLocalSettings', () => {
  test('without a file there is the environment alone', async () => {
    expect(await readLocalSettings(root, { A: '1' })).toEqual({ A: '1' });
  });

  test('the environment wins over the file', async () => {
    const file = { IsEncrypted: false, Values: { A: 'file', B: 'file', C: 3, D: true }, Host: { CORS: '*' } };
    expect(await read(`\uFEFF${JSON.stringify(file)}`, { A: 'environment' })).toEqual({
      A: 'environment',
      B: 'file',
      C: '3',
      D: 'true',
    });
    expect(await read('{}')).toEqual({});
  });

  test.each([
    ['{"IsEncrypted":true,"Values":{"A":"s3cret"}}', 'local.settings.json is encrypted'],
    ['{"Values":{"A":{"b":"s3cret"}}}', 'local.settings.json is wrong: Values.A: expected a string.'],
    ['{"Values":{"A": s3cret', 'local.settings.json is no JSON'],
  ])('refuses %s without a word of its values', async (text, message) => {
    const failure = await read(text).catch((error: Error) => error.message);
    expect(failure).toContain(message);
    expect(failure).not.toContain('s3cret');
  });
});

describe('applySettings', () => {
  test('gives the process its environment, and takes it back', () => {
    process.env.HOST_TEST_A = 'before';
    const restore = applySettings({ HOST_TEST_A: 'now', HOST_TEST_B: 'new' });
    expect([process.env.HOST_TEST_A, process.env.HOST_TEST_B]).toEqual(['now', 'new']);
    restore();
    expect([process.env.HOST_TEST_A, process.env.HOST_TEST_B]).toEqual(['before', undefined]);
    delete process.env.HOST_TEST_A;
  });
});
