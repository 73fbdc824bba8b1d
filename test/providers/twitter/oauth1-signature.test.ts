import { describe, expect, it } from 'vitest';
import { machine } from '../../../shared/platform.ts';
import { type Credentials, oauth1Signer } from '../../../shared/providers/twitter/oauth1-signature.ts';
import { signature } from '../impersonators/twitter-oauth1.ts';

/** The worked examples of https://docs.x.com/fundamentals/authentication/guides/log-in-with-x, at the host of their time. */
const example = {
  host: 'https://api.twitter.com',
  consumer: { key: 'cChZNFj6T5R0TigYB9yd1w', secret: 'L8qq9PZyRg6ieKGEKhZolGC0vJWLw8iEJ88DRdyOg' },
  time: 1318467427,
  requestToken: {
    key: 'NPcudxy0yU5T3tBzho7iCotZ3cnetKwcTIRlX0iwRl0',
    secret: 'veNRnAWe6inFuo8o2u8SLLZLjolYDmDP7SzL0YfYI',
  },
};

/** A signer at the time of the examples, whose random bytes are these. */
function signerWith(bytes: string, consumer: Credentials = example.consumer) {
  return oauth1Signer(consumer, {
    clock: { ...machine.clock, now: () => example.time * 1000 + 999 },
    random: { ...machine.random, bytes: () => Buffer.from(bytes, 'hex') },
  });
}

function parametersOf(header: string): Record<string, string> {
  const pairs = header.replace(/^OAuth /, '').split(', ');
  return Object.fromEntries(pairs.map((pair) => pair.replaceAll('"', '').split('=').map(decodeURIComponent)));
}

describe('a signed request', () => {
  it('is the one that X shows for a request token', () => {
    const nonce = 'ea9ec8429b68d6b77cd5600adbbb0456';
    const oauth_callback = 'http://localhost/sign-in-with-twitter/';
    const header = signerWith(nonce)('POST', new URL(`${example.host}/oauth/request_token`), { oauth_callback });
    expect(parametersOf(header)).toEqual({
      oauth_callback,
      oauth_consumer_key: 'cChZNFj6T5R0TigYB9yd1w',
      oauth_nonce: nonce,
      oauth_signature: 'F1Li3tvehgcraF8DMJ7OyxO4w9Y=',
      oauth_signature_method: 'HMAC-SHA1',
      oauth_timestamp: '1318467427',
      oauth_version: '1.0',
    });
  });

  it('is the one that X shows for an access token', () => {
    const oauth_verifier = 'uw7NjWHT6OJ1MpJOXsHfNxoAhPKpgI8BlYDhxEjIBY';
    const sign = signerWith('a9900fe68e2573b27a37f10fbad6a755');
    const url = new URL(`${example.host}/oauth/access_token`);
    expect(parametersOf(sign('POST', url, { oauth_verifier }, example.requestToken))).toMatchObject({
      oauth_token: example.requestToken.key,
      oauth_verifier,
      oauth_signature: '39cipBtIOHEEnybAR4sATQTpl2I=',
    });
  });

  it('covers the query, whatever characters there are', () => {
    const consumer = { key: "k!*'()", secret: 's&=% ü' };
    const token = { key: 't+/=', secret: '!@#' };
    const url = new URL('https://api.x.com/1.1/account/verify_credentials.json?include_email=true&q=a%20b%2Bc&z=~');
    const parameters = parametersOf(signerWith('00', consumer)('GET', url, {}, token));
    const request = { method: 'GET', url, form: new URLSearchParams() };
    expect(parameters['oauth_signature']).toBe(signature(request, parameters, token.secret, consumer.secret));
    expect(parameters).not.toHaveProperty('include_email');
  });

  it('has a nonce that is not used again', () => {
    const sign = oauth1Signer(example.consumer, machine);
    const nonces = Array.from(
      { length: 20 },
      () => parametersOf(sign('GET', new URL(example.host), {}))['oauth_nonce'],
    );
    expect(new Set(nonces).size).toBe(20);
    for (const nonce of nonces) expect(nonce).toMatch(/^[0-9a-f]{32}$/);
  });

  it('leaves the parameters it was given as they were', () => {
    const parameters = { oauth_callback: 'http://localhost/' };
    signerWith('00')('POST', new URL(`${example.host}/?a=b`), parameters);
    expect(parameters).toEqual({ oauth_callback: 'http://localhost/' });
  });
});
