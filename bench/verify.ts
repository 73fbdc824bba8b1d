import { Agent } from 'node:http';
import { startNginx } from '../dev/nginx.ts';
import { freePort } from '../dev/ports.ts';
import { programPath } from '../dev/program-path.ts';
import type { Stack } from '../dev/stack.ts';
import { compared, type Figure, throughput } from './figure.ts';
import { get } from './get.ts';
import { storeSessions } from './sessions.ts';

const workers = 16;
const rounds = 7;
const roundMilliseconds = 1_500;

/**
 * `/.auth/verify` of a session that the process has opened before, where the storage answers 304, in turns with an nginx
 * that answers 200 to everything; and that nginx with `auth_request` to verify in front of the same answer. Without nginx
 * on this machine there is only the first.
 */
export async function measureVerify(stack: Stack): Promise<Figure[]> {
  const program = programPath('nginx');
  const agent = new Agent({ keepAlive: true, maxSockets: workers });
  const [token = ''] = await storeSessions(stack, 1);
  const cookie = { cookie: `AppServiceAuthSession=${token}` };
  const asking = (url: string) => () => throughput(() => get(url, agent, cookie), workers, roundMilliseconds);
  const verify = asking(`${stack.origin}/.auth/verify`);
  await verify();
  if (program === undefined) {
    agent.destroy();
    return [{ name: 'verify', value: await verify(), unit: 'requests/s', detail: 'no nginx on this machine' }];
  }
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const nginx = await startNginx(program, sites(port, stack.origin), port);
  try {
    const plain = await compared(verify, asking(`${origin}/static`), rounds);
    const guarded = await compared(asking(`${origin}/guarded`), asking(`${origin}/static`), rounds);
    return [
      { name: 'verify', value: plain.one, unit: 'requests/s' },
      { name: 'nginx, static 200', value: plain.other, unit: 'requests/s' },
      { name: 'verify / nginx, static 200', value: plain.ratio, unit: 'ratio' },
      { name: 'nginx with auth_request', value: guarded.one, unit: 'requests/s' },
      { name: 'nginx with auth_request / nginx, static 200', value: guarded.ratio, unit: 'ratio' },
    ];
  } finally {
    agent.destroy();
    await nginx.close();
  }
}

/** The same answer twice, once for whoever is signed in alone. Connections to the app are kept, as they would be. */
function sites(port: number, app: string): string {
  return `
  upstream tokenkeep { server ${new URL(app).host}; keepalive ${workers}; }
  server {
    listen 127.0.0.1:${port};
    location = /static { return 200 "ok"; }
    location = /guarded { auth_request /verify; try_files /none @ok; }
    location @ok { return 200 "ok"; }
    location = /verify {
      internal;
      proxy_pass http://tokenkeep/.auth/verify;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host ${new URL(app).host};
    }
  }`;
}
