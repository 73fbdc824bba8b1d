import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { azureContainer } from '../../shared/token-store/azure-container.ts';
import type { Container, ETag, LeaseId } from '../../shared/token-store/container.ts';
import { gathered, localContainer } from './local-store.ts';
import { type StorageProxy, startStorageProxy } from './storage-proxy.ts';

let proxy: StorageProxy;
let container: Container;
beforeAll(async () => {
  proxy = await startStorageProxy();
  const { url } = await localContainer();
  container = azureContainer({ url: proxy.through(url), deletes: true });
});
afterAll(() => proxy.close());
beforeEach(() => {
  proxy.requests.length = 0;
});

it.each([
  ['a container that is being deleted', { status: 409, code: 'ContainerBeingDeleted' }, 'container_missing'],
  ['a container that is disabled', { status: 409, code: 'ContainerDisabled' }, 'container_missing'],
  ['a service that is busy', { status: 503, code: 'ServerBusy' }, 'container_unreachable'],
  ['a service that fails', { status: 500, code: 'InternalError' }, 'container_unreachable'],
  ['a lost connection', 'unsent', 'container_unreachable'],
  ['a lost answer', 'unanswered', 'container_unreachable'],
] as const)('takes %s for no answer about a blob', async (_, fault, code) => {
  const etag = '"0x8D000000000000"' as ETag;
  const lease = randomUUID() as LeaseId;
  proxy.fault = () => fault;
  const calls = [
    () => container.read('fault'),
    () => container.create('fault', ''),
    () => container.replace('fault', '', { etag }),
    () => container.remove('fault', { etag }),
    () => container.mark('fault'),
    () => container.unmark('fault'),
    () => gathered(container.list('fault')),
    () => container.probe('fault'),
    () => container.acquireLease('fault', lease, 15),
    () => container.renewLease('fault', lease),
    () => container.releaseLease('fault', lease),
    () => container.breakLease('fault'),
  ];
  for (const call of calls) await expect(call()).rejects.toMatchObject({ code });
});

it('makes no request twice by itself', async () => {
  proxy.fault = () => ({ status: 503, code: 'ServerBusy' });
  await expect(container.create('once', '')).rejects.toMatchObject({ code: 'container_unreachable' });
  await expect(container.read('once')).rejects.toMatchObject({ code: 'container_unreachable' });
  expect(proxy.requests).toHaveLength(2);
});
