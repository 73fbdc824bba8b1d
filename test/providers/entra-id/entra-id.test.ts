import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../shared/errors/table.ts';
import type { EntraIdSettings } from '../../../shared/providers/entra-id/entra-id.ts';
import { claimViews } from '../../../shared/sessions/claims.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { outcomeOfSilence } from '../../fixtures/time-limits.ts';
import { attempt, authorized, clientSecret, entraClient, request, signIn } from '../impersonators/entra-client.ts';
import { adele, type EntraImpersonator, entra, personalUser, startEntra } from '../impersonators/entra-id.ts';
import type { Fault } from '../impersonators/impersonator.ts';
import { newSigningKey } from '../impersonators/signing-key.ts';

let server: EntraImpersonator;
beforeAll(async () => {
  server = await startEntra();
});
afterEach(() => {
  server.clear();
  server.user = adele;
  server.credential = { kind: 'secret', secret: entra.clientSecret };
});
afterAll(() => server.close());

const provider = (changes: Partial<EntraIdSettings> = {}) => entraClient(server, changes);
const tokenPath = `/${entra.contoso}/oauth2/v2.0/token`;
const asked = () => server.received.map(({ url }) => url.pathname);
const fabrikamUser = { ...adele, tenant: entra.fabrikam, sub: 'another-sub' };

describe('the authorization request', () => {
  it('asks for a code with PKCE where discovery says', async () => {
    const { url, requestToken } = await provider().authorizationUrl(request);
    expect(`${url.origin}${url.pathname}`).toBe(`${server.origin}/${entra.contoso}/oauth2/v2.0/authorize`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: entra.clientId,
      scope: 'openid profile email offline_access',
      redirect_uri: entra.callback,
      state: 'the-state',
      nonce: 'the-nonce',
      code_challenge: createHash('sha256').update('v'.repeat(43)).digest('base64url'),
      code_challenge_method: 'S256',
    });
    expect(requestToken).toBeUndefined();
  });

  it('has the login parameters of App Service’s days of v1, the response type aside', async () => {
    const loginParameters = {
      response_type: 'code id_token',
      resource: entra.clientId,
      domain_hint: 'contoso.example',
    };
    const { url } = await provider({ issuer: server.issuer(entra.contoso, 1), loginParameters }).authorizationUrl(
      request,
    );
    expect(url.pathname).toBe(`/${entra.contoso}/oauth2/authorize`);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      resource: entra.clientId,
      domain_hint: 'contoso.example',
    });
  });

  const stating = (issuer: string) => ({
    body: { issuer, authorization_endpoint: 'https://x/a', token_endpoint: 'https://x/t', jwks_uri: 'https://x/k' },
  });
  it.each<[string, () => Fault, ErrorCode]>([
    ['is down', () => ({ status: 503 }), 'provider_unavailable'],
    ['lies elsewhere', () => ({ status: 302, headers: { location: 'https://x/' } }), 'provider_response_invalid'],
    ['states another issuer', () => stating('https://evil.example'), 'provider_misconfigured'],
    ['states another tenant', () => stating(server.issuer(entra.fabrikam)), 'provider_misconfigured'],
    ['states all tenants', () => stating(server.issuer('{tenantid}')), 'provider_misconfigured'],
  ])('cannot be made where discovery %s', async (_case, fault, code) => {
    server.fail(`/${entra.contoso}/v2.0/.well-known/openid-configuration`, fault());
    await expect(provider().authorizationUrl(request)).rejects.toMatchObject({ code });
  });
});

it('an account that is connected once more is hinted at by the name that it signs in with', async () => {
  const claims = { preferred_username: 'adele@contoso.example', email: 'adele@mail.example' };
  const addsTo = { claims, scopes: ['User.Read'], resources: [] };
  const asked = (await provider().authorizationUrl({ ...request, extra: { scope: 'Mail.Read' }, addsTo })).url
    .searchParams;
  expect(asked.get('login_hint')).toBe(claims.preferred_username);
  expect(asked.get('scope')).toBe('openid profile email offline_access User.Read Mail.Read');
  const named = { ...request, extra: { login_hint: 'bo@contoso.example' }, addsTo };
  expect((await provider().authorizationUrl(named)).url.searchParams.get('login_hint')).toBe('bo@contoso.example');
});

