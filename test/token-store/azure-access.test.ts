import { expect, it } from 'vitest';
import { developmentAccount } from '../../dev/azurite.ts';
import { azureContainer } from '../../shared/token-store/azure-container.ts';
import type { ETag } from '../../shared/token-store/container.ts';
import { gathered, localContainer } from './local-store.ts';
import { startStorageProxy } from './storage-proxy.ts';

const existing = 'keyring/000001';

async function place(permissions: string) {
  const made = await localContainer();
  await made.container.create(existing, 'an epoch');
  const container = azureContainer({ url: await made.sasUrl(permissions), deletes: true });
  return { ...made, container };
}

it.each(['rwl', 'rwdl'])('is content with the permissions %s', async (permissions) => {
  const { container, raw } = await place(permissions);
  const before = await raw.getBlobClient(existing).getProperties();
  await container.probe(existing);
  const { etag } = await raw.getBlobClient(existing).getProperties();
  expect(etag).toBe(before.etag);
});

it.each(['rl', 'wl', 'rw', 'rdl', 'l'])('misses something with the permissions %s', async (permissions) => {
  const { container } = await place(permissions);
  await expect(container.probe(existing)).rejects.toMatchObject({ code: 'container_access_refused' });
});

it('creates nothing when it probes', async () => {
  const { container } = await place('rwdl');
  await container.probe('keyring/000002');
  expect(await gathered(container.list('keyring/'))).toEqual([existing]);
});

it('knows a container that does not exist', async () => {
  const { container, raw } = await place('rwdl');
  await raw.delete();
  const code = 'container_missing';
  await expect(container.probe(existing)).rejects.toMatchObject({ code });
  await expect(container.read(existing)).rejects.toMatchObject({ code });
  await expect(container.create(existing, '')).rejects.toMatchObject({ code });
  await expect(container.unmark(existing)).rejects.toMatchObject({ code });
});

// Azurite answers AuthorizationFailure to a SAS that has expired or is signed wrongly; the service's answers are these:
// https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes
it.each([
  ['an expired or wrongly signed SAS', { status: 403, code: 'AuthenticationFailed' }, 'container_access_expired'],
  ['an access without credentials', { status: 401, code: 'NoAuthenticationInformation' }, 'container_access_expired'],
  ['a firewall', { status: 403, code: 'AuthorizationFailure' }, 'container_access_refused'],
  ['a missing role', { status: 403, code: 'AuthorizationPermissionMismatch' }, 'container_access_refused'],
] as const)('knows %s', async (_, fault, code) => {
  const proxy = await startStorageProxy();
  const { url } = await localContainer();
  const container = azureContainer({ url: proxy.through(url), deletes: true });
  proxy.fault = () => fault;
  await expect(container.probe(existing)).rejects.toMatchObject({ code });
  await expect(container.read(existing)).rejects.toMatchObject({ code });
  await expect(container.replace(existing, '', { etag: '"0x1"' as ETag })).rejects.toMatchObject({ code });
  await proxy.close();
});

it('knows a storage account that does not answer', async () => {
  const url = `http://127.0.0.1:9/${developmentAccount.name}/tokens?sv=2024-11-04&sr=c&sp=rwdl&sig=none`;
  const container = azureContainer({ url, deletes: true });
  await expect(container.probe(existing)).rejects.toMatchObject({ code: 'container_unreachable' });
});
