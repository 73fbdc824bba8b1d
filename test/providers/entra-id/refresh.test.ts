import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EntraIdSettings } from '../../../shared/providers/entra-id/entra-id.ts';
import type { Identity, Provider, RefreshResult, TokenSet } from '../../../shared/providers/provider.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { outcomeOfSilence } from '../../fixtures/time-limits.ts';
import { failureKind } from '../failure-kind.ts';
import { clientSecret, entraClient, signIn } from '../impersonators/entra-client.ts';
import { adele, type EntraImpersonator, entra, refusal, startEntra } from '../impersonators/entra-id.ts';
import type { Fault } from '../impersonators/impersonator.ts';

let server: EntraImpersonator;
beforeAll(async () => {
  server = await startEntra();
});
afterEach(() => {
  server.clear();
  server.unconsented.clear();
  server.accessTokenVersion = 2;
});
afterAll(() => server.close());

const tokenPath = `/${entra.contoso}/oauth2/v2.0/token`;
const provider = (changes: Partial<EntraIdSettings> = {}) => entraClient(server, changes);
const somebody = (): Identity => ({ issuer: server.issuer(entra.contoso), subject: adele.sub, claims: {} });
const some = new Secret('refresh_token', 'some-token');

/** The identity and the refresh token of a new session. */
async function session(by: Provider, scope?: string) {
  const { tokens, ...identity } = await signIn(by, scope === undefined ? {} : { extra: { scope } });
  server.received.length = 0;
  return { identity, refreshToken: tokens.refreshToken ?? expect.fail('there is no refresh token') };
}

function refreshed(result: RefreshResult): TokenSet {
  return result.ok ? result.tokens : expect.fail(`${result.failure.kind}: ${result.failure.reason}`);
}

/** Claims of an access token as it stands; none where it is not a JWT. */
function claimsOf({ accessToken }: TokenSet): Record<string, unknown> {
  const [, payload = ''] = accessToken?.reveal().split('.') ?? [];
  return JSON.parse(Buffer.from(payload, 'base64url').toString());
}

/** What the token endpoint was asked for. */
const forms = () =>
  server.received
    .filter(({ method }) => method === 'POST')
    .map(({ form }) => ({ scope: form.get('scope'), resource: form.get('resource') }));

describe('a refresh', () => {
  it('gives new tokens, claims and a new refresh token', async () => {
    const by = provider();
    const { refreshToken, identity } = await session(by);
    const result = await by.refresh(refreshToken, identity);
    const tokens = refreshed(result);
    expect(tokens).toMatchObject({ expiresIn: 4242 });
    expect(tokens.refreshToken?.reveal()).not.toBe(refreshToken.reveal());
    expect(tokens.idToken).toBeDefined();
    expect(result).toMatchObject({ claims: { sub: adele.sub, oid: adele.oid } });
    expect(forms()).toEqual([{ scope: null, resource: null }]);
    const [answered = expect.fail()] = server.received;
    expect(answered.form.get('client_secret')).toBe(entra.clientSecret);
  });

  it('works for v1', async () => {
    const by = provider({ issuer: server.issuer(entra.contoso, 1), loginParameters: {} });
    const { refreshToken, identity } = await session(by);
    expect(refreshed(await by.refresh(refreshToken, identity)).refreshToken).toBeDefined();
  });

  it('works for any tenant at common', async () => {
    const by = provider({ issuer: server.issuer('common') });
    const { refreshToken, identity } = await session(by);
    expect(identity.issuer).toBe(server.issuer(entra.contoso));
    expect(await by.refresh(refreshToken, identity)).toMatchObject({ ok: true, claims: { tid: entra.contoso } });
  });

  it('goes on for the same tenant after the settings have changed to the other version', async () => {
    const { refreshToken, identity } = await session(provider());
    const by = provider({ issuer: server.issuer(entra.contoso, 1), loginParameters: {} });
    expect(await by.refresh(refreshToken, identity)).toMatchObject({ ok: true });
  });

  it('waits after the settings have changed to another tenant', async () => {
    const { refreshToken, identity } = await session(provider());
    const by = provider({ issuer: server.issuer(entra.fabrikam) });
    expect(await by.refresh(refreshToken, identity)).toEqual({
      ok: false,
      failure: { kind: 'unavailable', reason: 'issuer_changed' },
    });
    expect(forms()).toEqual([]);
  });

  it('names the app’s own API, without which Entra gives nothing for it', async () => {
    const by = provider({ loginParameters: { scope: `openid offline_access api://${entra.clientId}/access` } });
    const { refreshToken, identity } = await session(by);
    const tokens = refreshed(await by.refresh(refreshToken, identity));
    expect(claimsOf(tokens)).toMatchObject({ aud: entra.clientId, azp: entra.clientId });
    expect(tokens.refreshToken).toBeDefined();
    expect(forms()).toEqual([
      { scope: null, resource: null },
      { scope: `api://${entra.clientId}/access openid offline_access`, resource: null },
    ]);
  });

  it('gives for a sign-in with a scope of its own what that asked for', async () => {
    const by = provider({ loginParameters: { scope: `openid offline_access api://${entra.clientId}/access` } });
    const scope = 'openid offline_access https://vault.azure.net/user_impersonation';
    const { refreshToken, identity } = await session(by, scope);
    const tokens = refreshed(await by.refresh(refreshToken, identity));
    expect(claimsOf(tokens)).toMatchObject({ aud: 'https://vault.azure.net' });
  });

  it('that is for somebody else is not believed', async () => {
    const by = provider();
    const { refreshToken, identity } = await session(by);
    expect(await by.refresh(refreshToken, { ...identity, subject: 'another' })).toEqual({
      ok: false,
      failure: { kind: 'refused', reason: 'id_token_invalid' },
    });
  });
});