describe('a sign-in', () => {
  it('tells who the user is, with tokens for as long as Entra says', async () => {
    const signedIn = await signIn(provider());
    expect(signedIn).toMatchObject({
      issuer: server.issuer(entra.contoso),
      subject: adele.sub,
      claims: { oid: adele.oid, tid: entra.contoso, nonce: 'the-nonce', name: 'Adele Vance' },
      tokens: { expiresIn: 4242 },
    });
    expect(Object.keys(signedIn.tokens).sort()).toEqual([
      'accessToken',
      'expiresIn',
      'idToken',
      'refreshToken',
      'scopes',
    ]);
  });

  it('tells what was granted: offline_access too, which Entra leaves out, if there is a refresh token', async () => {
    const { tokens, ...identity } = await signIn(provider());
    expect(tokens.scopes).toEqual(['openid', 'profile', 'email', 'offline_access']);
    const refreshed = await provider().refresh(tokens.refreshToken ?? expect.fail('no refresh token came'), identity);
    expect(refreshed).toMatchObject({ ok: true, tokens: { scopes: tokens.scopes } });
    const online = await signIn(provider({ loginParameters: {} }));
    expect(online.tokens.scopes).toEqual(['openid', 'profile', 'email']);
  });

  it('has no refresh token without offline_access', async () => {
    const { tokens } = await signIn(provider({ loginParameters: {} }));
    expect(tokens.refreshToken).toBeUndefined();
  });

  it('shows the claims under the types that App Service has for them, v1', async () => {
    const { claims } = await signIn(provider({ issuer: server.issuer(entra.contoso, 1) }));
    const { claimTypes } = provider();
    const ws = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims';
    const ms = 'http://schemas.microsoft.com/identity/claims';
    const views = claimViews(claims, claimTypes, true).filter(({ typ }) => !/^(iat|nbf|exp|nonce)$/.test(typ));
    expect(views).toEqual([
      { typ: 'aud', val: entra.clientId },
      { typ: 'iss', val: server.issuer(entra.contoso, 1) },
      { typ: `${ms}/objectidentifier`, val: adele.oid },
      { typ: `${ws}/nameidentifier`, val: adele.sub },
      { typ: `${ms}/tenantid`, val: entra.contoso },
      { typ: 'name', val: 'Adele Vance' },
      { typ: `${ws}/givenname`, val: 'Adele' },
      { typ: `${ws}/surname`, val: 'Vance' },
      { typ: `${ws}/emailaddress`, val: 'adele@contoso.example' },
      { typ: `${ws}/name`, val: 'adele@contoso.example' },
      { typ: `${ws}/upn`, val: 'adele@contoso.example' },
      { typ: 'http://schemas.microsoft.com/claims/authnmethodsreferences', val: 'pwd' },
      { typ: 'http://schemas.microsoft.com/claims/authnmethodsreferences', val: 'mfa' },
      { typ: 'ver', val: '1.0' },
    ]);
    expect(claimTypes.nameType).toBe(`${ws}/emailaddress`);
  });

  it('needs no secret for a public client', async () => {
    server.credential = { kind: 'none' };
    expect(await signIn(provider({ credential: { kind: 'none' } }))).toMatchObject({ subject: adele.sub });
  });

  it('leaves the userinfo endpoint alone', async () => {
    await signIn(provider());
    expect(asked()).toEqual([
      `/${entra.contoso}/v2.0/.well-known/openid-configuration`,
      `/${entra.contoso}/oauth2/v2.0/authorize`,
      tokenPath,
      `/${entra.contoso}/discovery/v2.0/keys`,
    ]);
  });

  it('asks for discovery and keys once', async () => {
    const by = provider();
    await signIn(by);
    server.clear();
    await signIn(by);
    expect(asked()).toEqual([`/${entra.contoso}/oauth2/v2.0/authorize`, tokenPath]);
  });

  it.each<[string, 1 | 2]>([
    ['common', 2],
    ['organizations', 2],
    ['common', 1],
  ])('at %s (v%i) is of the tenant that the user is of', async (tenants, version) => {
    const by = provider({ issuer: server.issuer(tenants, version) });
    for (const user of [adele, fabrikamUser]) {
      server.user = user;
      expect(await signIn(by)).toMatchObject({ issuer: server.issuer(user.tenant, version), subject: user.sub });
    }
  });

  it('at common may be by a personal account, at organizations not', async () => {
    server.user = personalUser;
    const at = (tenants: string) => signIn(provider({ issuer: server.issuer(tenants) }));
    expect(await at('common')).toMatchObject({ issuer: server.issuer(entra.personal) });
    await expect(at('organizations')).rejects.toMatchObject({ code: 'id_token_invalid' });
  });

  it('may say whose answer it is: the tenant’s', async () => {
    const by = provider({ issuer: server.issuer('common') });
    const redeem = async (iss: string) => by.redeem({ ...attempt, parameters: { ...(await authorized(by)), iss } });
    expect(await redeem(server.issuer(entra.contoso))).toMatchObject({ subject: adele.sub });
    await expect(redeem('https://evil.example')).rejects.toMatchObject({ code: 'sign_in_issuer_mismatch' });
  });
});

