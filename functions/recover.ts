import { app as functions } from '@azure/functions';
import { recoverOne } from '../shared/endpoints/visits.ts';
import { recoveryQueueName } from '../shared/refresh/recovery.ts';
import { app } from './app.ts';

functions.storageQueue('recover', {
  queueName: recoveryQueueName,
  connection: 'AzureWebJobsStorage',
  handler: (message) => recoverOne(message, app),
});