describe('a further API', () => {
  it.each<[string, { resource?: string; scope?: string }, string, string]>([
    [
      'by resource',
      { resource: 'https://vault.azure.net' },
      'https://vault.azure.net',
      'https://vault.azure.net/.default',
    ],
    ['with a slash', { resource: 'https://a.example/' }, 'https://a.example/', 'https://a.example//.default'],
    ['by scope', { scope: 'https://a.example/read' }, 'https://a.example', 'https://a.example/read'],
  ])('%s has an access token of its own', async (_case, target, aud, scope) => {
    const by = provider();
    const { refreshToken, identity } = await session(by);
    const tokens = refreshed(await by.refresh(refreshToken, identity, target));
    expect(claimsOf(tokens)).toMatchObject({ aud });
    expect(forms()).toEqual([{ scope, resource: null }]);
    expect(tokens.refreshToken).toBeUndefined();
    const own = refreshed(await by.refresh(refreshToken, identity));
    expect(claimsOf(own)).toMatchObject({ aud: 'https://graph.microsoft.com' });
  });

  it('has one in v1 too, by resource but not by scope', async () => {
    const by = provider({ issuer: server.issuer(entra.contoso, 1), loginParameters: {} });
    const { refreshToken, identity } = await session(by);
    const tokens = refreshed(await by.refresh(refreshToken, identity, { resource: 'https://vault.azure.net' }));
    expect(claimsOf(tokens)).toMatchObject({ aud: 'https://vault.azure.net' });
    expect(tokens.refreshToken).toBeUndefined();
    expect(await by.refresh(refreshToken, identity, { scope: 'https://a.example/read' })).toEqual({
      ok: false,
      failure: { kind: 'refused', reason: 'scopes_need_a_v2_issuer' },
    });
  });

  it.each([
    ['nobody has consented to', 'https://new.example', 'invalid_grant'],
    ['that does not exist', 'https://unknown.example', 'invalid_resource'],
  ])('%s is refused', async (_case, resource, reason) => {
    server.unconsented.add('https://new.example');
    const by = provider();
    const { refreshToken, identity } = await session(by);
    const refused = { ok: false, failure: { kind: 'refused', reason } };
    expect(await by.refresh(refreshToken, identity, { resource })).toEqual(refused);
    expect(await by.refresh(refreshToken, identity)).toMatchObject({ ok: true });
  });
});

