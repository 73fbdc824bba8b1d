import { app as functions, output } from '@azure/functions';
import { visitQueueName } from '../shared/refresh/queues.ts';
import { behind } from './app.ts';

functions.timer('sweep', {
  schedule: '0 * * * * *',
  return: output.storageQueue({ queueName: visitQueueName, connection: 'AzureWebJobsStorage' }),
  handler: async () => {
    const { app, sweepDue } = await behind();
    return sweepDue(app);
  },
});
