import { app as functions } from '@azure/functions';
import { recoveryQueueName } from '../shared/refresh/queues.ts';
import { behind } from './app.ts';

functions.storageQueue('recover', {
  queueName: recoveryQueueName,
  connection: 'AzureWebJobsStorage',
  handler: async (message) => {
    const { app, recoverOne } = await behind();
    await recoverOne(message, app);
  },
});
