import { expect, it } from 'vitest';
import { startBlobListing } from '../../bench/blob-listing.ts';
import { azureContainer } from '../../shared/token-store/azure-container.ts';
import { startStorageProxy } from '../token-store/storage-proxy.ts';

it('a storage client lists what is under a prefix, in lexical order and page by page', async () => {
  const markers = Array.from({ length: 25 }, (_, number) => `agenda/${String(number).padStart(12, '0')}/x`);
  const listing = await startBlobListing(['sessions/a', ...markers.toReversed(), 'keyring/000001', 'agend']);
  const proxy = await startStorageProxy();
  proxy.pageSize = 10;
  const container = azureContainer({ url: proxy.through(listing.url), deletes: true });
  const listed = async (prefix: string) => {
    const names: string[] = [];
    for await (const name of container.list(prefix)) names.push(name);
    return names;
  };
  expect(await listed('agenda/')).toEqual(markers);
  expect(listing.requests).toBe(3);
  expect(await listed('keyring/')).toEqual(['keyring/000001']);
  expect(await listed('users/')).toEqual([]);
  await proxy.close();
  await listing.close();
});
