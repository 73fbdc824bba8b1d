import { app as functions } from '@azure/functions';
import { visitAll } from '../shared/endpoints/visits.ts';
import { visitQueueName } from '../shared/refresh/sweep.ts';
import { app } from './app.ts';

functions.storageQueue('visit', {
  queueName: visitQueueName,
  connection: 'AzureWebJobsStorage',
  handler: (message) => visitAll(message, app),
});
