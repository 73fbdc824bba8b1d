import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { azureContainer } from '../../shared/token-store/azure-container.ts';
import type { Container } from '../../shared/token-store/container.ts';
import { gathered, localContainer } from './local-store.ts';
import { type StorageProxy, startStorageProxy } from './storage-proxy.ts';

let proxy: StorageProxy;
let container: Container;
beforeAll(async () => {
  proxy = await startStorageProxy();
  const place = await localContainer();
  container = azureContainer({ url: proxy.through(place.url), deletes: true });
  const unordered = [7, 2, 9, 4, 1, 8, 3, 6, 5, 10].map((number) => `listed/${String(number).padStart(2, '0')}`);
  await Promise.all(unordered.map((name) => place.container.mark(name)));
  await place.container.mark('other/00');
});
afterAll(() => proxy.close());
beforeEach(() => {
  proxy.requests.length = 0;
  proxy.fault = () => undefined;
  delete proxy.pageSize;
});

const inOrder = ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10'].map((number) => `listed/${number}`);

it('lists the names under a prefix in lexical order', async () => {
  expect(await gathered(container.list('listed/'))).toEqual(inOrder);
  expect(proxy.requests).toHaveLength(1);
});

it('goes on to the last page of a long listing', async () => {
  proxy.pageSize = 3;
  expect(await gathered(container.list('listed/'))).toEqual(inOrder);
  expect(proxy.requests).toHaveLength(4);
});

it('asks for no page that nobody wants to see', async () => {
  proxy.pageSize = 3;
  const seen: string[] = [];
  for await (const name of container.list('listed/')) {
    seen.push(name);
    if (name.endsWith('04')) break;
  }
  expect(seen).toEqual(inOrder.slice(0, 4));
  expect(proxy.requests).toHaveLength(2);
});

it('has nothing to list under a prefix without blobs', async () => {
  expect(await gathered(container.list('nothing/'))).toEqual([]);
});

it('fails, and does not end early, where a later page cannot be had', async () => {
  proxy.pageSize = 3;
  proxy.fault = ({ target }) => (target.includes('marker=') ? { status: 503, code: 'ServerBusy' } : undefined);
  await expect(gathered(container.list('listed/'))).rejects.toMatchObject({ code: 'container_unreachable' });
});
