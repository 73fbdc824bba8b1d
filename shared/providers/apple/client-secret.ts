import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { type ClientAuth, ClientSecretPost } from 'oauth4webapi';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { type Clock, seconds } from '../../platform.ts';
import type { ClientSecret, PrivateKey } from '../../telemetry/secret.ts';

/** The key file (`.p8`) and whose it is; or a client secret that was signed by hand, as App Service wants it. */
export type AppleCredential =
  | { readonly kind: 'key'; readonly teamId: string; readonly keyId: string; readonly key: PrivateKey }
  | { readonly kind: 'secret'; readonly secret: ClientSecret };

const audience = 'https://appleid.apple.com';
/** Seconds that a client secret is good for: it is made for one call. Apple allows up to half a year. */
const lifetime = 300;

/**
 * Puts the client id and the client secret into the form, which is where Apple looks for them. The secret is a JWT,
 * made anew for each call and for whichever client makes it
 * (https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret).
 * Throws `settings_invalid` where the key is none.
 */
export function appleAuthentication(credential: AppleCredential, clock: Clock): ClientAuth {
  if (credential.kind === 'secret') return ClientSecretPost(credential.secret.reveal());
  const { teamId, keyId } = credential;
  const key = signingKey(credential.key);
  return async (_server, { client_id }, form) => {
    const secret = await new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid: keyId })
      .setIssuer(teamId)
      .setSubject(client_id)
      .setAudience(audience)
      .setIssuedAt(seconds(clock))
      .setExpirationTime(seconds(clock) + lifetime)
      .sign(key);
    form.set('client_id', client_id);
    form.set('client_secret', secret);
  };
}

function signingKey(pem: PrivateKey): KeyObject {
  try {
    const key = createPrivateKey(pem.reveal());
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  } catch {
    // What OpenSSL says of it may quote it.
  }
  throw new TokenkeepError('settings_invalid', { detail: 'the private key of Apple is not the text of a .p8 file' });
}
