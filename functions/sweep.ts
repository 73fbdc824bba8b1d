import { app as functions, output } from '@azure/functions';
import { sweepDue } from '../shared/endpoints/visits.ts';
import { visitQueueName } from '../shared/refresh/sweep.ts';
import { app } from './app.ts';

functions.timer('sweep', {
  schedule: '0 * * * * *',
  return: output.storageQueue({ queueName: visitQueueName, connection: 'AzureWebJobsStorage' }),
  handler: () => sweepDue(app),
});