describe('a refusal', () => {
  it('is for good when the grant has ended', async () => {
    const by = provider();
    const { refreshToken, identity } = await session(by);
    server.revokeAll();
    expect(await by.refresh(refreshToken, identity)).toEqual({
      ok: false,
      failure: { kind: 'refused', reason: 'invalid_grant' },
    });
  });

  it('is asked for once, also where the settings name an API', async () => {
    server.fail(tokenPath, refusal('invalid_grant', 700082));
    const by = provider({ loginParameters: { scope: `openid offline_access api://${entra.clientId}/access` } });
    expect(await by.refresh(some, somebody())).toMatchObject({ ok: false, failure: { kind: 'refused' } });
    expect(forms()).toHaveLength(1);
  });

  it.each<[string, number, 'refused' | 'unavailable']>([
    ['invalid_grant', 700082, 'refused'],
    ['interaction_required', 50076, 'refused'],
    ['consent_required', 65001, 'refused'],
    ['login_required', 50058, 'refused'],
    ['invalid_request', 900144, 'unavailable'],
    ['invalid_scope', 70011, 'unavailable'],
    ['invalid_resource', 500011, 'unavailable'],
    ['invalid_client', 7000222, 'unavailable'],
    ['unauthorized_client', 700016, 'unavailable'],
    ['temporarily_unavailable', 90033, 'unavailable'],
  ])('%s (AADSTS%i) is %s', async (reason, code, kind) => {
    server.fail(tokenPath, refusal(reason, code));
    expect(await provider().refresh(some, somebody())).toEqual({ ok: false, failure: { kind, reason } });
  });

  it('for asking too often is no word against the refresh token, though it says invalid_grant', async () => {
    server.fail(tokenPath, refusal('invalid_grant', 50196, 'The server terminated an operation because of a loop'));
    expect(await provider().refresh(some, somebody())).toEqual({
      ok: false,
      failure: { kind: 'unavailable', reason: 'temporarily_unavailable' },
    });
  });

  it('of a wrong client secret is no word against it either', async () => {
    const { refreshToken, identity } = await session(provider());
    const by = provider({ credential: clientSecret('wrong') });
    expect(await by.refresh(refreshToken, identity)).toEqual({
      ok: false,
      failure: { kind: 'unavailable', reason: 'invalid_client' },
    });
  });
});

describe('a refresh may succeed later', () => {
  const elsewhere = { status: 307, headers: { location: 'https://elsewhere.example/' } };
  it.each<[string, Fault, object]>([
    ['has an outage', { status: 503, headers: { 'retry-after': '30' } }, { retryAfterSeconds: 30 }],
    ['is asked too often', { status: 429, headers: { 'retry-after': '60' } }, { retryAfterSeconds: 60 }],
    ['cuts the line', 'cut', { reason: 'provider_unavailable' }],
    ['sends elsewhere', elsewhere, { reason: 'provider_response_invalid' }],
    ['answers with a page', { body: '<html>' }, { reason: 'answer_is_not_json' }],
    ['answers with a page of 400', { status: 400, body: '<html>' }, { reason: 'http_400' }],
  ])('when Entra %s', async (_case, fault, failure) => {
    server.fail(tokenPath, fault);
    const result = await provider().refresh(some, somebody());
    expect(result).toMatchObject({ ok: false, failure: { kind: failureKind(fault), ...failure } });
  });

  it('when discovery is down', async () => {
    server.fail(`/${entra.contoso}/v2.0/.well-known/openid-configuration`, { status: 500 });
    for (const target of [undefined, { resource: 'https://a.example' }]) {
      expect(await provider().refresh(some, somebody(), target)).toEqual({
        ok: false,
        failure: { kind: 'unanswered', reason: 'provider_unavailable' },
      });
    }
  });

  it('when Entra is silent', async () => {
    const result = await outcomeOfSilence(server, tokenPath, () => provider().refresh(some, somebody()));
    expect(result).toEqual({ ok: false, failure: { kind: 'unanswered', reason: 'provider_unavailable' } });
  });
});
