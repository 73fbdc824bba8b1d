import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { azureContainer } from '../../shared/token-store/azure-container.ts';
import type { Container, ETag } from '../../shared/token-store/container.ts';
import { gathered, localContainer } from './local-store.ts';
import { type SeenRequest, type StorageProxy, startStorageProxy } from './storage-proxy.ts';

let proxy: StorageProxy;
let container: Container;
let raw: Awaited<ReturnType<typeof localContainer>>['raw'];

beforeAll(async () => {
  proxy = await startStorageProxy();
  const place = await localContainer();
  raw = place.raw;
  container = azureContainer({ url: proxy.through(place.url), deletes: true });
});
afterAll(() => proxy.close());
beforeEach(() => {
  proxy.requests.length = 0;
  proxy.fault = () => undefined;
});

async function created(name: string, body = 'first'): Promise<ETag> {
  const etag = await container.create(name, body);
  if (!etag) throw new Error('the blob exists');
  proxy.requests.length = 0;
  return etag;
}

const otherTag = '"0x8D000000000000"' as ETag;

describe('read', () => {
  it('costs one round trip', async () => {
    const etag = await created('read/one');
    expect(await container.read('read/one')).toEqual({ status: 'found', etag, body: 'first' });
    expect(proxy.requests.map(({ method, target }) => [method, target.split('/').slice(2).join('/')])).toEqual([
      ['GET', 'read/one'],
    ]);
  });

  it('of an unchanged blob costs one round trip without a body', async () => {
    const etag = await created('read/unchanged', 'x'.repeat(5000));
    expect(await container.read('read/unchanged', etag)).toEqual({ status: 'unchanged' });
    expect(proxy.requests.map(({ status, bytes }) => ({ status, bytes }))).toEqual([{ status: 304, bytes: 0 }]);
  });

  it('gives the new body once the blob has changed', async () => {
    const etag = await created('read/changed');
    const changed = await container.replace('read/changed', 'second', { etag });
    expect(await container.read('read/changed', etag)).toEqual({ status: 'found', etag: changed, body: 'second' });
  });

  it('knows a blob that is not there', async () => {
    expect(await container.read('read/none')).toEqual({ status: 'absent' });
  });

  it('takes no more than the beginning of a blob that is far too large', async () => {
    const size = 8 * 1024 * 1024;
    await raw.getBlockBlobClient('read/huge').upload(Buffer.alloc(size, 'a'), size);
    const read = await container.read('read/huge');
    expect(read.status === 'found' && read.body.length).toBeLessThan(size / 2);
  });
});

it('reads bytes that Tokenkeep never wrote as one character each', async () => {
  await raw.getBlockBlobClient('read/bytes').upload(Buffer.from([0, 0x80, 0xff]), 3);
  expect(await container.read('read/bytes')).toMatchObject({ body: '\u0000\u0080\u00ff' });
});

describe('create', () => {
  it('has one winner among many', async () => {
    const bodies = Array.from({ length: 20 }, (_, index) => `writer ${index}`);
    const tags = await Promise.all(bodies.map((body) => container.create('create/race', body)));
    const winners = bodies.filter((_, index) => tags[index] !== undefined);
    expect(winners).toHaveLength(1);
    expect(await container.read('create/race')).toMatchObject({ body: winners[0] });
  });
});

describe('replace', () => {
  it('takes effect on the content it was meant for, and gives the new tag', async () => {
    const etag = await created('replace/good');
    const changed = await container.replace('replace/good', 'second', { etag });
    expect(changed).not.toBe(etag);
    expect(await container.read('replace/good')).toEqual({ status: 'found', etag: changed, body: 'second' });
  });

  it('has one winner among many', async () => {
    const etag = await created('replace/race');
    const bodies = Array.from({ length: 20 }, (_, index) => `writer ${index}`);
    const tags = await Promise.all(bodies.map((body) => container.replace('replace/race', body, { etag })));
    const winners = bodies.filter((_, index) => tags[index] !== undefined);
    expect(winners).toHaveLength(1);
    expect(await container.read('replace/race')).toMatchObject({ body: winners[0] });
  });

  it('leaves changed content alone', async () => {
    await created('replace/changed');
    expect(await container.replace('replace/changed', 'second', { etag: otherTag })).toBeUndefined();
    expect(await container.read('replace/changed')).toMatchObject({ body: 'first' });
  });

  it('does not bring back what is gone', async () => {
    const etag = await created('replace/gone');
    await container.remove('replace/gone', { etag });
    expect(await container.replace('replace/gone', 'second', { etag })).toBeUndefined();
    expect(await container.read('replace/gone')).toEqual({ status: 'absent' });
  });
});

describe('remove', () => {
  it('removes the content it was meant for', async () => {
    const etag = await created('remove/good');
    expect(await container.remove('remove/good', { etag })).toBe(true);
    expect(await container.read('remove/good')).toEqual({ status: 'absent' });
    expect(await container.remove('remove/good', { etag })).toBe(false);
  });

  it('removes what somebody has taken a snapshot of', async () => {
    const etag = await created('remove/snapshot');
    await raw.getBlobClient('remove/snapshot').createSnapshot();
    expect(await container.remove('remove/snapshot', { etag })).toBe(true);
  });

  it('leaves changed content alone', async () => {
    await created('remove/changed');
    expect(await container.remove('remove/changed', { etag: otherTag })).toBe(false);
    expect(await container.read('remove/changed')).toMatchObject({ body: 'first' });
  });
});

it('makes and removes markers as often as asked', async () => {
  for (const _ of [1, 2]) {
    await container.mark('marker/a');
    await container.mark('marker/a');
    expect(await gathered(container.list('marker/'))).toEqual(['marker/a']);
    await container.unmark('marker/a');
    await container.unmark('marker/a');
    expect(await gathered(container.list('marker/'))).toEqual([]);
  }
});

it('leaves nothing behind where it may delete, and does not take what is gone for what it may not', async () => {
  const etag = await created('remove/all');
  await container.remove('remove/all', { etag });
  await container.remove('remove/all', { etag });
  await container.unmark('remove/all');
  expect(await raw.getBlobClient('remove/all').exists()).toBe(false);
  expect(container.deletes).toBe(true);
});

it('makes a marker that somebody removes at the same moment, and gives up where that goes on', async () => {
  await container.mark('marker/contested');
  let overwrites = 0;
  const refusedOnce = ({ headers }: SeenRequest) => headers['if-match'] === '*' && ++overwrites === 1;
  proxy.fault = (request) => (refusedOnce(request) ? { status: 412, code: 'ConditionNotMet' } : undefined);
  await container.mark('marker/contested');
  expect(overwrites).toBe(2);

  proxy.fault = () => ({ status: 412, code: 'ConditionNotMet' });
  await expect(container.mark('marker/contested')).rejects.toMatchObject({ code: 'container_unreachable' });
});

it('puts a condition on every write', async () => {
  const etag = await created('written/a');
  const changed = await container.replace('written/a', 'second', { etag });
  await container.remove('written/a', { etag: changed ?? etag });
  await container.mark('written/b');
  await container.mark('written/b');
  await container.unmark('written/b');
  await container.probe('written/c');
  const writes = proxy.requests.filter(({ method }) => method === 'PUT' || method === 'DELETE');
  expect(writes).toHaveLength(7);
  for (const { headers } of writes) expect(headers['if-match'] ?? headers['if-none-match']).toBeDefined();
});
