import { Agent } from 'node:http';
import { type BlobClient, ContainerClient } from '@azure/storage-blob';
import type { Stack } from '../dev/stack.ts';
import { compared, type Figure, throughput } from './figure.ts';
import { get } from './get.ts';
import { storeSessions } from './sessions.ts';

const workers = 16;
const sessions = 100;
const rounds = 7;
const roundMilliseconds = 1_500;

/**
 * `/.auth/me` against a raw download of a session's blob by the storage client, 16 at a time each, in turns. Both end at
 * the same Azurite; the app's way has a function host in between. There are more sessions than callers, so that no two
 * requests share a read of the container.
 */
export async function measureMe(stack: Stack): Promise<Figure[]> {
  const { origin, services } = stack;
  const tokens = await storeSessions(stack, sessions);
  const agent = new Agent({ keepAlive: true, maxSockets: workers });

  const container = new ContainerClient(services.environment['WEBSITE_AUTH_TOKEN_CONTAINER_SASURL'] ?? '');
  const blobs: BlobClient[] = [];
  for await (const { name } of container.listBlobsFlat({ prefix: 'sessions/' }))
    blobs.push(container.getBlobClient(name));

  let turn = 0;
  const me = () => {
    turn += 1;
    return get(`${origin}/.auth/me`, agent, { cookie: `AppServiceAuthSession=${tokens[turn % sessions]}` });
  };
  const raw = async () => {
    turn += 1;
    const answer = await blobs[turn % sessions]?.download();
    for await (const chunk of answer?.readableStreamBody ?? []) void chunk;
  };

  await throughput(me, workers, roundMilliseconds);
  await throughput(raw, workers, roundMilliseconds);
  const { calls } = services.vault;
  const callsBefore = calls.total;
  let requests = 0;
  const counted = async () => {
    await me();
    requests += 1;
  };
  const result = await compared(
    () => throughput(counted, workers, roundMilliseconds),
    () => throughput(raw, workers, roundMilliseconds),
    rounds,
  );
  agent.destroy();
  return [
    { name: 'me', value: result.one, unit: 'requests/s' },
    { name: 'raw blob download', value: result.other, unit: 'requests/s' },
    { name: 'me / raw blob download', value: result.ratio, unit: 'ratio', aim: '≥ 0.8' },
    {
      name: 'vault calls per 1,000 requests',
      value: ((calls.total - callsBefore) * 1000) / requests,
      unit: 'calls',
      aim: '≤ 0',
    },
  ];
}
