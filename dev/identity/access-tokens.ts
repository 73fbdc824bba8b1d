import { errors, importJWK, type JWK, jwtVerify, SignJWT } from 'jose';

/** The directory (tenant) that the local stack claims to belong to. It exists nowhere else. */
export const tenant = '0d8c5e1a-2b4f-4c6d-8e3a-7f10a9b2c3d4';

/** The service principal that every token names. */
const principal = '5b6f7a80-91c2-4d3e-a4f5-0617b8c9dae1';

const issuer = `https://sts.windows.net/${tenant}/`;
const lifetimeSeconds = 3600;

interface AccessTokens {
  /** A token of one hour for `resource`; `expiresOn` is its `exp`, in seconds since 1970-01-01T00:00:00Z. */
  issue(resource: string, clientId: string): Promise<{ token: string; expiresOn: number }>;
  /** Whether the token is one of these, is valid now, and is meant for exactly `audience`. */
  verify(token: string, audience: string): Promise<boolean>;
}

/**
 * Access tokens shaped like those that Microsoft Entra ID issues to an application, signed with `signingKey` (ES256).
 * Claims: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference (version 1.0).
 */
export async function accessTokens(signingKey: JWK): Promise<AccessTokens> {
  const { d: _private, ...publicJwk } = signingKey;
  const privateKey = await importJWK(signingKey, 'ES256');
  const publicKey = await importJWK(publicJwk, 'ES256');

  return {
    async issue(resource, clientId) {
      const issuedAt = Math.floor(Date.now() / 1000);
      const expiresOn = issuedAt + lifetimeSeconds;
      const claims = { appid: clientId, idtyp: 'app', oid: principal, tid: tenant, ver: '1.0' };
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
        .setIssuer(issuer)
        .setSubject(principal)
        .setAudience(resource)
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt)
        .setExpirationTime(expiresOn)
        .sign(privateKey);
      return { token, expiresOn };
    },

    async verify(token, audience) {
      try {
        await jwtVerify(token, publicKey, { algorithms: ['ES256'], issuer, audience, requiredClaims: ['exp'] });
        return true;
      } catch (error) {
        if (error instanceof errors.JOSEError) return false;
        throw error;
      }
    },
  };
}
