import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../shared/errors/table.ts';
import type { EntraIdSettings } from '../../../shared/providers/entra-id/entra-id.ts';
import type { ClientTokens, SignedIn } from '../../../shared/providers/provider.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { outcomeOfSilence } from '../../fixtures/time-limits.ts';
import { entraClient } from '../impersonators/entra-client.ts';
import {
  adele,
  type EntraImpersonator,
  type EntraUser,
  entra,
  personalUser,
  startEntra,
} from '../impersonators/entra-id.ts';
import type { Fault } from '../impersonators/impersonator.ts';
import { newSigningKey, type SigningKey } from '../impersonators/signing-key.ts';

let server: EntraImpersonator;
beforeAll(async () => {
  server = await startEntra();
});
afterEach(() => server.clear());
afterAll(() => server.close());

const api = `api://${entra.clientId}`;
const native = 'eeeeeeee-0000-4000-8000-00000000000e';
const provider = (changes: Partial<EntraIdSettings> = {}) => entraClient(server, changes);
const idToken = (text: string) => new Secret('id_token', text);
const accessToken = (text: string) => new Secret('access_token', text);
const asked = () => server.received.map(({ url }) => url.pathname);

interface Made {
  readonly user?: EntraUser;
  readonly version?: 1 | 2;
  readonly key?: SigningKey;
  readonly changes?: Readonly<Record<string, unknown>>;
}

/** An ID token of this app, as a native SDK would have it. */
const madeId = ({ user = adele, version = 2, key = server.keys.tenants, changes = {} }: Made = {}) =>
  key.sign({ ...server.claims(user, version), ...changes });

/** An access token for this app's API, issued to a native app. */
const madeAccess = ({ version = 2, changes = {}, ...others }: Made = {}) =>
  madeId({ version, ...others, changes: { ...(version === 1 ? { appid: native } : { azp: native }), ...changes } });

const bringId = async (made?: Made, changes?: Partial<EntraIdSettings>): Promise<SignedIn> =>
  provider(changes).signInWith({ idToken: idToken(await madeId(made)) });
const bringAccess = async (made?: Made, changes?: Partial<EntraIdSettings>): Promise<SignedIn> =>
  provider(changes).signInWith({ accessToken: accessToken(await madeAccess(made)) });

describe('a token that a client brings', () => {
  it('signs its user in: an ID token', async () => {
    const text = await madeId();
    const brought: ClientTokens = {
      idToken: idToken(text),
      accessToken: accessToken('for another API'),
      expiresIn: 1800,
    };
    const signedIn = await provider().signInWith(brought);
    expect(signedIn).toMatchObject({
      issuer: server.issuer(entra.contoso),
      subject: adele.sub,
      claims: { oid: adele.oid },
      tokens: { expiresIn: 1800 },
    });
    const { idToken: kept, accessToken: access } = signedIn.tokens;
    expect([kept, access].map((one) => one?.reveal())).toEqual([text, 'for another API']);
  });

  it('signs its user in: an access token for this app, v2', async () => {
    const { subject, tokens, claims } = await bringAccess();
    expect(subject).toBe(adele.sub);
    expect(claims).toMatchObject({ azp: native });
    expect(Object.keys(tokens)).toEqual(['accessToken', 'expiresIn']);
    expect(tokens.expiresIn).toBeGreaterThan(3800);
    expect(asked()).toEqual([
      `/${entra.contoso}/v2.0/.well-known/openid-configuration`,
      `/${entra.contoso}/discovery/v2.0/keys`,
    ]);
  });

  it('signs the same user in by v1, which is checked by the keys of v1', async () => {
    const { issuer, subject, claims } = await bringAccess({ version: 1 });
    expect({ issuer, subject }).toEqual({ issuer: server.issuer(entra.contoso), subject: adele.sub });
    expect(claims).toMatchObject({ iss: server.issuer(entra.contoso, 1), appid: native });
    expect(asked()).toEqual([`/${entra.contoso}/.well-known/openid-configuration`, `/${entra.contoso}/discovery/keys`]);
  });

  it('may be of v2 where the settings name v1', async () => {
    const { issuer } = await bringAccess({}, { issuer: server.issuer(entra.contoso, 1) });
    expect(issuer).toBe(server.issuer(entra.contoso, 1));
  });

  it('may be an access token beside an ID token for the native app, which is not kept', async () => {
    const tokens = {
      idToken: idToken(await madeId({ changes: { aud: native } })),
      accessToken: accessToken(await madeAccess()),
    };
    const signedIn = await provider().signInWith(tokens);
    expect(signedIn).toMatchObject({ claims: { azp: native } });
    expect(Object.keys(signedIn.tokens)).toEqual(['accessToken', 'expiresIn']);
  });

  it('may be for an audience that is allowed', async () => {
    const allowedAudiences = [api, native];
    const changes = { allowedAudiences };
    expect(await bringAccess({ version: 1, changes: { aud: api } }, changes)).toMatchObject({ subject: adele.sub });
    expect(await bringId({ changes: { aud: native } }, changes)).toMatchObject({ claims: { aud: native } });
  });

  it('may be an app’s own, which acts for no user', async () => {
    const changes = { sub: 'app-oid', oid: 'app-oid', idtyp: 'app', email: undefined, preferred_username: undefined };
    const { claims, subject } = await bringAccess({ changes });
    expect(provider().displayName(claims, subject)).toBe('app-oid');
    expect(provider().principalId(claims, subject)).toBe('app-oid');
  });

  it('is missed where there is none', async () => {
    for (const tokens of [{}, { refreshToken: new Secret('refresh_token', 'r') } as const]) {
      await expect(provider().signInWith(tokens)).rejects.toMatchObject({
        code: 'client_token_missing',
        detail: 'access_token or id_token',
      });
    }
    expect(asked()).toEqual([]);
  });
});