describe('an ID token that comes with a code', () => {
  /** Answers the code with this ID token. */
  async function redeemed(
    by: ReturnType<typeof provider>,
    changes: Record<string, unknown>,
    key = server.keys.tenants,
  ) {
    const parameters = await authorized(by);
    const claims = { ...server.claims(adele, 2), nonce: 'the-nonce', ...changes };
    const path = [...asked()].reverse().find((one) => one.endsWith('/authorize')) ?? '';
    const body = { access_token: 'x', token_type: 'Bearer', id_token: await key.sign(claims) };
    server.fail(path.replace('authorize', 'token'), { body });
    return by.redeem({ ...attempt, parameters });
  }

  it.each<[string, () => Record<string, unknown>, ErrorCode]>([
    ['another tenant', () => ({ iss: server.issuer(entra.fabrikam) }), 'id_token_invalid'],
    ['another app', () => ({ aud: 'another' }), 'id_token_invalid'],
    ['another attempt', () => ({ nonce: 'another' }), 'id_token_invalid'],
    ['v1', () => ({ iss: server.issuer(entra.contoso, 1) }), 'id_token_invalid'],
    ['long ago', () => ({ iat: 1, nbf: 1, exp: 2 }), 'id_token_out_of_time'],
  ])('is refused when it is of %s', async (_case, changes, code) => {
    await expect(redeemed(provider(), changes())).rejects.toMatchObject({ code });
  });

  it('is refused at common when issuer and tid name two tenants', async () => {
    const by = provider({ issuer: server.issuer('common') });
    await expect(redeemed(by, { tid: entra.fabrikam })).rejects.toMatchObject({ code: 'id_token_invalid' });
    await expect(redeemed(by, { iss: `${server.origin}/common/v2.0` })).rejects.toMatchObject({
      code: 'id_token_invalid',
    });
  });

  it('need not name the tenant besides the issuer, as without the scope profile', async () => {
    const by = provider({ issuer: server.issuer('common') });
    const signedIn = await redeemed(by, { tid: undefined, oid: undefined });
    expect(signedIn).toMatchObject({ issuer: server.issuer(entra.contoso) });
    expect(by.principalId(signedIn.claims, signedIn.subject)).toBe(adele.sub);
  });

  it('is refused when the key is not Entra’s', async () => {
    const key = await newSigningKey('tenants-key');
    await expect(redeemed(provider(), {}, key)).rejects.toMatchObject({ code: 'id_token_invalid' });
  });
});

describe('the allow-lists hold for a sign-in', () => {
  it.each<[string, EntraIdSettings['allowed'], boolean]>([
    ['the user is listed', { identities: [adele.oid] }, true],
    ['another user is listed', { identities: ['another'] }, false],
    ['this application is listed', { applications: [entra.clientId] }, true],
    ['another application is listed', { applications: ['another'] }, false],
    ['a group is listed', { groups: ['a-group'] }, false],
  ])('where %s', async (_case, allowed, mayComeIn) => {
    const signing = signIn(provider({ allowed }));
    if (mayComeIn) expect(await signing).toMatchObject({ subject: adele.sub });
    else await expect(signing).rejects.toMatchObject({ code: 'user_not_allowed' });
  });

  it('where the user has one of the groups, or too many', async () => {
    const by = provider({ allowed: { groups: ['a-group'] } });
    server.user = { ...adele, claims: { ...adele.claims, groups: ['b-group', 'a-group'] } };
    expect(await signIn(by)).toMatchObject({ subject: adele.sub });
    server.user = { ...adele, claims: { ...adele.claims, _claim_names: { groups: 'src1' } } };
    await expect(signIn(by)).rejects.toMatchObject({
      code: 'user_not_allowed',
      detail: expect.stringContaining('groups overage'),
    });
  });
});

