import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type TamperKind, tamperKinds } from '../../../dev/provider/tamper.ts';
import { outboundTimeout } from '../../../shared/http/outbound.ts';
import { machine } from '../../../shared/platform.ts';
import { openIdConnectProvider } from '../../../shared/providers/openid-connect/openid-connect.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type DemoClientSetup, demoClient } from '../../fixtures/demo-client.ts';
import { providerKey } from '../../fixtures/id-tokens.ts';
import { heldTimeLimits } from '../../fixtures/time-limits.ts';

let setup: DemoClientSetup;
beforeAll(async () => {
  setup = await demoClient();
});
afterEach(() => setup.demo.control.clear());
afterAll(() => setup.close());

/** The ID token of a sign-in at the demo provider, as a native SDK would hold it; spoilt, where a kind is given. */
async function idToken(kind?: TamperKind) {
  let text = '';
  const network = async (input: string | URL | Request, init?: RequestInit) => {
    const response = await fetch(input, init);
    if (String(input).endsWith('/token'))
      text = String(((await response.clone().json()) as { id_token: unknown }).id_token);
    return response;
  };
  const client = setup.client({}, { fetch: network });
  const response = await setup.authorize(client);
  if (kind) setup.demo.control.tamper(kind);
  await client.redeem(response).catch(() => undefined);
  return new Secret('id_token', text);
}

describe('an ID token that a client brings', () => {
  it('signs its user in, with the tokens that came along', async () => {
    const tokens = {
      idToken: await idToken(),
      accessToken: new Secret('access_token', 'an access token'),
      expiresIn: 1800,
    };
    expect(await setup.client().signInWith(tokens)).toEqual({
      issuer: setup.demo.issuer,
      subject: 'demo-1001',
      claims: expect.objectContaining({ iss: setup.demo.issuer, aud: 'tokenkeep', name: 'Ada Example' }),
      tokens,
    });
  });

  it('says itself how long it lives where the client does not', async () => {
    const token = await idToken();
    const soon = { ...machine.clock, now: () => Date.now() + 600_000 };
    const { tokens } = await setup.client({}, { clock: soon }).signInWith({ idToken: token });
    expect(tokens.expiresIn).toBeGreaterThan(2990);
    expect(tokens.expiresIn).toBeLessThanOrEqual(3000);
  });

  const others: TamperKind[] = ['wrong-sub', 'wrong-nonce', 'no-nonce', 'wrong-azp', 'absent'];
  const severalAudiences: TamperKind[] = ['aud-array-without-azp', 'aud-array-with-wrong-azp'];
  const unacceptable = tamperKinds.filter((kind) => ![...others, ...severalAudiences].includes(kind));
  it.each(unacceptable)('is refused when it is spoilt: %s', async (kind) => {
    const signingIn = setup.client().signInWith({ idToken: await idToken(kind) });
    await expect(signingIn).rejects.toMatchObject({ code: 'client_token_refused', detail: expect.any(String) });
  });

  it.each(severalAudiences)('may be for several audiences, and issued to the client itself: %s', async (kind) => {
    expect(await setup.client().signInWith({ idToken: await idToken(kind) })).toMatchObject({ subject: 'demo-1001' });
  });

  it("is refused when it is another app's, unless that is allowed", async () => {
    const token = await idToken();
    const other = setup.client({ clientId: 'another app' });
    await expect(other.signInWith({ idToken: token })).rejects.toMatchObject({ code: 'client_token_refused' });
    const open = setup.client({ clientId: 'another app', allowedAudiences: ['a third', 'tokenkeep'] });
    expect(await open.signInWith({ idToken: token })).toMatchObject({ subject: 'demo-1001' });
  });

  it('is refused when it is no ID token, even beside a good access token', async () => {
    for (const text of ['', 'x', 'a.b.c', '{}']) {
      const tokens = { idToken: new Secret('id_token', text), accessToken: new Secret('access_token', 'x') } as const;
      await expect(setup.client().signInWith(tokens)).rejects.toMatchObject({ code: 'client_token_refused' });
    }
  });

  it('is missed where the client brings nothing that says who the user is', async () => {
    const nothing = { refreshToken: new Secret('refresh_token', 'x') } as const;
    for (const tokens of [{}, nothing]) {
      const signingIn = setup.client().signInWith(tokens);
      await expect(signingIn).rejects.toMatchObject({
        code: 'client_token_missing',
        detail: 'id_token or access_token',
      });
    }
  });

  it('is shown in no error', async () => {
    const token = await idToken('wrong-aud');
    const signingIn = setup.client().signInWith({ idToken: token });
    const error: unknown = await signingIn.then(
      () => expect.fail('the token was accepted'),
      (reason: unknown) => reason,
    );
    expect(JSON.stringify(error) + String(error)).not.toContain(token.reveal().slice(0, 20));
  });
});

