import { createHmac } from 'node:crypto';
import OAuth from 'oauth-1.0a';
import { type Platform, seconds } from '../../platform.ts';

/** A key and its secret: a consumer's, or a token's. */
export interface Credentials {
  readonly key: string;
  readonly secret: string;
}

/**
 * The `Authorization` header of a request without a body (RFC 5849 section 3.5.1). `parameters` are further ones of the
 * protocol, such as `oauth_callback`; those of the query are taken from the address.
 */
export type Sign = (
  method: 'GET' | 'POST',
  url: URL,
  parameters: Readonly<Record<string, string>>,
  token?: Credentials,
) => string;

/** Signs with HMAC-SHA1 (RFC 5849 section 3.4.2), the one method that X takes. */
export function oauth1Signer(consumer: Credentials, { clock, random }: Pick<Platform, 'clock' | 'random'>): Sign {
  const oauth = new OAuth({
    consumer,
    signature_method: 'HMAC-SHA1',
    hash_function: (text, key) => createHmac('sha1', key).update(text).digest('base64'),
  });
  oauth.getNonce = () => Buffer.from(random.bytes(16)).toString('hex');
  oauth.getTimeStamp = () => seconds(clock);
  return (method, url, parameters, token) =>
    oauth.toHeader(oauth.authorize({ method, url: url.href, data: { ...parameters } }, token)).Authorization;
}
