import { describe, expect, test } from 'vitest';
import { decode, openQueueStorage, toMessages } from '../../../dev/host/queue-storage.ts';

describe('toMessages', () => {
  test.each([
    [{ string: 'text' }, ['text']],
    [{ string: '{"a": 1}' }, ['{"a": 1}']],
    [{ string: '"quoted"' }, ['"quoted"']],
    [{ string: '["a",{"b":1}]' }, ['a', '{"b":1}']],
    [{ json: '{"a":1}' }, ['{"a":1}']],
    [{ json: '["a",{"b":1},2,null]' }, ['a', '{"b":1}', '2', 'null']],
    [{ json: '[]' }, []],
    [{ json: 'true' }, ['true']],
    [{ int: 7 }, ['7']],
    [{ double: 1.5 }, ['1.5']],
    [{ bytes: Uint8Array.of(0, 255) }, [Uint8Array.of(0, 255)]],
  ])('%j is %j', (data, messages) => {
    expect(toMessages(data)).toEqual(messages);
  });
});

describe('decode', () => {
  test('reads Base64 of UTF-8, and nothing else', () => {
    expect(decode('w6k=', 'base64')).toBe('é');
    expect(decode('', 'base64')).toBe('');
    expect(decode('plain text', 'base64')).toBeUndefined();
    expect(decode('w6k', 'base64')).toBeUndefined();
    expect(decode('/w==', 'base64')).toBeUndefined();
    expect(decode('plain text', 'none')).toBe('plain text');
  });
});

describe('openQueueStorage', () => {
  const own = 'DefaultEndpointsProtocol=http;AccountName=own;AccountKey=a2V5;QueueEndpoint=http://127.0.0.1:1/own;';

  test('finds the connection of a binding, AzureWebJobsStorage unless given', () => {
    const settings = { AzureWebJobsStorage: 'UseDevelopmentStorage=true', OWN: own, AzureWebJobsPREFIXED: own };
    const storage = openQueueStorage(settings, 'base64');
    expect(storage.queue(undefined, 'one').url).toBe('http://127.0.0.1:10001/devstoreaccount1/one');
    expect(storage.queue('OWN', 'one').url).toBe('http://127.0.0.1:1/own/one');
    expect(storage.queue('PREFIXED', 'one').url).toBe('http://127.0.0.1:1/own/one');
    expect(storage.queue('OWN', 'one')).toBe(storage.queue('OWN', 'one'));
  });

  test('names the setting that is missing', () => {
    const storage = openQueueStorage({ EMPTY: '', EMPTY__queueServiceUri: 'https://x' }, 'base64');
    expect(() => storage.queue('EMPTY', 'one')).toThrow('The setting "EMPTY" holds no storage connection string');
  });

  test('says nothing of the value of a setting that is no connection string', () => {
    const storage = openQueueStorage({ WRONG: 'AccountKey=s3cret' }, 'base64');
    expect(() => storage.queue('WRONG', 'one')).toThrow('The setting "WRONG" holds no storage connection string');
    expect(() => storage.queue('WRONG', 'one')).not.toThrow('s3cret');
  });
});