describe('a refresh token that a client brings', () => {
  /** What a sign-in of this account gives, as a native app would hold it. */
  async function signedIn(account?: string) {
    const client = setup.client();
    const { idToken, refreshToken } = (await client.redeem(await setup.authorize(client, account))).tokens;
    if (!idToken || !refreshToken) throw new Error('the sign-in gave no refresh token');
    return { idToken, refreshToken };
  }

  it('is redeemed at once, and kept where it is the same user’s', async () => {
    const { idToken, refreshToken } = await signedIn();
    const result = await setup.client().signInWith({ idToken, refreshToken });
    expect(result.subject).toBe('demo-1001');
    expect(result.tokens.accessToken).toBeDefined();
    // The provider rotates: the one that was brought is spent.
    expect(result.tokens.refreshToken?.reveal()).not.toBe(refreshToken.reveal());
    expect(await setup.client().refresh(result.tokens.refreshToken ?? expect.fail(), result)).toMatchObject({
      ok: true,
    });
  });

  it('is refused where it is another user’s', async () => {
    const { idToken } = await signedIn();
    const { refreshToken } = await signedIn('bo@example.com');
    await expect(setup.client().signInWith({ idToken, refreshToken })).rejects.toMatchObject({
      code: 'client_token_refused',
      detail: 'refresh_token: id_token_invalid',
    });
  });

  it('is refused where the provider refuses it, or does not say whose it is', async () => {
    const { idToken, refreshToken } = await signedIn();
    const unknown = new Secret('refresh_token', 'unknown');
    await expect(setup.client().signInWith({ idToken, refreshToken: unknown })).rejects.toMatchObject({
      code: 'client_token_refused',
      detail: 'refresh_token: invalid_grant',
    });
    setup.demo.control.tamper('absent');
    await expect(setup.client().signInWith({ idToken, refreshToken })).rejects.toMatchObject({
      code: 'client_token_refused',
    });
  });

  it('is not judged while the provider does not answer', async () => {
    const { idToken, refreshToken } = await signedIn();
    setup.demo.control.fail('token', { status: 503 });
    await expect(setup.client().signInWith({ idToken, refreshToken })).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
  });
});

describe('an access token that a client brings', () => {
  const issuer = 'https://issuer.example';
  const at = { issuer, authorizationEndpoint: `${issuer}/a`, tokenEndpoint: `${issuer}/t`, jwksUri: `${issuer}/k` };

  /** Signs in with a JWT access token that has these claims beside the good ones. */
  async function signInWith(changes: Record<string, unknown>) {
    const key = await providerKey('RS256');
    const settings = { credential: { kind: 'none' }, loginParameters: {}, scopes: ['openid'] } as const;
    const client = openIdConnectProvider(
      { ...settings, name: 'own', clientId: 'client', endpoints: at, allowedAudiences: ['api://ours'] },
      { ...machine, fetch: async () => Response.json({ keys: [key.jwk] }) },
    );
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, aud: 'api://ours', sub: 'user', iat: now, exp: now + 900, azp: 'native', ...changes };
    const accessToken = new Secret('access_token', await key.sign(claims, { typ: 'at+jwt' }));
    return client.signInWith({ accessToken });
  }

  it.each(['api://ours', 'client'])('signs its user in when it is a JWT for %s', async (aud) => {
    const signedIn = await signInWith({ aud });
    expect(signedIn).toMatchObject({ issuer, subject: 'user', claims: { aud, azp: 'native' } });
    expect(signedIn.tokens.accessToken).toBeDefined();
    expect(signedIn.tokens.idToken).toBeUndefined();
    expect(signedIn.tokens.expiresIn).toBeGreaterThan(890);
  });

  it.each([
    ['for another API', { aud: 'api://theirs' }],
    ['for nobody', { aud: undefined }],
    ['of another issuer', { iss: 'https://other.example' }],
    ['expired', { iat: 1, exp: 2 }],
    ['without an end', { exp: undefined }],
    ["an app's own, without a user", { sub: undefined }],
  ])('is refused when it is %s', async (_case, changes) => {
    await expect(signInWith(changes)).rejects.toMatchObject({ code: 'client_token_refused' });
  });

  it('is refused when it is no JWT', async () => {
    const client = setup.client();
    const { tokens } = await client.redeem(await setup.authorize(client));
    const accessToken = tokens.accessToken ?? expect.fail();
    await expect(client.signInWith({ accessToken })).rejects.toMatchObject({ code: 'client_token_refused' });
  });
});

describe('a provider whose keys cannot be had says nothing about the token', () => {
  it.each([
    ['fail', { status: 503 }, 'provider_unavailable'],
    ['are cut off', {}, 'provider_unavailable'],
    [
      'lie elsewhere',
      { status: 302, headers: { location: 'https://elsewhere.example/' } },
      'provider_response_invalid',
    ],
    ['are a page', { status: 200, body: '<html>' }, 'provider_response_invalid'],
  ])('when they %s', async (_case, fault, code) => {
    const token = await idToken();
    setup.demo.control.fail('jwks', fault);
    await expect(setup.client().signInWith({ idToken: token })).rejects.toMatchObject({ code });
  });

  it('when they do not come in time', async () => {
    const token = await idToken();
    const { jwks } = setup.demo.counters.requests;
    setup.demo.control.fail('jwks', { delayMs: Number.POSITIVE_INFINITY });
    const limits = heldTimeLimits();
    const signingIn = setup.client().signInWith({ idToken: token });
    const failing = expect(signingIn).rejects.toMatchObject({ code: 'provider_unavailable' });
    while (setup.demo.counters.requests.jwks === jwks) await new Promise(setImmediate);
    expect(limits.set).toContain(outboundTimeout);
    limits.pass();
    await failing;
  });
});
