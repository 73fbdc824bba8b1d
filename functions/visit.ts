import { app as functions } from '@azure/functions';
import { visitQueueName } from '../shared/refresh/queues.ts';
import { behind } from './app.ts';

functions.storageQueue('visit', {
  queueName: visitQueueName,
  connection: 'AzureWebJobsStorage',
  handler: async (message) => {
    const { app, visitAll } = await behind();
    await visitAll(message, app);
  },
});
