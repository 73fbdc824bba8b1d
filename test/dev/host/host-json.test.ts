import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readHostJson, substituteSettings } from '../../../dev/host/host-json.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'host-test-'));
});

afterEach(() => rm(root, { recursive: true }));

async function read(document: unknown, settings: Record<string, string> = {}) {
  await writeFile(join(root, 'host.json'), typeof document === 'string' ? document : JSON.stringify(document));
  return readHostJson(root, settings);
}

const queues = (entries: object) => ({ version: '2.0', extensions: { queues: entries } });

const defaults = {
  routePrefix: 'api',
  queues: {
    batchSize: 16,
    newBatchThreshold: 8,
    maxPollingInterval: 60_000,
    visibilityTimeout: 0,
    maxDequeueCount: 5,
    messageEncoding: 'base64',
  },
};

describe('readHostJson', () => {
  test('without a file, or with an empty one, the defaults of Azure hold', async () => {
    expect(await readHostJson(root, {})).toEqual(defaults);
    expect(await read({ version: '2.0' })).toEqual(defaults);
  });

  test('reads what it obeys, and passes over the rest', async () => {
    const entries = {
      batchSize: 5,
      maxPollingInterval: '00:00:02',
      visibilityTimeout: '1.02:03:04.5',
      maxDequeueCount: 1,
      messageEncoding: 'None',
    };
    const document = { logging: {}, extensions: { http: { routePrefix: '/v1/', hsts: {} }, queues: entries } };
    expect(await read(document)).toEqual({
      routePrefix: 'v1',
      queues: {
        batchSize: 5,
        newBatchThreshold: 2,
        maxPollingInterval: 2_000,
        visibilityTimeout: 93_784_500,
        maxDequeueCount: 1,
        messageEncoding: 'none',
      },
    });
    expect((await read({ extensions: { http: { routePrefix: '' } } })).routePrefix).toBe('');
  });

  test('app settings take the place of entries', async () => {
    const settings = {
      AzureFunctionsJobHost__extensions__queues__batchSize: '7',
      AzureFunctionsJobHost__extensions__queues__maxPollingInterval: '00:00:00.2',
      AzureFunctionsJobHost__extensions__http__routePrefix: '',
    };
    const result = await read(queues({ batchSize: 2, maxDequeueCount: 3 }), settings);
    expect(result.routePrefix).toBe('');
    expect(result.queues).toMatchObject({
      batchSize: 7,
      newBatchThreshold: 3,
      maxPollingInterval: 200,
      maxDequeueCount: 3,
    });
  });

  test.each([
    [queues({ batchSize: 33 }), 'host.json is wrong: extensions.queues.batchSize: '],
    [queues({ maxPollingInterval: '00:00:00.050' }), 'host.json is wrong: extensions.queues.maxPollingInterval: '],
    [queues({ visibilityTimeout: '30' }), 'extensions.queues.visibilityTimeout: "30" is no time span'],
    [queues({ visibilityTimeout: '24:00:00' }), '"24:00:00" is no time span'],
    [queues({ messageEncoding: 'utf8' }), 'host.json is wrong: extensions.queues.messageEncoding: '],
    ['{"version":\n "2.0",}', 'host.json is no JSON (line 2 column 8).'],
  ])('refuses %j', async (document, message) => {
    await expect(read(document)).rejects.toThrow(message);
  });
});

describe('substituteSettings', () => {
  test('puts settings between percent signs', () => {
    expect(substituteSettings('a-%NAME%-%OTHER%', { NAME: 'b', OTHER: '%NAME%' })).toBe('a-b-%NAME%');
    expect(substituteSettings('100% and 5', {})).toBe('100% and 5');
  });

  test('refuses a setting that does not exist, or is empty', () => {
    expect(() => substituteSettings('%NAME%', {})).toThrow("'%NAME%' does not resolve to a value.");
    expect(() => substituteSettings('%NAME%', { NAME: '' })).toThrow("'%NAME%' does not resolve to a value.");
  });
});