describe('a code', () => {
  it('is good once', async () => {
    const by = provider();
    const parameters = await authorized(by);
    await by.redeem({ ...attempt, parameters });
    await expect(by.redeem({ ...attempt, parameters })).rejects.toMatchObject({
      code: 'sign_in_code_refused',
      detail: 'token endpoint: invalid_grant',
    });
  });

  it.each<[string, Partial<typeof attempt>, Partial<EntraIdSettings>, ErrorCode, string]>([
    ['another verifier', { codeVerifier: 'w'.repeat(43) }, {}, 'sign_in_code_refused', 'invalid_grant'],
    ['another redirect address', { redirectUri: 'https://x.example/' }, {}, 'sign_in_code_refused', 'invalid_grant'],
    ['a wrong secret', {}, { credential: clientSecret('wrong') }, 'provider_misconfigured', 'invalid_client'],
    ['no secret', {}, { credential: { kind: 'none' } }, 'provider_misconfigured', 'invalid_client'],
    ['another client id', {}, { clientId: 'another' }, 'provider_misconfigured', 'unauthorized_client'],
  ])('is refused with %s', async (_case, changes, settings, code, reason) => {
    const parameters = await authorized(provider());
    const redeeming = provider(settings).redeem({ ...attempt, parameters, ...changes });
    await expect(redeeming).rejects.toMatchObject({ code, detail: `token endpoint: ${reason}` });
  });

  it('must be there', async () => {
    const redeeming = provider().redeem({ ...attempt, parameters: {} });
    await expect(redeeming).rejects.toMatchObject({ code: 'request_malformed' });
    expect(asked()).not.toContain(tokenPath);
  });

  const elsewhere = { status: 307, headers: { location: 'https://elsewhere.example/' } };
  it.each<[string, Fault, ErrorCode]>([
    ['has an outage', { status: 503, body: '<html>' }, 'provider_unavailable'],
    ['is asked too often', { status: 429 }, 'provider_unavailable'],
    ['cuts the line', 'cut', 'provider_unavailable'],
    ['sends elsewhere', elsewhere, 'provider_response_invalid'],
    ['answers with a page', { body: '<html>' }, 'provider_response_invalid'],
  ])('cannot be redeemed when Entra %s', async (_case, fault, code) => {
    for (const path of [tokenPath, `/${entra.contoso}/discovery/v2.0/keys`]) {
      server.clear();
      server.fail(path, fault);
      await expect(signIn(provider())).rejects.toMatchObject({ code });
    }
  });

  it('is waited for no longer than the time limit', async () => {
    const by = provider();
    const parameters = await authorized(by);
    const error = await outcomeOfSilence(server, tokenPath, () => by.redeem({ ...attempt, parameters }));
    expect(error).toMatchObject({ code: 'provider_unavailable' });
  });

  it('and the client secret are told in no error', async () => {
    const parameters = await authorized(provider());
    const secret = 'wrong-secret-of-the-client';
    const error: Error = await provider({ credential: clientSecret(secret) })
      .redeem({ ...attempt, parameters })
      .then(() => expect.fail('the code was redeemed'))
      .catch((thrown) => thrown);
    const told = `${error.message} ${JSON.stringify(error)} ${server.received.map(({ url }) => url.href).join()}`;
    for (const hidden of [secret, parameters['code'] ?? '']) expect(told).not.toContain(hidden);
  });
});

describe('a user is called', () => {
  it.each([
    ['preferred_username, v2', { preferred_username: 'a@b', email: 'c@d', name: 'N' }, 'a@b'],
    ['upn, v1', { upn: 'a@b', unique_name: 'x', email: 'c@d', name: 'N' }, 'a@b'],
    ['email, guests in v1', { email: 'c@d', unique_name: 'live.com#c@d', name: 'N' }, 'c@d'],
    ['unique_name', { unique_name: 'u', name: 'N' }, 'u'],
    ['sub, apps', { name: 'N' }, 'the subject'],
  ])('%s', (_case, claims, expected) => {
    expect(provider().displayName(claims, 'the subject')).toBe(expected);
  });

  it('and known to servers by oid', () => {
    expect(provider().principalId({ oid: 'the oid', sub: 's' }, 's')).toBe('the oid');
    expect(provider().principalId({}, 's')).toBe('s');
  });
});

it('has a page to sign out at, and no way to revoke a token', async () => {
  const url = await provider().signOutUrl('https://app.example/.auth/logout/complete');
  expect(`${url?.origin}${url?.pathname}`).toBe(`${server.origin}/${entra.contoso}/oauth2/v2.0/logout`);
  expect(url?.searchParams.get('post_logout_redirect_uri')).toBe('https://app.example/.auth/logout/complete');
  expect(
    await provider().revoke(
      { refreshToken: new Secret('refresh_token', 'x') },
      { issuer: '', subject: '', claims: {} },
    ),
  ).toBe(false);
  expect(provider()).toMatchObject({ name: 'aad', title: 'Microsoft Entra ID', hasTargets: true, acceptsBearer: true });
});
