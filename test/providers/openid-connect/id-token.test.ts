import { createHmac } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../shared/errors/table.ts';
import { createIdTokenVerifier, type Expected } from '../../../shared/providers/openid-connect/id-token.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type ProviderKey, providerKey } from '../../fixtures/id-tokens.ts';

const issuer = 'https://issuer.example';
const metadata = {
  issuer,
  authorizationEndpoint: `${issuer}/authorize`,
  tokenEndpoint: `${issuer}/token`,
  jwksUri: `${issuer}/jwks`,
  issuerInResponse: false,
};
const now = Math.floor(Date.parse('2026-01-01') / 1000);
const clock = { now: () => now * 1000, sleep: async () => {} };
const claims = { iss: issuer, aud: 'client', sub: 'user', iat: now, exp: now + 3600, nonce: 'the nonce' };

let key: ProviderKey;
beforeAll(async () => {
  key = await providerKey('ES256');
});

/** Checks a token against these keys. */
function verify(
  token: string,
  keys: readonly ProviderKey[] = [key],
  expected: Expected = { nonce: 'the nonce' },
  algorithms?: string[],
) {
  const fetch = async () => Response.json({ keys: keys.map(({ jwk }) => jwk) });
  const found = algorithms ? { ...metadata, signingAlgorithms: algorithms } : metadata;
  return createIdTokenVerifier('client', fetch, clock)(found, new Secret('id_token', token), expected);
}

async function refused(changes: Record<string, unknown>, code: ErrorCode = 'id_token_invalid', expected?: Expected) {
  const token = await key.sign({ ...claims, ...changes } as JWTPayload);
  await expect(verify(token, [key], expected)).rejects.toMatchObject({ code });
}

describe('an ID token is accepted', () => {
  it.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])(
    'signed with %s',
    async (alg) => {
      const signer = await providerKey(alg);
      expect(await verify(await signer.sign(claims), [key, signer])).toEqual(claims);
    },
  );

  it('for several audiences when it was issued to this client', async () => {
    const shared = { ...claims, aud: ['client', 'other'], azp: 'client' };
    expect(await verify(await key.sign(shared))).toEqual(shared);
  });

  it('without a key id, where the provider has one key only', async () => {
    expect(await verify(await key.sign(claims, { kid: undefined }))).toEqual(claims);
  });

  it('up to five minutes late or early, for clocks differ', async () => {
    for (const times of [{ iat: now - 900, exp: now - 299 }, { iat: now + 299, exp: now + 900 }, { nbf: now + 299 }]) {
      expect(await verify(await key.sign({ ...claims, ...times }))).toMatchObject(times);
    }
  });

  it('at a refresh without a nonce, or with any, for the same user', async () => {
    for (const nonce of [undefined, 'the nonce', 'another']) {
      const { nonce: _, ...others } = claims;
      const token = await key.sign(nonce === undefined ? others : { ...others, nonce });
      expect(await verify(token, [key], { subject: 'user' })).toMatchObject({ sub: 'user' });
    }
  });
});

describe('an ID token is refused', () => {
  it.each([
    ['of another issuer', { iss: `${issuer}/` }],
    ['of no issuer', { iss: undefined }],
    ['of a list of issuers', { iss: [issuer] }],
    ['for another audience', { aud: 'other' }],
    ['for an audience that begins alike', { aud: 'client2' }],
    ['for no audience', { aud: undefined }],
    ['for an empty list of audiences', { aud: [] }],
    ['for several audiences without the party it was issued to', { aud: ['client', 'other'] }],
    ['issued to another party', { azp: 'other' }],
    ['issued to a list of parties', { azp: ['client'] }],
    ['for nobody', { sub: undefined }],
    ['for an empty subject', { sub: '' }],
    ['for a subject that is no text', { sub: 5 }],
    ['without an end', { exp: undefined }],
    ['without a beginning', { iat: undefined }],
    ['with an end in words', { exp: 'tomorrow' }],
    ['with a beginning in words', { iat: 'today' }],
    ['with another nonce', { nonce: 'The nonce' }],
    ['without a nonce', { nonce: undefined }],
    ['with an empty nonce', { nonce: '' }],
    ['with a list of nonces', { nonce: ['the nonce'] }],
  ])('%s', async (_case, changes) => {
    await refused(changes);
  });

  it.each([
    ['has expired', { iat: now - 900, exp: now - 301 }],
    ['comes from the future', { iat: now + 301, exp: now + 900 }],
    ['is not valid yet', { nbf: now + 301 }],
  ])('as out of time when it %s and all else is right', async (_case, times) => {
    await refused(times, 'id_token_out_of_time');
    await refused({ ...times, nonce: 'another' });
    await refused({ ...times, aud: 'other' });
    await refused({ ...times, sub: 'another' }, 'id_token_invalid', { subject: 'user' });
  });

  it('at a refresh, for another user', async () => {
    await refused({ sub: 'another' }, 'id_token_invalid', { subject: 'user' });
    await refused({ sub: 'USER' }, 'id_token_invalid', { subject: 'user' });
  });

  it('with an algorithm that the provider does not list', async () => {
    const token = await key.sign(claims);
    await expect(verify(token, [key], undefined, ['RS256'])).rejects.toMatchObject({ code: 'id_token_invalid' });
    await expect(verify(token, [key], undefined, [])).rejects.toMatchObject({ code: 'id_token_invalid' });
  });

  it.each(['none', 'HS256'])('with %s, even if the provider lists it', async (alg) => {
    const [header, payload] = [{ alg, kid: key.jwk.kid }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    const secret = JSON.stringify(key.jwk);
    const signature =
      alg === 'none' ? '' : createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url');
    const call = verify(`${header}.${payload}.${signature}`, [key], undefined, [alg, 'ES256']);
    await expect(call).rejects.toMatchObject({ code: 'id_token_invalid', detail: 'its algorithm is not allowed' });
  });

  it('without a key id, where the provider has several keys', async () => {
    const token = await key.sign(claims, { kid: undefined });
    await expect(verify(token, [key, await providerKey('ES256')])).rejects.toMatchObject({ code: 'id_token_invalid' });
  });

  it('signed with a key that is published for encryption', async () => {
    const published = { ...key, jwk: { ...key.jwk, use: 'enc' } };
    await expect(verify(await key.sign(claims), [published])).rejects.toMatchObject({ code: 'id_token_invalid' });
  });

  it.each(['', 'x', 'a.b', 'a.b.c', 'a.b.c.d.e', '..', '{"alg":"none"}', 'é.é.é'])(
    'that is none: %j',
    async (token) => {
      await expect(verify(token)).rejects.toMatchObject({ code: 'id_token_invalid' });
    },
  );
});
