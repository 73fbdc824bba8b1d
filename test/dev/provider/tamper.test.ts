import { createHmac, createPublicKey, verify } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, importJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { loadKeys } from '../../../dev/provider/keys.ts';
import { type TamperKind, tamperIdToken, tamperKinds } from '../../../dev/provider/tamper.ts';

const issuer = 'http://localhost:9';
let keys: JWK[];
let signer: JWK;
let genuine: string;

beforeAll(async () => {
  keys = (await loadKeys()).signing;
  signer = keys.find(({ alg }) => alg === 'RS256') ?? {};
  genuine = await new SignJWT({ nonce: 'the nonce', email: 'ada@example.com' })
    .setProtectedHeader({ alg: 'RS256', kid: signer.kid ?? '' })
    .setIssuer(issuer)
    .setSubject('demo-1001')
    .setAudience('app')
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(await importJWK(signer, 'RS256'));
});

async function tampered(kind: TamperKind): Promise<string> {
  return (await tamperIdToken(kind, genuine, keys)) ?? '';
}

/** Whether the token carries a signature of the provider's own RSA key. */
function isProperlySigned(token: string): boolean {
  const [header, payload, signature = ''] = token.split('.');
  const key = createPublicKey({ key: { kty: 'RSA', n: signer.n ?? '', e: signer.e ?? '' }, format: 'jwk' });
  return verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
}

const now = () => Math.floor(Date.now() / 1000);

const wrongClaims: [TamperKind, (claims: Record<string, unknown>) => unknown][] = [
  ['wrong-iss', ({ iss }) => iss !== issuer],
  ['wrong-aud', ({ aud }) => aud !== 'app'],
  ['aud-array-without-azp', ({ aud, azp }) => Array.isArray(aud) && aud.includes('app') && aud.length === 2 && !azp],
  ['aud-array-with-wrong-azp', ({ aud, azp }) => Array.isArray(aud) && aud.includes('app') && azp && azp !== 'app'],
  ['wrong-azp', ({ aud, azp }) => aud === 'app' && azp && azp !== 'app'],
  ['expired', ({ exp, iat }) => Number(exp) < now() && Number(iat) < Number(exp)],
  ['issued-in-future', ({ exp, iat }) => Number(iat) > now() && Number(exp) > Number(iat)],
  ['no-iss', (claims) => !('iss' in claims)],
  ['no-sub', (claims) => !('sub' in claims)],
  ['no-aud', (claims) => !('aud' in claims)],
  ['no-iat', (claims) => !('iat' in claims)],
  ['no-exp', (claims) => !('exp' in claims)],
  ['wrong-sub', ({ sub }) => sub && sub !== 'demo-1001'],
  ['wrong-nonce', ({ nonce }) => nonce && nonce !== 'the nonce'],
  ['no-nonce', (claims) => !('nonce' in claims)],
];

test.each(wrongClaims)('%s: only the claims are wrong, the signature is the provider’s', async (kind, isWrong) => {
  const token = await tampered(kind);
  const claims = decodeJwt(token);
  expect(isProperlySigned(token)).toBe(true);
  expect(isWrong(claims)).toBeTruthy();
  expect(isWrong(decodeJwt(genuine))).toBeFalsy();
  expect(claims.email).toBe('ada@example.com');
});

test('unknown-kid: signed with the provider’s key under a name that nobody knows', async () => {
  const token = await tampered('unknown-kid');
  expect(isProperlySigned(token)).toBe(true);
  expect(keys.map(({ kid }) => kid)).not.toContain(decodeProtectedHeader(token).kid);
});

test('foreign-key: a sound signature of another key under a name that is known', async () => {
  const token = await tampered('foreign-key');
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', kid: signer.kid });
  expect(decodeJwt(token)).toEqual(decodeJwt(genuine));
  expect(isProperlySigned(token)).toBe(false);
});

test('bad-signature: the genuine token with one bit of its signature flipped', async () => {
  const [header, payload, signature] = (await tampered('bad-signature')).split('.');
  expect(`${header}.${payload}`).toBe(genuine.split('.').slice(0, 2).join('.'));
  expect(signature).not.toBe(genuine.split('.')[2]);
});

test('alg-none: the claims unchanged and no signature at all', async () => {
  const token = await tampered('alg-none');
  expect(decodeProtectedHeader(token).alg).toBe('none');
  expect(decodeJwt(token)).toEqual(decodeJwt(genuine));
  expect(token.endsWith('.')).toBe(true);
});

test.each([
  ['hs256-pem', (jwk: JWK) => publicKeyOf(jwk).export({ type: 'spki', format: 'pem' })],
  ['hs256-jwk', (jwk: JWK) => JSON.stringify(publicKeyOf(jwk).export({ format: 'jwk' }))],
] as const)('%s: a client that lets the token choose HMAC would accept it', async (kind, secretOf) => {
  const token = await tampered(kind);
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', kid: signer.kid });
  const [header, payload, signature] = token.split('.');
  const secret = secretOf(signer);
  expect(createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')).toBe(signature);
});

test('absent: no ID token', async () => {
  expect(await tamperIdToken('absent', genuine, keys)).toBeUndefined();
});

test('every kind is one that a careful client refuses', async () => {
  for (const kind of tamperKinds) await expect(acceptedByCareful(await tampered(kind)), kind).rejects.toThrow();
  await expect(acceptedByCareful(genuine)).resolves.toBeUndefined();
});

function publicKeyOf({ n = '', e = '' }: JWK) {
  return createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
}

/** The checks of OpenID Connect Core section 3.1.3.7, as a client would make them. */
async function acceptedByCareful(token: string): Promise<void> {
  const known = keys.find(({ kid }) => kid === decodeProtectedHeader(token).kid);
  if (!known) throw new Error('unknown key');
  const { payload } = await jwtVerify(token, publicKeyOf(known), {
    algorithms: ['RS256'],
    issuer,
    subject: 'demo-1001',
    audience: 'app',
    requiredClaims: ['sub', 'iat', 'exp', 'nonce'],
    maxTokenAge: '1h',
  });
  if (payload.nonce !== 'the nonce') throw new Error('wrong nonce');
  if (Array.isArray(payload.aud) && payload.azp === undefined) throw new Error('no authorized party');
  if (payload.azp !== undefined && payload.azp !== 'app') throw new Error('wrong authorized party');
}
