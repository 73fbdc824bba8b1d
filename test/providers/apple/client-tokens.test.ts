import { decodeJwt, type JWTPayload } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AppleSettings } from '../../../shared/providers/apple/apple.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { outcomeOfSilence } from '../../fixtures/time-limits.ts';
import { type AppleImpersonator, ada, apple, startApple } from '../impersonators/apple.ts';
import { appleClient, handMade, outages, refreshTokenOf, sentTo } from '../impersonators/apple-client.ts';

let server: AppleImpersonator;
beforeAll(async () => {
  server = await startApple();
});
afterEach(() => server.reset());
afterAll(() => server.close());

const provider = (changes: Partial<AppleSettings> = {}) => appleClient(server, changes);

describe('an app that signed its user in by itself', () => {
  const idToken = (text: string) => new Secret('id_token', text);

  it.each([apple.servicesId, apple.bundleId])('is let in by an ID token for %s', async (aud) => {
    const token = await server.idToken({ aud });
    const signedIn = await provider().signInWith({ idToken: idToken(token) });
    expect(signedIn).toMatchObject({ subject: ada.sub, claims: { aud, email: ada.email } });
    expect(signedIn.tokens.idToken?.reveal()).toBe(token);
    expect(signedIn.tokens).not.toHaveProperty('refreshToken');
    expect(sentTo(server, '/auth/token')).toEqual([]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['for another app', { aud: 'com.example.other' }],
    ['of another issuer', { iss: 'https://account.apple.example' }],
    ['expired', { iat: 1_600_000_000, exp: 1_600_086_400 }],
    ['of nobody', { sub: undefined }],
  ])('is refused with an ID token that is %s', async (_case, claims) => {
    const signingIn = provider().signInWith({ idToken: idToken(await server.idToken(claims as JWTPayload)) });
    await expect(signingIn).rejects.toMatchObject({ code: 'client_token_refused' });
  });

  it('is refused with an ID token that was tampered with', async () => {
    const [header, , signature] = (await server.idToken()).split('.');
    const claims = Buffer.from(JSON.stringify({ ...decodeJwt(await server.idToken()), sub: 'victim' })).toString(
      'base64url',
    );
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const text of [`${header}.${claims}.${signature}`, `${none}.${claims}.`]) {
      const signingIn = provider().signInWith({ idToken: idToken(text) });
      await expect(signingIn).rejects.toMatchObject({ code: 'client_token_refused' });
    }
  });

  it('is told what is missing: an access token of Apple says nothing', async () => {
    for (const tokens of [{}, { accessToken: new Secret('access_token', await server.idToken()) } as const]) {
      const signingIn = provider().signInWith(tokens);
      await expect(signingIn).rejects.toMatchObject({ code: 'client_token_missing', detail: 'id_token' });
    }
  });

  it.each(outages)(
    'is told apart from one whose token is bad while the keys address %s',
    async (_case, fault, code) => {
      const token = await server.idToken();
      server.fail('/auth/keys', fault);
      await expect(provider().signInWith({ idToken: idToken(token) })).rejects.toMatchObject({ code });
    },
  );

  it('is told apart from one whose token is bad while the keys do not come', async () => {
    const token = await server.idToken();
    const call = () => provider().signInWith({ idToken: idToken(token) });
    expect(await outcomeOfSilence(server, '/auth/keys', call)).toMatchObject({ code: 'provider_unavailable' });
  });

  describe('and brings the code beside its ID token', () => {
    const brought = async (from?: Parameters<typeof server.clientSignIn>[0]) => {
      const { identityToken, authorizationCode } = await server.clientSignIn(from);
      const code = new Secret('authorization_code', authorizationCode);
      return { idToken: idToken(identityToken), authorizationCode: code } as const;
    };

    it('gets a refresh token, which is refreshed and revoked as the app that it was issued to', async () => {
      const by = provider();
      const signedIn = await by.signInWith(await brought());
      expect(signedIn).toMatchObject({ subject: ada.sub, tokens: { expiresIn: 3600, refreshAfter: 86_400 } });
      expect(await by.refresh(refreshTokenOf(signedIn), signedIn)).toMatchObject({ ok: true });
      expect(await by.revoke({ refreshToken: refreshTokenOf(signedIn) }, signedIn)).toBe(true);
      expect(server.revoked).toEqual([refreshTokenOf(signedIn).reveal()]);
      const [code, refresh] = sentTo(server, '/auth/token');
      expect(Object.fromEntries(code ?? [])).toEqual({
        grant_type: 'authorization_code',
        code: expect.any(String),
        client_id: apple.bundleId,
        client_secret: expect.any(String),
      });
      expect(refresh?.get('client_id')).toBe(apple.bundleId);
      expect(decodeJwt(refresh?.get('client_secret') ?? '').sub).toBe(apple.bundleId);
    });

    it('is signed in without a refresh token where the client secret, made by hand, is of the web only', async () => {
      const signedIn = await provider({ credential: await handMade() }).signInWith(await brought());
      expect(signedIn.subject).toBe(ada.sub);
      expect(signedIn.tokens).not.toHaveProperty('refreshToken');
      expect(sentTo(server, '/auth/token')).toEqual([]);
    });

    it('is refused with a spent code', async () => {
      const tokens = await brought();
      await provider().signInWith(tokens);
      await expect(provider().signInWith(tokens)).rejects.toMatchObject({
        code: 'client_token_refused',
        detail: 'token endpoint: invalid_grant',
      });
    });

    it("is refused with another user's code", async () => {
      const stolen = await brought();
      server.user = { ...ada, sub: '009999.other.0002' };
      const own = await brought();
      const signingIn = provider().signInWith({ ...own, authorizationCode: stolen.authorizationCode });
      await expect(signingIn).rejects.toMatchObject({ code: 'client_token_refused' });
    });

    it('keeps its code when the ID token is bad', async () => {
      const { authorizationCode } = await brought();
      const bad = { idToken: idToken(await server.idToken({ aud: 'com.example.other' })), authorizationCode };
      await expect(provider().signInWith(bad)).rejects.toMatchObject({ code: 'client_token_refused' });
      expect(sentTo(server, '/auth/token')).toEqual([]);
    });

    it('gets one with the address of the page, too, where JavaScript got the code', async () => {
      const page = { clientId: apple.servicesId, redirectUri: 'https://app.example/page' };
      const tokens = await brought(page);
      const by = provider();
      await expect(by.signInWith(tokens)).rejects.toMatchObject({ code: 'client_token_refused' });
      const signedIn = await by.signInWith({ ...tokens, redirectUri: page.redirectUri });
      expect(await by.refresh(refreshTokenOf(signedIn), signedIn)).toMatchObject({ ok: true });
    });

    it.each(outages)('is told where the token endpoint %s', async (_case, fault, code) => {
      const tokens = await brought();
      server.fail('/auth/token', fault);
      await expect(provider().signInWith(tokens)).rejects.toMatchObject({ code });
    });
  });
});
