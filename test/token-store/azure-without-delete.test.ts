import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { azureContainer } from '../../shared/token-store/azure-container.ts';
import type { Container, ETag } from '../../shared/token-store/container.ts';
import { gathered, localContainer } from './local-store.ts';
import { type StorageProxy, startStorageProxy } from './storage-proxy.ts';

let proxy: StorageProxy;
let place: Awaited<ReturnType<typeof localContainer>>;
beforeAll(async () => {
  proxy = await startStorageProxy();
  place = await localContainer('rwl');
});
afterAll(() => proxy.close());
beforeEach(() => {
  proxy.requests.length = 0;
  proxy.fault = () => undefined;
});

const deletions = () => proxy.requests.filter(({ method }) => method === 'DELETE').length;
const listed = (container: Container, prefix: string) => gathered(container.list(prefix));

describe('a SAS that is known to lack delete', () => {
  let container: Container;
  beforeAll(() => {
    container = azureContainer({ url: proxy.through(place.url), deletes: false });
  });

  it('leaves a tombstone, which reads as absent and is not listed', async () => {
    const etag = (await container.create('known/blob', 'content')) as ETag;
    expect(await container.remove('known/blob', { etag })).toBe(true);
    expect(await container.read('known/blob')).toEqual({ status: 'absent' });
    expect(await listed(container, 'known/')).toEqual([]);
    expect(await container.remove('known/blob', { etag })).toBe(false);
    expect(deletions()).toBe(0);
  });

  it('never writes over a tombstone, neither with the old tag nor by creating', async () => {
    const etag = (await container.create('known/again', 'content')) as ETag;
    await container.remove('known/again', { etag });
    expect(await container.replace('known/again', 'back', { etag })).toBeUndefined();
    expect(await container.create('known/again', 'back')).toBeUndefined();
    expect(await container.read('known/again', etag)).toEqual({ status: 'absent' });
  });

  it('leaves a blob alone that has changed since', async () => {
    await container.create('known/changed', 'content');
    expect(await container.remove('known/changed', { etag: '"0x8D000000000000"' as ETag })).toBe(false);
    expect(await container.read('known/changed')).toMatchObject({ body: 'content' });
  });

  it('makes a marker again where one was removed', async () => {
    for (const _ of [1, 2]) {
      await container.mark('known-marker/a');
      expect(await listed(container, 'known-marker/')).toEqual(['known-marker/a']);
      await container.unmark('known-marker/a');
      expect(await listed(container, 'known-marker/')).toEqual([]);
    }
  });
});

describe('an access whose lack of delete shows only when it is used', () => {
  const unaware = () => {
    let refusals = 0;
    const container = azureContainer({
      url: proxy.through(place.url),
      deletes: true,
      onDeleteRefused: () => {
        refusals += 1;
      },
    });
    return { container, refusals: () => refusals };
  };

  it('goes over to tombstones with the first refusal, and says so once', async () => {
    const { container, refusals } = unaware();
    expect(container.deletes).toBe(true);
    for (const name of ['late/a', 'late/b', 'late/c']) {
      const etag = (await container.create(name, 'content')) as ETag;
      expect(await container.remove(name, { etag })).toBe(true);
    }
    expect(await listed(container, 'late/')).toEqual([]);
    expect(container.deletes).toBe(false);
    expect(refusals()).toBe(1);
    expect(deletions()).toBe(1);
  });

  it('makes a marker again that another instance has removed by a tombstone', async () => {
    const { container } = unaware();
    await container.mark('late-marker/a');
    await azureContainer({ url: place.url, deletes: false }).unmark('late-marker/a');
    await container.mark('late-marker/a');
    expect(await listed(container, 'late-marker/')).toEqual(['late-marker/a']);
  });

  it('does not take a firewall, which refuses everything, for a lack of delete', async () => {
    const { container, refusals } = unaware();
    const etag = (await container.create('late/firewall', 'content')) as ETag;
    proxy.fault = () => ({ status: 403, code: 'AuthorizationFailure' });
    await expect(container.remove('late/firewall', { etag })).rejects.toMatchObject({
      code: 'container_access_refused',
    });
    expect(container.deletes).toBe(true);
    expect(refusals()).toBe(0);
  });

  it('does not take an expired SAS for a lack of delete', async () => {
    const { container } = unaware();
    proxy.fault = () => ({ status: 403, code: 'AuthenticationFailed' });
    await expect(container.unmark('late/expired')).rejects.toMatchObject({ code: 'container_access_expired' });
    expect(container.deletes).toBe(true);
  });
});
