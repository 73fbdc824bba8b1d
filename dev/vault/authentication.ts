import { tenant } from '../identity/access-tokens.ts';
import { KeyVaultError } from './errors.ts';

/** The audience that a token for any vault must have. */
const audience = 'https://vault.azure.net';

/**
 * Lets a request through when its bearer token is good. Otherwise the refusal carries the challenge that tells a client
 * where to get a token and for which resource; Azure clients send their first request without a token to receive it.
 * https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses#authentication
 *
 * @param authorization the request's `Authorization` header.
 * @throws KeyVaultError 401.
 */
export async function authenticate(
  authorization: string | undefined,
  verifyToken: (token: string, audience: string) => Promise<boolean>,
): Promise<void> {
  const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw unauthorized('AKV10000: Request is missing a Bearer or PoP token.', '');
  if (!(await verifyToken(token, audience))) {
    throw unauthorized(
      'The token is not signed by the trusted issuer, has expired, or is meant for another audience.',
      ', error="invalid_token"',
    );
  }
}

function unauthorized(message: string, reason: string): KeyVaultError {
  const challenge = `Bearer authorization="https://login.microsoftonline.com/${tenant}", resource="${audience}"${reason}`;
  return new KeyVaultError(401, 'Unauthorized', message, { headers: { 'www-authenticate': challenge } });
}
