import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ContainerClient } from '@azure/storage-blob';
import { blobName, minuteOf } from '../shared/token-store/names.ts';
import { atOnce } from './at-once.ts';
import { compared, type Figure } from './figure.ts';
import { post } from './post.ts';
import { createSeeding, type Seeded } from './seeding.ts';
import { onSite } from './site.ts';

const workers = 16;
const rounds = 5;
/**
 * Refreshes in a round. Each session serves one only, since a refresh is settled for 30 seconds. There are no more of them
 * because Azurite takes the longer for a delete the more blobs there are.
 */
const perRound = 40;

/**
 * `POST /.auth/refresh` of as many sessions, in turns against the bare token requests (RFC 6749 section 6) that they come
 * down to, and against those with the storage operations of a refresh around them, by the storage client alone.
 */
export function measureRefreshes(): Promise<Figure[]> {
  return onSite({ hosts: 1 }, async (site) => {
    const { services, origins, environment } = site;
    const agent = new Agent({ keepAlive: true, maxSockets: workers });
    const seeding = await createSeeding(site);
    const secret = environment['DEMO_PROVIDER_AUTHENTICATION_SECRET'];
    const tokenRequest = {
      authorization: `Basic ${Buffer.from(`tokenkeep:${secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    };
    const container = new ContainerClient(environment['WEBSITE_AUTH_TOKEN_CONTAINER_SASURL'] ?? '');

    const refresh = ({ token }: Seeded) => post(`${origins[0]}/.auth/refresh`, agent, { 'x-zumo-auth': token });
    async function redeem(refreshToken: string): Promise<void> {
      const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken });
      await post(`${services.provider.issuer}/token`, agent, tokenRequest, `${body}`);
    }
    async function bare({ id }: Seeded): Promise<void> {
      const blob = container.getBlockBlobClient(blobName.session(id));
      const marker = container.getBlockBlobClient(blobName.marker({ id, minute: minuteOf(0) }));
      const body = await buffer((await blob.download()).readableStreamBody ?? Readable.from([]));
      const lease = blob.getBlobLeaseClient();
      const { leaseId = '' } = await lease.acquireLease(30);
      const write = () => blob.upload(body, body.length, { conditions: { leaseId } });
      await write();
      await redeem(seeding.refreshToken());
      await marker.upload('', 0);
      await write();
      await marker.delete();
      await lease.releaseLease();
    }

    const sessions = await seeding.sessions((2 * rounds + 1) * perRound);
    const same = sessions.slice(0, perRound);
    const grants = Array.from({ length: (rounds + 1) * perRound }, () => seeding.refreshToken());
    const refreshes = () => perSecond(sessions.splice(0, perRound), refresh);
    const tokenRequests = () => perSecond(grants.splice(0, perRound), redeem);
    const bareRefreshes = () => perSecond(same, bare);
    for (const warmUp of [refreshes, tokenRequests, bareRefreshes]) await warmUp();
    const { calls } = services.vault;
    const callsBefore = calls.total;
    const toTokenRequests = await compared(refreshes, tokenRequests, rounds);
    const toBare = await compared(refreshes, bareRefreshes, rounds);
    const vaultCalls = calls.total - callsBefore;
    agent.destroy();
    return [
      { name: 'refresh', value: toTokenRequests.one, unit: 'requests/s' },
      { name: 'raw token request', value: toTokenRequests.other, unit: 'requests/s' },
      { name: 'refresh / raw token request', value: toTokenRequests.ratio, unit: 'ratio' },
      { name: 'raw token request with storage operations', value: toBare.other, unit: 'requests/s' },
      { name: 'refresh / raw token request with storage operations', value: toBare.ratio, unit: 'ratio' },
      {
        name: 'vault calls per 1,000 refreshes',
        value: (vaultCalls * 1000) / (2 * rounds * perRound),
        unit: 'calls',
        aim: '≤ 0',
      },
    ];
  });
}

async function perSecond<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<number> {
  const from = performance.now();
  await atOnce(workers, items, task);
  return (items.length * 1000) / (performance.now() - from);
}
