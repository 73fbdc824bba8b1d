import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** A signing key as providers have them: signs tokens, and shows its public half as a JWK set. */
export interface SigningKey {
  readonly jwks: { readonly keys: readonly object[] };
  /** Signs these claims as they are, the times included. */
  sign(claims: JWTPayload, header?: Readonly<Record<string, string>>): Promise<string>;
}

export async function newSigningKey(kid: string, alg: 'RS256' | 'ES256' = 'RS256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return {
    jwks: { keys: [jwk] },
    sign: (claims, header = {}) => new SignJWT(claims).setProtectedHeader({ alg, kid, ...header }).sign(privateKey),
  };
}
