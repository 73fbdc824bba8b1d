import { randomBytes } from 'node:crypto';
import { decodeJwt, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalApp, localApp, origin } from '../fixtures/local-app.ts';
import { entraSettings } from '../providers/impersonators/entra-client.ts';
import { adele, type EntraImpersonator, startEntra } from '../providers/impersonators/entra-id.ts';

const signingKey = randomBytes(32);
const graph = 'https://graph.microsoft.com';
const vault = 'https://vault.azure.net';

let server: EntraImpersonator;
let local: LocalApp;
beforeAll(async () => {
  server = await startEntra();
  local = await localApp({
    environment: { WEBSITE_AUTH_SIGNING_KEY: signingKey.toString('hex') },
    providers: [entraSettings(server)],
  });
  const scope = encodeURIComponent('openid profile email offline_access');
  await local.browser().get(`${origin}/.auth/login/aad?scope=${scope}`);
});
afterAll(async () => {
  await local.close();
  await server.close();
});

/** One request of the Functions extension for Microsoft Graph: it knows a user by `X-MS-CLIENT-PRINCIPAL-ID` alone. */
async function ask(path: string): Promise<Response> {
  const now = Math.floor(local.clock.now() / 1000);
  const token = await new SignJWT({ nameid: adele.oid, idp: 'AAD' })
    .setProtectedHeader({ typ: 'JWT', alg: 'HS256' })
    .setIssuer(`${origin}/`)
    .setAudience(`${origin}/`)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + 15 * 60)
    .sign(signingKey);
  return local.fetch(path, { headers: { 'x-zumo-auth': token } });
}

const audienceShown = async () => {
  const { access_token } = (await (await ask('/.auth/me?provider=AAD')).json()) as { access_token: string };
  return decodeJwt(access_token).aud;
};

it('what Microsoft’s Graph extension does for a user who is away: refresh for a resource, and read its token', async () => {
  for (const resource of [vault, graph]) {
    expect((await ask(`/.auth/refresh?resource=${encodeURIComponent(resource)}`)).status).toBe(200);
    expect(await audienceShown()).toBe(resource);
  }
});
