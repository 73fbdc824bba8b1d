import { generateKeyPairSync } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AppleSettings } from '../../../shared/providers/apple/apple.ts';
import { nobody } from '../../fixtures/nobody.ts';
import { type AppleImpersonator, apple, startApple } from '../impersonators/apple.ts';
import { appleClient, handMade, refreshTokenOf, sentTo, signIn, withKey } from '../impersonators/apple-client.ts';

let server: AppleImpersonator;
beforeAll(async () => {
  server = await startApple();
});
afterEach(() => server.reset());
afterAll(() => server.close());

const provider = (changes: Partial<AppleSettings> = {}) => appleClient(server, changes);

describe('the client secret', () => {
  it('is made for each call: by the key of the team, for the client, for five minutes', async () => {
    const by = provider();
    const signedIn = await signIn(by);
    await by.refresh(refreshTokenOf(signedIn), signedIn);
    await by.revoke({ refreshToken: refreshTokenOf(signedIn) }, nobody);
    const forms = [...sentTo(server, '/auth/token'), ...sentTo(server, '/auth/revoke')];
    const secrets = forms.map((form) => form.get('client_secret') ?? '');
    expect(new Set(secrets).size).toBe(secrets.length);
    for (const secret of secrets) {
      expect(decodeProtectedHeader(secret)).toEqual({ alg: 'ES256', kid: apple.keyId });
      const { iat = 0, exp = 0, ...claims } = decodeJwt(secret);
      expect(exp - iat).toBe(300);
      expect(claims).toMatchObject({ iss: apple.teamId, aud: 'https://appleid.apple.com' });
    }
  });

  it('may be made by hand, as App Service wants it', async () => {
    const by = provider({ credential: await handMade() });
    const signedIn = await signIn(by);
    expect(await by.refresh(refreshTokenOf(signedIn), signedIn)).toMatchObject({ ok: true });
    expect(await by.revoke({ refreshToken: refreshTokenOf(signedIn) }, nobody)).toBe(true);
    expect(server.revoked).toHaveLength(1);
  });

  const strange = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
  it.each([
    ['another key', async () => withKey(strange.export({ type: 'pkcs8', format: 'pem' }).toString())],
    ['another team', async () => withKey(apple.key, { teamId: 'OTHERTEAM1' })],
    ['another key id', async () => withKey(apple.key, { keyId: 'OTHERKEY12' })],
    ['a hand-made one that has expired', () => handMade(-60)],
    ['a hand-made one of another client', () => handMade(3600, apple.bundleId)],
    ['a hand-made one that lives too long', () => handMade(16_000_000)],
  ])('is not accepted with %s', async (_case, credential) => {
    const by = provider({ credential: await credential() });
    await expect(signIn(by)).rejects.toMatchObject({
      code: 'provider_misconfigured',
      detail: 'token endpoint: invalid_client',
    });
  });

  it.each([
    ['no key', 'not a key'],
    ['a key cut short', apple.key.slice(0, 100)],
    [
      'a key of another kind',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ],
  ])('cannot be made of %s, and the error does not show it', (_case, text) => {
    const making = () => provider({ credential: withKey(text) });
    expect(making).toThrow(expect.objectContaining({ code: 'settings_invalid' }));
    expect(making).not.toThrow(text.slice(0, 8));
  });
});
