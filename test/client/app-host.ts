import { startHost } from '../../dev/host/host.ts';
import { appPage } from './app-page.ts';

// The function host with a page of an app on its own origin, at every path that no function takes.
const page = await appPage();
const host = await startHost({
  root: process.cwd(),
  port: Number(process.env['PORT']),
  fallback(_request, response) {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
    return true;
  },
});
const end = async () => {
  await host.close();
  process.exit(0);
};
process.once('SIGTERM', end).once('disconnect', end);
process.send?.({ type: 'ready', port: host.port });
