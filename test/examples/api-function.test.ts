import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../../dev/provider/sign-in-client.ts';
import { start } from '../../examples/api-function/start.ts';

let example: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  example = await start();
});
afterAll(() => example?.close());

const whoami = (headers: Record<string, string>, origin = example.origin) =>
  fetch(`${origin}/api/whoami`, { headers, redirect: 'manual' });

describe('an API behind the gateway', () => {
  it('is told who asks, and holds their access token', async () => {
    const browser = new Browser();
    const visit = await browser.signIn(`${example.origin}/`, { account: 'ada@example.com' });
    expect(new URL(visit.url).pathname).toBe('/');
    expect(visit.body).toContain('Signed in as ada@example.com');
    const cookie = `AppServiceAuthSession=${browser.cookies(example.origin)['AppServiceAuthSession']}`;
    expect(await (await whoami({ cookie })).json()).toMatchObject({
      id: 'demo-1001',
      username: 'ada@example.com',
      identityProvider: 'demo',
      hasAccessToken: true,
    });
  });

  it('is asked by nobody who is not signed in', async () => {
    expect((await whoami({})).status).toBe(401);
  });

  it('believes the headers, which is why it is reached by the gateway alone', async () => {
    const spoofed = {
      'x-ms-client-principal': Buffer.from('{"auth_typ":"demo","claims":[]}').toString('base64'),
      'x-ms-client-principal-id': 'demo-1001',
      'x-ms-client-principal-name': 'ada@example.com',
      'x-ms-client-principal-idp': 'demo',
    };
    expect((await whoami(spoofed, example.upstream)).status).toBe(200);
    expect((await whoami(spoofed)).status).toBe(401);
  });
});
