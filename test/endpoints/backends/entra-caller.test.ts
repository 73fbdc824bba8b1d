import type { JWTPayload } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { agree, askFor, backendJson, refusalIn } from '../../fixtures/backends.ts';
import { type LocalApp, localApp, origin, signedIn } from '../../fixtures/local-app.ts';
import { sessionIdIn, storedEntry } from '../../fixtures/stored.ts';
import { type EntraImpersonator, entra, startEntra } from '../../providers/impersonators/entra-id.ts';

/** A managed identity: the application, and its object in the tenant. */
const job = { applicationId: '22222222-bbbb-4bbb-8bbb-222222222222', objectId: '33333333-cccc-4ccc-8ccc-333333333333' };

let server: EntraImpersonator;
let local: LocalApp;
let user: string;
beforeAll(async () => {
  server = await startEntra();
  const reports = backendJson(server.issuer(entra.contoso), {
    audience: ['api://tokenkeep', entra.clientId],
    applicationId: job.applicationId,
    scope: undefined,
    role: 'Tokens.Read',
    tokensPerHour: 1000,
  });
  local = await localApp({ authJson: (document) => ({ ...document, backends: { reports } }) });
  const { cookie } = await signedIn(local);
  await agree(local, cookie);
  user = `demo:${(await storedEntry(local.app, sessionIdIn(cookie))).subject}`;
});
beforeEach(() => server.clear());
afterAll(async () => {
  await local.close();
  await server.close();
});

/**
 * An application's own token, as
 * https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference has it for either version.
 */
function claims(version: 1 | 2, changes: JWTPayload = {}, tenant = entra.contoso): JWTPayload {
  const iat = Math.floor(Date.now() / 1000);
  const own =
    version === 1
      ? { ver: '1.0', aud: 'api://tokenkeep', appid: job.applicationId, appidacr: '2' }
      : { ver: '2.0', aud: entra.clientId, azp: job.applicationId, azpacr: '2' };
  const times = { iat, nbf: iat, exp: iat + 86_700 };
  const who = { sub: job.objectId, oid: job.objectId, tid: tenant, roles: ['Tokens.Read'] };
  return { iss: server.issuer(tenant, version), ...times, ...who, ...own, ...changes };
}

const ask = async (version: 1 | 2, changes: JWTPayload = {}) =>
  askFor(local, await server.keys.tenants.sign(claims(version, changes)), { user });
const refusal = async (version: 1 | 2, changes: JWTPayload = {}) => refusalIn(await ask(version, changes));

describe.each([1, 2] as const)('of version %i', (version) => {
  const idOf = version === 1 ? 'appid' : 'azp';

  it("an application's token is taken, with the claim idtyp and without", async () => {
    expect((await ask(version)).status).toBe(200);
    expect((await ask(version, { idtyp: 'app' })).status).toBe(200);
  });

  it("a user's is refused, also where the user has the role", async () => {
    const message = "401 backend_token_refused: it is a user's";
    expect(await refusal(version, { scp: 'Tokens.Read' })).toBe(message);
    expect(await refusal(version, { idtyp: 'user' })).toBe(message);
    expect(await refusal(version, { sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ' })).toBe(message);
    expect(await refusal(version, { oid: undefined })).toBe(message);
  });

  it('one of another application, or without the role, is refused', async () => {
    expect(await refusal(version, { [idOf]: entra.clientId })).toContain('403 backend_not_allowed: no backend');
    const lacking = '403 backend_not_allowed: its token lacks Tokens.Read';
    expect(await refusal(version, { roles: ['Tokens.Read.All'] })).toBe(lacking);
    expect(await refusal(version, { roles: undefined })).toBe(lacking);
    expect(await refusal(version, { roles: 'Tokens.Read' })).toBe(lacking);
  });

  it('one of another tenant, or of another API, is refused', async () => {
    const strange = await server.keys.tenants.sign(claims(version, {}, entra.fabrikam));
    const wrong = '401 backend_token_refused: its claim iss is missing or wrong';
    expect(await refusalIn(await askFor(local, strange, { user }))).toBe(wrong);
    expect(await refusal(version, { tid: entra.fabrikam })).toBe(wrong);
    expect(await refusal(version, { aud: 'https://graph.microsoft.com' })).toContain('aud is missing or wrong');
  });
});

it('the client id is that of the version: a claim of the other is not looked at', async () => {
  expect(await refusal(1, { appid: entra.clientId, azp: job.applicationId })).toContain('no backend');
  expect(await refusal(2, { azp: entra.clientId, appid: job.applicationId })).toContain('no backend');
});

it('a key that is another tenant’s signs nothing', async () => {
  const forged = await server.keys.personal.sign(claims(2));
  expect(await refusalIn(await askFor(local, forged, { user }))).toContain('401 backend_token_refused: its key');
});

it('a page of this origin gets nothing by being one', async () => {
  const headers = { origin, 'sec-fetch-site': 'same-origin' };
  expect(await refusalIn(await askFor(local, undefined, { user, headers }))).toBe('401 backend_token_missing');
});
