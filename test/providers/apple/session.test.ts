import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../shared/errors/table.ts';
import type { AppleSettings } from '../../../shared/providers/apple/apple.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { nobody } from '../../fixtures/nobody.ts';
import { outcomeOfSilence } from '../../fixtures/time-limits.ts';
import { failureKind } from '../failure-kind.ts';
import { type AppleImpersonator, ada, apple, startApple } from '../impersonators/apple.ts';
import { appleClient, refreshTokenOf, sentTo, signIn } from '../impersonators/apple-client.ts';
import type { Fault } from '../impersonators/impersonator.ts';

let server: AppleImpersonator;
beforeAll(async () => {
  server = await startApple();
});
afterEach(() => server.reset());
afterAll(() => server.close());

const provider = (changes: Partial<AppleSettings> = {}) => appleClient(server, changes);

describe('a refresh at Apple', () => {
  it('gives a new access token, due again in a day, and no new refresh token', async () => {
    const by = provider();
    const signedIn = await signIn(by);
    const result = await by.refresh(refreshTokenOf(signedIn), signedIn);
    expect(result).toMatchObject({ ok: true, tokens: { expiresIn: 3600, refreshAfter: 86_400 } });
    expect(result).not.toHaveProperty('tokens.refreshToken');
    expect(result).not.toHaveProperty('claims');
    expect(Object.fromEntries(sentTo(server, '/auth/token')[1] ?? [])).toEqual({
      grant_type: 'refresh_token',
      refresh_token: refreshTokenOf(signedIn).reveal(),
      client_id: apple.servicesId,
      client_secret: expect.any(String),
    });
  });

  it('checks the ID token where one comes', async () => {
    server.refreshGivesIdToken = true;
    const by = provider();
    const signedIn = await signIn(by);
    const good = await by.refresh(refreshTokenOf(signedIn), signedIn);
    expect(good).toMatchObject({ ok: true, claims: { sub: ada.sub } });
    const other = { ...signedIn, subject: 'somebody else' };
    const bad = await by.refresh(refreshTokenOf(signedIn), other);
    expect(bad).toEqual({ ok: false, failure: { kind: 'refused', reason: 'id_token_invalid' } });
  });

  it('is refused for good once the user has stopped using their account with the app', async () => {
    const by = provider();
    const signedIn = await signIn(by);
    server.withdrawConsent();
    const result = await by.refresh(refreshTokenOf(signedIn), signedIn);
    expect(result).toEqual({ ok: false, failure: { kind: 'refused', reason: 'invalid_grant' } });
  });

  it.each<[string, Fault, string]>([
    ['fails', { status: 500, body: '<html>' }, 'http_500'],
    ['is throttled', { status: 429, body: '', headers: { 'retry-after': '60' } }, 'http_429'],
    ['knows the client no more', { status: 400, body: { error: 'invalid_client' } }, 'invalid_client'],
    ['finds the request wrong', { status: 400, body: { error: 'invalid_request' } }, 'invalid_request'],
    ['is cut off', 'cut', 'provider_unavailable'],
    ['sends elsewhere', { status: 307, headers: { location: '/elsewhere' } }, 'provider_response_invalid'],
    ['sends no token', { status: 200, body: {} }, 'no_access_token'],
  ])('may be tried again where Apple %s', async (_case, fault, reason) => {
    const by = provider();
    const signedIn = await signIn(by);
    server.fail('/auth/token', fault);
    const result = await by.refresh(refreshTokenOf(signedIn), signedIn);
    expect(result).toMatchObject({ ok: false, failure: { kind: failureKind(fault), reason } });
  });

  it('may be tried again where Apple is silent', async () => {
    const by = provider();
    const signedIn = await signIn(by);
    const outcome = await outcomeOfSilence(server, '/auth/token', () => by.refresh(refreshTokenOf(signedIn), signedIn));
    expect(outcome).toEqual({ ok: false, failure: { kind: 'unanswered', reason: 'provider_unavailable' } });
  });
});

describe('a sign-out at Apple', () => {
  it('revokes the refresh token', async () => {
    const by = provider({ allowedAudiences: [] });
    const signedIn = await signIn(by);
    expect(await by.revoke({ refreshToken: refreshTokenOf(signedIn) }, nobody)).toBe(true);
    expect(server.revoked).toEqual([refreshTokenOf(signedIn).reveal()]);
    expect(Object.fromEntries(sentTo(server, '/auth/revoke')[0] ?? [])).toEqual({
      token: refreshTokenOf(signedIn).reveal(),
      token_type_hint: 'refresh_token',
      client_id: apple.servicesId,
      client_secret: expect.any(String),
    });
  });

  it('has no page of its own', async () => {
    expect(await provider().signOutUrl('https://app.example/')).toBeUndefined();
  });

  it.each<[string, Fault, ErrorCode]>([
    ['fails', { status: 503 }, 'provider_unavailable'],
    ['is cut off', 'cut', 'provider_unavailable'],
    ['sends elsewhere', { status: 302, headers: { location: '/' } }, 'provider_response_invalid'],
    ['refuses the client', { status: 400, body: { error: 'invalid_client' } }, 'provider_misconfigured'],
  ])('is told where the address %s', async (_case, fault, code) => {
    server.fail('/auth/revoke', fault);
    await expect(provider().revoke({ refreshToken: new Secret('refresh_token', 'r') }, nobody)).rejects.toMatchObject({
      code,
    });
  });
});
