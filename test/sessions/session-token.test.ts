import { base64url, decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSessionTokens, type SessionKey, type SessionTokens } from '../../shared/sessions/session-token.ts';
import { Secret, type SessionToken } from '../../shared/telemetry/secret.ts';
import type { Session } from '../../shared/token-store/session.ts';
import { type LocalApp, localApp, origin, signedIn } from '../fixtures/local-app.ts';
import { sessionIdIn, storedSession } from '../fixtures/stored.ts';

let local: LocalApp;
let session: Session;
let tokens: SessionTokens;
const key = base64url.encode(new Uint8Array(32).fill(7)) as SessionKey;
beforeAll(async () => {
  local = await localApp();
  session = await storedSession(local.app, sessionIdIn((await signedIn(local)).cookie));
});
beforeEach(() => {
  local.clock.reset();
  // A new instance, which remembers no token.
  tokens = createSessionTokens({ publicOrigin: origin }, local.app.ring, local.app.platform.clock, undefined);
});
afterAll(() => local.close());

const token = (text: string): SessionToken => new Secret('session_token', text);
const refused = (text: string) =>
  expect(tokens.verify(token(text), 0)).rejects.toMatchObject({ code: 'session_token_invalid' });

it('carries the claims that App Service’s tokens carry, and the key of the session', async () => {
  const issued = (await tokens.issue(session, key)).reveal();
  expect(decodeJwt(issued)).toEqual({
    sub: session.sid,
    stable_sid: session.sid,
    idp: 'demo',
    ver: '3',
    iss: `${origin}/`,
    aud: `${origin}/`,
    jti: key,
    iat: expect.any(Number),
    nbf: expect.any(Number),
    exp: session.expiresAt,
  });
  expect(decodeProtectedHeader(issued)).toEqual({ typ: 'JWT', alg: 'ES256', kid: '000001' });
});

it('verifies what it has issued', async () => {
  const verified = await tokens.verify(await tokens.issue(session, key), 0);
  expect(verified).toEqual({ key, sid: session.sid, provider: 'demo', expiresAt: session.expiresAt });
});

it('expires with the session, and is good for an extension longer where there is one', async () => {
  const issued = await tokens.issue(session, key);
  await tokens.verify(issued, 0);
  local.clock.advance(session.expiresAt - local.clock.now() / 1000 + 5);
  await expect(tokens.verify(issued, 0)).rejects.toMatchObject({ code: 'session_expired' });
  await expect(tokens.verify(issued, 60)).resolves.toMatchObject({ key });
  local.clock.advance(60);
  await expect(tokens.verify(issued, 60)).rejects.toMatchObject({ code: 'session_expired' });
});

it('has its signature checked once, however often it comes', async () => {
  const { ring, platform } = local.app;
  let checks = 0;
  const counted: typeof ring = { ...ring, epoch: (number) => ring.epoch(number).finally(() => checks++) };
  tokens = createSessionTokens({ publicOrigin: origin }, counted, platform.clock, undefined);
  const issued = await tokens.issue(session, key);
  for (let times = 0; times < 3; times++) expect(await tokens.verify(issued, 0)).toMatchObject({ key });
  expect(checks).toBe(1);
});

it('is refused with any character changed, remembered or not', async () => {
  const issued = (await tokens.issue(session, key)).reveal();
  await tokens.verify(token(issued), 0);
  for (let at = 0; at < issued.length - 1; at += 7) {
    const other = issued[at] === 'A' ? 'B' : 'A';
    await refused(`${issued.slice(0, at)}${other}${issued.slice(at + 1)}`);
  }
});

describe('a token of somebody else', () => {
  const claims = () => ({ sub: session.sid, idp: 'demo', jti: key });
  const signed = async (changes: { iss?: string; aud?: string; claims?: object; kid?: string }) => {
    const { sessionSigning } = await local.app.ring.newest();
    return new SignJWT({ ...claims(), ...changes.claims })
      .setProtectedHeader({ alg: 'ES256', kid: changes.kid ?? '000001' })
      .setIssuer(changes.iss ?? `${origin}/`)
      .setAudience(changes.aud ?? `${origin}/`)
      .setExpirationTime('1h')
      .sign(sessionSigning.privateKey);
  };

  it('is refused when it is for another app', async () => {
    await refused(await signed({ iss: 'https://other.example/' }));
    await refused(await signed({ aud: 'https://other.example/' }));
  });

  it('is refused when it names no session, no provider or an unknown epoch', async () => {
    await refused(await signed({ claims: { jti: 'short' } }));
    await refused(await signed({ claims: { idp: undefined } }));
    await refused(await signed({ kid: '999999' }));
    await refused(await signed({ kid: '../1' }));
    await expect(tokens.verify(token(await signed({})), 0)).resolves.toMatchObject({ key });
  });

  it('is refused when it is signed by another key, by none, or by HMAC with the public key', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const { sessionSigning } = await local.app.ring.newest();
    const jwt = () => new SignJWT(claims()).setIssuer(`${origin}/`).setAudience(`${origin}/`).setExpirationTime('1h');
    await refused(await jwt().setProtectedHeader({ alg: 'ES256', kid: '000001' }).sign(privateKey));
    const publicBytes = new TextEncoder().encode(JSON.stringify(sessionSigning.publicJwk));
    await refused(await jwt().setProtectedHeader({ alg: 'HS256', kid: '000001' }).sign(publicBytes));
    const [, payload] = (await signed({})).split('.');
    await refused(`${base64url.encode(JSON.stringify({ alg: 'none' }))}.${payload}.`);
  });

  it('is refused when it is longer than any of ours', async () => {
    await refused(await signed({ claims: { filler: 'x'.repeat(5000) } }));
  });

  it.each(['', '.', 'a.b.c', 'no token', '\u0000'])('is refused when it is %j', (text) => refused(text));
});

describe('with a shared signing key', () => {
  const shared = (bytes: number) => ({
    key: new Secret('signing_key', 'unused'),
    bytes: new Uint8Array(bytes).fill(9),
  });
  const withKey = (bytes: number) =>
    createSessionTokens({ publicOrigin: origin }, local.app.ring, local.app.platform.clock, shared(bytes));

  it.each([
    [32, 'HS256'],
    [33, 'HS384'],
    [48, 'HS384'],
    [49, 'HS512'],
  ])('of %i bytes tokens are %s', async (bytes, alg) => {
    const issued = await withKey(bytes).issue(session, key);
    expect(decodeProtectedHeader(issued.reveal())).toEqual({ typ: 'JWT', alg });
    await expect(withKey(bytes).verify(issued, 0)).resolves.toMatchObject({ key });
  });

  it('tokens of the key ring stay good, and those of another key are refused', async () => {
    await expect(withKey(32).verify(await tokens.issue(session, key), 0)).resolves.toMatchObject({ key });
    await refused((await withKey(32).issue(session, key)).reveal());
    const other = { key: new Secret('signing_key', 'unused'), bytes: new Uint8Array(32).fill(8) } as const;
    const others = createSessionTokens({ publicOrigin: origin }, local.app.ring, local.app.platform.clock, other);
    await expect(withKey(32).verify(await others.issue(session, key), 0)).rejects.toMatchObject({
      code: 'session_token_invalid',
    });
  });
});
