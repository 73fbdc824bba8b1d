import { createHmac, createPublicKey, randomUUID } from 'node:crypto';
import {
  CompactSign,
  decodeJwt,
  decodeProtectedHeader,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
} from 'jose';

/** ID tokens that no client may accept, by what is wrong with them. All but the first five are signed properly. */
export const tamperKinds = [
  'bad-signature',
  'foreign-key',
  'alg-none',
  'hs256-pem',
  'hs256-jwk',
  'unknown-kid',
  'wrong-iss',
  'wrong-aud',
  'aud-array-without-azp',
  'aud-array-with-wrong-azp',
  'wrong-azp',
  'expired',
  'issued-in-future',
  'no-iss',
  'no-sub',
  'no-aud',
  'no-iat',
  'no-exp',
  'wrong-sub',
  'wrong-nonce',
  'no-nonce',
  'absent',
] as const;

export type TamperKind = (typeof tamperKinds)[number];

/** Changed claims; a claim that is `undefined` is left out. */
type Change = (claims: JWTPayload) => Record<string, unknown>;

const day = 86_400;
const other = 'someone-else';

/** Variants that differ in their claims alone (OpenID Connect Core section 3.1.3.7). */
const claimChanges: Partial<Record<TamperKind, Change>> = {
  'wrong-iss': () => ({ iss: 'https://issuer.example' }),
  'wrong-aud': () => ({ aud: other, azp: undefined }),
  'aud-array-without-azp': ({ aud }) => ({ aud: [aud, other].flat(), azp: undefined }),
  'aud-array-with-wrong-azp': ({ aud }) => ({ aud: [aud, other].flat(), azp: other }),
  'wrong-azp': () => ({ azp: other }),
  expired: () => ({ iat: now() - 2 * day, exp: now() - day }),
  'issued-in-future': () => ({ iat: now() + day, exp: now() + 2 * day }),
  'no-iss': () => ({ iss: undefined }),
  'no-sub': () => ({ sub: undefined }),
  'no-aud': () => ({ aud: undefined }),
  'no-iat': () => ({ iat: undefined }),
  'no-exp': () => ({ exp: undefined }),
  'wrong-sub': () => ({ sub: other }),
  'wrong-nonce': () => ({ nonce: other }),
  'no-nonce': () => ({ nonce: undefined }),
};

/**
 * The ID token spoilt in one way, or nothing for `'absent'`. `signingKeys` are the provider's own, private parts
 * included; the one that signed the genuine token signs the spoilt one where a valid signature is the point.
 *
 * The two HS256 variants use the published RSA key as the HMAC secret, as PEM text and as the text of the JWK: a client
 * that lets the token choose the algorithm accepts them (RFC 8725 section 2.1).
 */
export async function tamperIdToken(
  kind: TamperKind,
  idToken: string,
  signingKeys: readonly JWK[],
): Promise<string | undefined> {
  if (kind === 'absent') return undefined;
  const header = decodeProtectedHeader(idToken);
  const claims = decodeJwt(idToken);
  const signer = signingKeys.find(({ kid }) => kid === header.kid);
  if (!signer) throw new Error('The ID token was not signed by one of the keys given');
  const { alg = 'RS256', kid = '' } = header;
  switch (kind) {
    case 'bad-signature':
      return withBrokenSignature(idToken);
    case 'foreign-key':
      return sign(claims, { alg, kid }, (await generateKeyPair(alg)).privateKey);
    case 'alg-none':
      return `${unsigned({ alg: 'none' }, claims)}.`;
    case 'hs256-pem':
      return signWithHmac(claims, kid, publicKey(signer).export({ type: 'spki', format: 'pem' }));
    case 'hs256-jwk':
      return signWithHmac(claims, kid, JSON.stringify(publicKey(signer).export({ format: 'jwk' })));
    case 'unknown-kid':
      return sign(claims, { alg, kid: randomUUID() }, await importJWK(signer, alg));
    default: {
      const change = claimChanges[kind] ?? (() => ({}));
      return sign({ ...claims, ...change(claims) }, { alg, kid }, await importJWK(signer, alg));
    }
  }
}

function sign(
  claims: Record<string, unknown>,
  header: { alg: string; kid: string },
  key: Parameters<CompactSign['sign']>[0],
): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader(header).sign(key);
}

function signWithHmac(claims: JWTPayload, kid: string, secret: string | Buffer): string {
  const input = unsigned({ alg: 'HS256', kid }, claims);
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

function unsigned(header: object, claims: JWTPayload): string {
  return [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
}

function withBrokenSignature(token: string): string {
  const [header, payload, signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return `${header}.${payload}.${bytes.toString('base64url')}`;
}

function publicKey(jwk: JWK) {
  const { kty, n, e, crv, x, y } = jwk;
  return createPublicKey({ key: JSON.parse(JSON.stringify({ kty, n, e, crv, x, y })), format: 'jwk' });
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