describe('a refresh token beside it', () => {
  const scope = `openid offline_access ${api}/access`;
  const bring = async (refresh: string) =>
    provider({ loginParameters: { scope } }).signInWith({
      accessToken: accessToken(await madeAccess({ version: 1, changes: { aud: entra.clientId } })),
      refreshToken: new Secret('refresh_token', refresh),
    });

  it('is redeemed, and what comes instead is kept', async () => {
    const brought = server.issue(adele);
    const { issuer, subject, tokens } = await bring(brought);
    expect({ issuer, subject }).toEqual({ issuer: server.issuer(entra.contoso), subject: adele.sub });
    expect(Object.keys(tokens).sort()).toEqual(['accessToken', 'expiresIn', 'idToken', 'refreshToken', 'scopes']);
    expect(tokens.refreshToken?.reveal()).not.toBe(brought);
    expect(tokens.expiresIn).toBe(4242);
  });

  it.each<[string, () => string, string]>([
    ['another user’s', () => server.issue({ ...adele, sub: 'another' }), 'id_token_invalid'],
    ['another app’s', () => server.issue(adele, native), 'invalid_grant'],
    ['unknown', () => 'unknown', 'invalid_grant'],
  ])('is refused when it is %s', async (_case, refresh, reason) => {
    await expect(bring(refresh())).rejects.toMatchObject({
      code: 'client_token_refused',
      detail: `refresh_token: ${reason}`,
    });
  });

  it('cannot be had when Entra has an outage', async () => {
    server.fail(`/${entra.contoso}/oauth2/v2.0/token`, { status: 503 });
    await expect(bring(server.issue(adele))).rejects.toMatchObject({ code: 'provider_unavailable' });
  });
});

