import type { TokenCredential } from '@azure/identity';
import type { ConnectionString } from '../telemetry/secret.ts';
import { recoveryQueueName } from './queues.ts';
import type { RecoveryQueue } from './recovery.ts';

export type QueueAccess =
  | { readonly connectionString: ConnectionString }
  | { readonly url: string; readonly credential: () => Promise<TokenCredential> };

const callTimeout = 10_000;

/** The recovery queue in Azure Storage; its client is loaded only in the emergency that needs it. */
export function azureRecoveryQueue(access: QueueAccess): RecoveryQueue {
  return {
    async put(rescued) {
      const { QueueServiceClient } = await import('@azure/storage-queue');
      const service =
        'url' in access
          ? new QueueServiceClient(access.url, await access.credential())
          : QueueServiceClient.fromConnectionString(access.connectionString.reveal());
      const queue = service.getQueueClient(recoveryQueueName);
      const bounded = () => ({ abortSignal: AbortSignal.timeout(callTimeout) });
      await queue.createIfNotExists(bounded());
      // The Functions host reads queue messages as base64 unless host.json says otherwise.
      await queue.sendMessage(Buffer.from(JSON.stringify(rescued)).toString('base64'), bounded());
    },
  };
}
