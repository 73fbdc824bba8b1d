import { demoPage } from './demo-page.ts';
import { startHost } from './host/host.ts';

// The function host of the local stack: the app, and the demo page where no function answers. Its settings come from
// the environment alone, so that a local.settings.json meant for `npm run host` changes nothing here.
const host = await startHost({
  root: process.cwd(),
  port: Number(process.env['PORT']),
  fallback: await demoPage(),
}).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
const end = async () => {
  await host.close();
  process.exit(0);
};
process.once('SIGINT', end).once('SIGTERM', end).once('disconnect', end);
process.send?.({ type: 'ready', port: host.port });
