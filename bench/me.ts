import { Agent, get } from 'node:http';
import { ContainerClient } from '@azure/storage-blob';
import { Browser } from '../dev/provider/sign-in-client.ts';
import type { Stack } from '../dev/stack.ts';
import { compared, type Figure, throughput } from './figure.ts';

const workers = 16;
const rounds = 7;
const roundMilliseconds = 1_500;

/**
 * `/.auth/me` of one session against a raw download of its blob by the storage client, 16 at a time each, in turns.
 * Both end at the same Azurite; the app's way has a function host in between.
 */
export async function measureMe(stack: Stack): Promise<Figure[]> {
  const { origin, services } = stack;
  const browser = new Browser();
  await browser.signIn(`${origin}/.auth/login/demo`, { account: 'ada@example.com' });
  const cookie = `AppServiceAuthSession=${browser.cookies(origin)['AppServiceAuthSession']}`;
  const agent = new Agent({ keepAlive: true, maxSockets: workers });

  const container = new ContainerClient(services.environment['WEBSITE_AUTH_TOKEN_CONTAINER_SASURL'] ?? '');
  const [{ name } = { name: '' }] = (await container.listBlobsFlat({ prefix: 'sessions/' }).byPage().next()).value
    .segment.blobItems;
  const blob = container.getBlobClient(name);

  const me = () => request(`${origin}/.auth/me`, cookie, agent);
  const raw = async () => {
    const { readableStreamBody } = await blob.download();
    for await (const chunk of readableStreamBody ?? []) void chunk;
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

function request(url: string, cookie: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { cookie } }, (response) => {
      response.resume();
      response.once('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`me answered ${response.statusCode}`)),
      );
    }).once('error', reject);
  });
}