describe('a token is refused', () => {
  it.each<[string, () => Made]>([
    ['for another app', () => ({ changes: { aud: 'another' } })],
    ['for the address of this app, unless that is allowed', () => ({ version: 1, changes: { aud: api } })],
    ['for Graph', () => ({ changes: { aud: 'https://graph.microsoft.com' } })],
    ['for nobody', () => ({ changes: { aud: undefined } })],
    ['of another tenant', () => ({ user: { ...adele, tenant: entra.fabrikam } })],
    ['of another tenant, v1', () => ({ user: { ...adele, tenant: entra.fabrikam }, version: 1 })],
    ['of another issuer', () => ({ changes: { iss: `https://evil.example/${entra.contoso}/v2.0` } })],
    ['of no issuer', () => ({ changes: { iss: undefined } })],
    ['whose tid is another tenant', () => ({ changes: { tid: entra.fabrikam } })],
    ['that has expired', () => ({ changes: { iat: 1, nbf: 1, exp: 2 } })],
    ['that is not valid yet', () => ({ changes: { nbf: 9_999_999_999 } })],
    ['that never expires', () => ({ changes: { exp: undefined } })],
    ['without a subject', () => ({ changes: { sub: undefined } })],
  ])('%s', async (_case, made) => {
    for (const bring of [bringId, bringAccess]) {
      await expect(bring(made())).rejects.toMatchObject({ code: 'client_token_refused' });
    }
  });

  it('that was changed, or signed by another key of the same name', async () => {
    const [header = '', payload = '', signature = ''] = (await madeId()).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const changed = Buffer.from(JSON.stringify({ ...claims, oid: 'another' })).toString('base64url');
    const forger = await newSigningKey('tenants-key');
    for (const text of [
      `${header}.${changed}.${signature}`,
      `${header}.${payload}.`,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`,
      await madeId({ key: forger }),
      await madeId({ key: await newSigningKey('unknown-key') }),
    ]) {
      const bringing = provider().signInWith({ idToken: idToken(text) });
      await expect(bringing).rejects.toMatchObject({ code: 'client_token_refused' });
    }
  });

  it.each(['', 'x', 'EwBwA8l6BAAU', 'a.b.c', '{}'])('that is no JWT: %j', async (text) => {
    const bringing = provider().signInWith({ accessToken: accessToken(text) });
    await expect(bringing).rejects.toMatchObject({
      code: 'client_token_refused',
      detail: expect.stringMatching(/no JWT/),
    });
    expect(asked()).toEqual([]);
  });

  it('and shown in no error, nor in an address', async () => {
    const text = await madeAccess({ changes: { aud: 'another' } });
    const error: Error = await provider()
      .signInWith({ accessToken: accessToken(text) })
      .then(() => expect.fail('the token was taken'))
      .catch((thrown) => thrown);
    const told = `${error.message} ${JSON.stringify(error)} ${server.received.map(({ url }) => url.href).join()}`;
    expect(told).not.toContain(text.slice(0, 20));
  });
});

describe('at common, a token', () => {
  const common = () => ({ issuer: server.issuer('common') });

  it.each([1, 2] as const)('of any tenant signs its user in, v%i', async (version) => {
    for (const tenant of [entra.contoso, entra.fabrikam]) {
      const { issuer } = await bringAccess({ version, user: { ...adele, tenant } }, common());
      expect(issuer).toBe(server.issuer(tenant));
    }
  });

  it('of a personal account signs its user in, by the key of personal accounts', async () => {
    const signedIn = await bringId({ user: personalUser, key: server.keys.personal }, common());
    expect(signedIn).toMatchObject({ issuer: server.issuer(entra.personal) });
  });

  it('of a tenant is refused when the key of personal accounts has signed it', async () => {
    const by = provider(common());
    const good = { idToken: idToken(await madeId({ user: personalUser, key: server.keys.personal })) };
    const forged = { idToken: idToken(await madeId({ key: server.keys.personal })) };
    for (const _ of [1, 2]) {
      await expect(by.signInWith(forged)).rejects.toMatchObject({ code: 'client_token_refused' });
      expect(await by.signInWith(good)).toMatchObject({ subject: personalUser.sub });
    }
  });

  it('of a personal account is refused at organizations', async () => {
    const bringing = bringId(
      { user: personalUser, key: server.keys.personal },
      { issuer: server.issuer('organizations') },
    );
    await expect(bringing).rejects.toMatchObject({ code: 'client_token_refused' });
  });

  it('is refused when issuer and tid name two tenants, or one names none', async () => {
    for (const changes of [
      { tid: entra.fabrikam },
      { iss: `${server.origin}/common/v2.0` },
      { tid: 'contoso.example' },
    ]) {
      await expect(bringId({ changes }, common())).rejects.toMatchObject({ code: 'client_token_refused' });
    }
  });
});

describe('the allow-lists hold for a token', () => {
  it.each<[string, EntraIdSettings['allowed'], boolean]>([
    ['issued to a listed application', { applications: [native] }, true],
    ['issued to another application', { applications: [entra.clientId] }, false],
    ['of a listed user', { identities: [adele.oid] }, true],
    ['of another user', { identities: [] }, false],
    ['without a listed group', { groups: ['a-group'] }, false],
  ])('%s', async (_case, allowed, mayComeIn) => {
    for (const version of [1, 2] as const) {
      const bringing = bringAccess({ version }, { allowed });
      if (mayComeIn) expect(await bringing).toMatchObject({ subject: adele.sub });
      else await expect(bringing).rejects.toMatchObject({ code: 'user_not_allowed' });
    }
  });

  it('once it is known to be good', async () => {
    const bringing = bringAccess({ changes: { aud: 'another' } }, { allowed: { identities: [] } });
    await expect(bringing).rejects.toMatchObject({ code: 'client_token_refused' });
  });
});

describe('Entra says nothing about a token', () => {
  const elsewhere = { status: 302, headers: { location: 'https://elsewhere.example/' } };
  it.each<[string, Fault, ErrorCode]>([
    ['is down', { status: 503 }, 'provider_unavailable'],
    ['cuts the line', 'cut', 'provider_unavailable'],
    ['sends elsewhere', elsewhere, 'provider_response_invalid'],
    ['answers with a page', { body: '<html>' }, 'provider_response_invalid'],
    ['answers with another shape', { body: { keys: 'none' } }, 'provider_response_invalid'],
  ])('when it %s', async (_case, fault, code) => {
    for (const path of ['v2.0/.well-known/openid-configuration', 'discovery/v2.0/keys']) {
      server.clear();
      server.fail(`/${entra.contoso}/${path}`, fault);
      await expect(bringId()).rejects.toMatchObject({ code });
    }
  });

  it('when it is silent', async () => {
    const path = `/${entra.contoso}/discovery/v2.0/keys`;
    expect(await outcomeOfSilence(server, path, () => bringId())).toMatchObject({ code: 'provider_unavailable' });
  });
});
