import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { ProviderSettings } from '../../../shared/providers/registry.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type LocalApp, localApp } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { userData } from '../../fixtures/user-data.ts';
import {
  consumer,
  startTwitterOAuth1,
  type TwitterOAuth1Impersonator,
} from '../../providers/impersonators/twitter-oauth1.ts';

let server: TwitterOAuth1Impersonator;
let local: LocalApp;
beforeAll(async () => {
  server = await startTwitterOAuth1();
  const settings: ProviderSettings = {
    kind: 'twitter-oauth1',
    name: 'twitter',
    consumerKey: consumer.key,
    consumerSecret: new Secret('client_secret', consumer.secret),
    endpoints: server.endpoints,
  };
  local = await localApp({ providers: [settings] });
});
afterEach(() => server.clear());
afterAll(async () => {
  await local.close();
  await server.close();
});

function post(body: object, name = 'twitter'): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return local.fetch(`/.auth/login/${name}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** The entries of the session that an answer opens. */
async function entriesOf(response: Response): Promise<unknown> {
  expect(response.status).toBe(200);
  const { authenticationToken } = (await response.json()) as { authenticationToken: string };
  return (await local.fetch('/.auth/me', { headers: { 'x-zumo-auth': authenticationToken } })).json();
}

async function refused(body: object, status: number, code: string): Promise<void> {
  const before = await userData(local.app);
  expect(await problemIn(await post(body))).toMatchObject({ status, code });
  expect(await userData(local.app)).toEqual(before);
}

it.each(['twitter', 'x'])('a token and its secret open a session at the name %s', async (name) => {
  const { key, secret } = server.issue();
  const response = await post({ access_token: key, access_token_secret: secret }, name);
  expect(await entriesOf(response)).toMatchObject([
    { provider_name: 'twitter', user_id: 'XAPI', access_token: key, access_token_secret: secret, refreshable: false },
  ]);
});

it('what is missing, wrong or of another app opens none', async () => {
  const { key, secret } = server.issue();
  const other = server.issue('another-consumer');
  await refused({ access_token: key }, 400, 'client_token_missing');
  await refused({ access_token: key, access_token_secret: `${secret}x` }, 401, 'client_token_refused');
  const others = { access_token: other.key, access_token_secret: other.secret };
  await refused(others, 401, 'client_token_refused');
});
