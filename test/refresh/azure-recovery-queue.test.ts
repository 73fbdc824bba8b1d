import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { azureRecoveryQueue } from '../../shared/refresh/azure-recovery-queue.ts';
import { recoveryQueueName } from '../../shared/refresh/queues.ts';
import type { RecoveryQueue } from '../../shared/refresh/recovery.ts';
import { Secret } from '../../shared/telemetry/secret.ts';
import type { SessionId } from '../../shared/token-store/names.ts';
import { type QueueService, startQueueService } from '../dev/host/fixtures/queue-service.ts';
import { heldTimeLimits } from '../fixtures/time-limits.ts';

// A service of its own: the queue has one name in a storage account, and whatever waits in it counts.
let service: QueueService;
let recovery: RecoveryQueue;
beforeAll(async () => {
  service = await startQueueService();
  recovery = azureRecoveryQueue({ connectionString: new Secret('connection_string', service.connectionString) });
});
afterAll(() => service.stop());
beforeEach(async () => {
  await queue().deleteIfExists();
});

const queue = () => QueueServiceClient.fromConnectionString(service.connectionString).getQueueClient(recoveryQueueName);
const message = { id: 'a'.repeat(64) as SessionId, provider: 'demo', sealed: 'sealed' };

describe('something waits in the recovery queue', () => {
  it('not where there is no such queue yet', async () => {
    expect(await recovery.isWaiting()).toBe(false);
  });

  it('not where it is empty', async () => {
    await queue().create();
    expect(await recovery.isWaiting()).toBe(false);
  });

  it('from when it is put there, as the Functions host reads it, to when it is deleted', async () => {
    await recovery.put(message);
    expect(await recovery.isWaiting()).toBe(true);
    const { receivedMessageItems } = await queue().receiveMessages();
    const [one] = receivedMessageItems;
    if (!one) throw new Error('there is no message');
    expect(JSON.parse(Buffer.from(one.messageText, 'base64').toString())).toEqual(message);
    // Hidden, because somebody works on it or has failed to.
    expect((await queue().peekMessages()).peekedMessageItems).toEqual([]);
    expect(await recovery.isWaiting()).toBe(true);
    await queue().deleteMessage(one.messageId, one.popReceipt);
    expect(await recovery.isWaiting()).toBe(false);
  });
});

it('a queue that does not answer is an error, not an empty one', async () => {
  const nowhere = service.connectionString.replace(/:\d+\//, ':1/');
  const away = azureRecoveryQueue({ connectionString: new Secret('connection_string', nowhere) });
  for (const call of [() => away.isWaiting(), () => away.put(message)]) {
    const limits = heldTimeLimits();
    const calling = call();
    while (limits.set.length === 0) await new Promise(setImmediate);
    expect(limits.set).toEqual([10_000]);
    limits.pass();
    await expect(calling).rejects.toThrow();
  }
});
