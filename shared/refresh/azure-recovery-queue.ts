import type { TokenCredential } from '@azure/identity';
import type { QueueClient } from '@azure/storage-queue';
import type { ConnectionString } from '../telemetry/secret.ts';
import { recoveryQueueName } from './queues.ts';
import type { RecoveryQueue } from './recovery.ts';

export type QueueAccess =
  | { readonly connectionString: ConnectionString }
  | { readonly url: string; readonly credential: () => Promise<TokenCredential> };

const callTimeout = 10_000;

/** The recovery queue in Azure Storage; its client is loaded only in the emergency that needs it. */
export function azureRecoveryQueue(access: QueueAccess): RecoveryQueue {
  const bounded = () => ({ abortSignal: AbortSignal.timeout(callTimeout) });

  async function open(): Promise<QueueClient> {
    const { QueueServiceClient } = await import('@azure/storage-queue');
    const service =
      'url' in access
        ? new QueueServiceClient(access.url, await access.credential())
        : QueueServiceClient.fromConnectionString(access.connectionString.reveal());
    return service.getQueueClient(recoveryQueueName);
  }

  return {
    async put(rescued) {
      const queue = await open();
      await queue.createIfNotExists(bounded());
      // The Functions host reads queue messages as base64 unless host.json says otherwise.
      await queue.sendMessage(Buffer.from(JSON.stringify(rescued)).toString('base64'), bounded());
    },

    /** The count is never lower than the actual one: https://learn.microsoft.com/rest/api/storageservices/get-queue-metadata */
    async isWaiting() {
      const queue = await open();
      try {
        return ((await queue.getProperties(bounded())).approximateMessagesCount ?? 0) > 0;
      } catch (error) {
        if ((error as { statusCode?: unknown }).statusCode === 404) return false;
        throw error;
      }
    },
  };
}
