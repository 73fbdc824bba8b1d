import { randomBytes } from 'node:crypto';
import { globalAgent } from 'node:https';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ListeningApp, listeningApp } from '../fixtures/listening-app.ts';

/** What is used of Microsoft's server SDK for Node, azure-mobile-apps 4.0.2. */
interface Auth {
  validate(token: string): Promise<ValidUser>;
  sign(payload: object): string;
}
interface ValidUser {
  readonly id: string;
  readonly claims: Readonly<Record<string, unknown>>;
  getIdentity(provider?: string): Promise<Record<string, { claims: Record<string, unknown>; access_token?: string }>>;
}

const azureSigningKey = randomBytes(32).toString('hex');
const trusted = globalAgent.options.ca;
let app: ListeningApp;
let auth: Auth;
let token: string;
beforeAll(async () => {
  app = await listeningApp('https', { environment: { WEBSITE_AUTH_SIGNING_KEY: azureSigningKey } });
  globalAgent.options.ca = app.certificate;
  const url = `${app.origin}/`;
  auth = createRequire(import.meta.url)('azure-mobile-apps/src/auth')({ azureSigningKey, audience: url, issuer: url });
  const browser = app.browser();
  const end = await browser.signIn(`${app.origin}/.auth/login/demo?session_mode=token`, { account: 'ada@example.com' });
  const reply = new URLSearchParams(new URL(end.url).hash.slice(1)).get('token') ?? '';
  ({ authenticationToken: token } = JSON.parse(reply));
});
afterAll(async () => {
  globalAgent.options.ca = trusted;
  await app.close();
});

describe('Microsoft’s azure-mobile-apps server SDK', () => {
  it('accepts the session token by the shared signing key', async () => {
    const user = await auth.validate(token);
    expect(user.id).toMatch(/^sid:[\da-f]{32}$/);
    expect(user.claims).toMatchObject({ stable_sid: user.id, idp: 'demo', ver: '3' });
  });

  it.each([[undefined], ['demo']])('reads the user’s identity (provider %s), claims denormalised', async (provider) => {
    const user = await auth.validate(token);
    const { demo } = await user.getIdentity(provider);
    expect(demo?.access_token).toBeTruthy();
    expect(demo?.claims).toMatchObject({ emailaddress: 'ada@example.com', nameidentifier: expect.any(String) });
  });

  it('makes tokens of its own that open the session of the user they name', async () => {
    const { demo } = await (await auth.validate(token)).getIdentity('demo');
    const made = auth.sign({ nameid: demo?.claims['nameidentifier'], idp: 'demo' });
    const again = await (await auth.validate(made)).getIdentity('demo');
    expect(again['demo']?.access_token).toBe(demo?.access_token);
  });
});
