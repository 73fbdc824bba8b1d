import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AppleSettings } from '../../../shared/providers/apple/apple.ts';
import type { AuthorizationResponse, Identity, SignedIn } from '../../../shared/providers/provider.ts';
import { outcomeOfSilence } from '../../fixtures/time-limits.ts';
import { type AppleImpersonator, ada, apple, startApple } from '../impersonators/apple.ts';
import {
  appleClient,
  authorized,
  outages,
  refreshTokenOf,
  request,
  sentTo,
  signIn,
} from '../impersonators/apple-client.ts';

let server: AppleImpersonator;
beforeAll(async () => {
  server = await startApple();
});
afterEach(() => server.reset());
afterAll(() => server.close());

const provider = (changes: Partial<AppleSettings> = {}) => appleClient(server, changes);

describe('the browser is sent to Apple', () => {
  it('with what Apple asks for, and PKCE', async () => {
    const { url, requestToken } = await provider().authorizationUrl({ ...request, extra: { locale: 'de_DE' } });
    expect(url.origin + url.pathname).toBe(server.endpoints.authorization);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      response_mode: 'form_post',
      client_id: apple.servicesId,
      redirect_uri: apple.callback,
      scope: 'name email',
      state: 'the-state',
      nonce: 'the-nonce',
      code_challenge: createHash('sha256').update(request.codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
      locale: 'de_DE',
    });
    expect(requestToken).toBeUndefined();
  });

  it('without a scope where none is configured', async () => {
    const { url } = await provider({ scopes: [] }).authorizationUrl(request);
    expect(url.searchParams.has('scope')).toBe(false);
  });
});

describe('a code of Apple', () => {
  it('gives the user, the claims of the ID token and the tokens', async () => {
    const signedIn = await signIn(provider());
    expect(signedIn).toMatchObject({
      issuer: 'https://appleid.apple.com',
      subject: ada.sub,
      claims: { email: ada.email, email_verified: 'true', is_private_email: 'true', nonce: 'the-nonce' },
      tokens: { expiresIn: 3600, refreshAfter: 86_400 },
    });
    expect(decodeJwt(signedIn.tokens.idToken?.reveal() ?? '')).toMatchObject({ aud: apple.servicesId });
    expect(signedIn.tokens.refreshToken?.reveal()).toMatch(/^r/);
    expect(Object.fromEntries(sentTo(server, '/auth/token')[0] ?? [])).toEqual({
      grant_type: 'authorization_code',
      code: expect.any(String),
      redirect_uri: apple.callback,
      code_verifier: request.codeVerifier,
      client_id: apple.servicesId,
      client_secret: expect.any(String),
    });
  });

  it('tells who it is by email address, or by the subject where the user has none', async () => {
    const { claims, subject } = await signIn(provider());
    expect(provider().displayName(claims, subject)).toBe(ada.email);
    server.user = { ...ada, email: undefined };
    const hidden = await signIn(provider());
    expect(hidden.claims).not.toHaveProperty('email');
    expect(provider().displayName(hidden.claims, hidden.subject)).toBe(ada.sub);
    expect(provider().principalId(hidden.claims, hidden.subject)).toBe(ada.sub);
  });

  it.each([
    ['spent', (one: AuthorizationResponse) => one],
    ['of another verifier', (one: AuthorizationResponse) => ({ ...one, codeVerifier: 'x'.repeat(43) })],
    ['for another address', (one: AuthorizationResponse) => ({ ...one, redirectUri: `${apple.callback}/` })],
    ['made up', (one: AuthorizationResponse) => ({ ...one, parameters: { code: 'c-none' } })],
  ])('is refused when it is %s', async (kind, change) => {
    const by = provider();
    const response = await authorized(by);
    if (kind === 'spent') await by.redeem(response);
    await expect(by.redeem(change(response))).rejects.toMatchObject({
      code: 'sign_in_code_refused',
      detail: 'token endpoint: invalid_grant',
    });
  });

  it('is missed', async () => {
    const response = { ...(await authorized(provider())), parameters: {} };
    await expect(provider().redeem(response)).rejects.toMatchObject({ code: 'request_malformed' });
  });

  it('is redeemed after Apple has changed its key', async () => {
    const by = provider();
    await signIn(by);
    await server.changeKey();
    expect(await signIn(by)).toMatchObject({ subject: ada.sub });
  });

  it('gives nothing with an ID token for another sign-in', async () => {
    const by = provider();
    const response = await authorized(by);
    await expect(by.redeem({ ...response, nonce: 'another' })).rejects.toMatchObject({ code: 'id_token_invalid' });
  });

  it.each(outages)('cannot be redeemed while the token endpoint %s', async (_case, fault, code) => {
    const response = await authorized(provider());
    server.fail('/auth/token', fault);
    await expect(provider().redeem(response)).rejects.toMatchObject({ code });
  });

  it.each(outages)('cannot be trusted while the address of the keys %s', async (_case, fault, code) => {
    const response = await authorized(provider());
    server.fail('/auth/keys', fault);
    await expect(provider().redeem(response)).rejects.toMatchObject({ code });
  });

  it('is waited for no longer than the time limit', async () => {
    const response = await authorized(provider());
    const outcome = await outcomeOfSilence(server, '/auth/token', () => provider().redeem(response));
    expect(outcome).toMatchObject({ code: 'provider_unavailable' });
  });
});

it('Apple is told nothing but what it asks for, and no error shows a token or the key', async () => {
  const by = provider();
  const signedIn: SignedIn & Identity = await signIn(by);
  server.fail('/auth/token', { status: 400, body: { error: 'invalid_grant', error_description: 'c0de-in-here' } });
  const result = await by.refresh(refreshTokenOf(signedIn), signedIn);
  const refusal = await by.redeem(await authorized(by)).catch((error: unknown) => error);
  const said = JSON.stringify([result, refusal, String(refusal)]);
  for (const secret of ['c0de-in-here', refreshTokenOf(signedIn).reveal(), 'PRIVATE KEY'])
    expect(said).not.toContain(secret);
  for (const { url } of server.received) expect(url.href).not.toContain('client_secret');
});
